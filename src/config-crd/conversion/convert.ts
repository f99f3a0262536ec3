import { type JsonObject, isObject, member } from '../schema/json.ts';
import { peerFromV1beta1, peerToV1beta1 } from './bgp-peer.ts';

/** What came of a conversion; `message` is for the person who asked for the object. */
export type Conversion =
  | { readonly kind: 'converted'; readonly object: JsonObject }
  | { readonly kind: 'refused'; readonly message: string };

const GROUP = 'metallb.io';

/** The versions of each kind that has several, the storage version last, and the steps between neighbors. */
interface Versions {
  readonly older: string;
  readonly storage: string;
  readonly up: (older: JsonObject) => JsonObject;
  readonly down: (storage: JsonObject) => JsonObject;
}

const KINDS: ReadonlyMap<unknown, Versions> = new Map([
  ['BGPPeer', { older: 'v1beta1', storage: 'v1beta2', up: peerFromV1beta1, down: peerToV1beta1 }],
  ['AddressPool', { older: 'v1alpha1', storage: 'v1beta1', up: asItIs, down: asItIs }],
]);

/**
 * The object in the version that is asked for, as a conversion webhook answers it.
 *
 * What BGPPeer v1beta1 cannot say (`passwordSecret`, `vrf`, a port of 0) is kept in the annotation
 * `metal-lb.io/v1beta2-fields` on the way down and put back on the way up, unless the object says something else
 * there by then. Passwords are never in it: it holds the name of a Secret. Of the metadata only annotations change,
 * which is all that an API server lets a conversion change.
 *
 * @param desired - group and version, as in `metallb.io/v1beta2`
 */
export function convert(object: unknown, desired: string): Conversion {
  const [from, kind] = [member(object, 'apiVersion'), member(object, 'kind')];
  if (!isObject(object) || typeof from !== 'string' || typeof kind !== 'string') {
    return { kind: 'refused', message: 'not an object with apiVersion and kind' };
  }
  const known = KINDS.get(kind);
  if (known === undefined) {
    return { kind: 'refused', message: `${kind} has no other versions to convert between` };
  }
  const [older, storage] = [`${GROUP}/${known.older}`, `${GROUP}/${known.storage}`];
  for (const version of [from, desired]) {
    if (version !== older && version !== storage) {
      const message = `${kind} has no version ${version}: there are ${older} and ${storage}`;
      return { kind: 'refused', message };
    }
  }
  if (from === desired) return { kind: 'converted', object };
  const converted = desired === storage ? known.up(object) : known.down(object);
  return { kind: 'converted', object: { ...converted, apiVersion: desired } };
}

/** The object in the version that is stored; whatever has no older version, or is no resource at all, as it is. */
export function toStorageVersion(object: unknown): unknown {
  const known = KINDS.get(member(object, 'kind'));
  if (!isObject(object) || object['apiVersion'] !== `${GROUP}/${known?.older ?? ''}`) return object;
  const conversion = convert(object, `${GROUP}/${known?.storage ?? ''}`);
  return conversion.kind === 'converted' ? conversion.object : object;
}

function asItIs(object: JsonObject): JsonObject {
  return object;
}
