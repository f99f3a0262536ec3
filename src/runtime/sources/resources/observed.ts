import { isDeepStrictEqual } from 'node:util';
import type { SecretContent } from '../../../config-crd/index.ts';
import { type Json, identify, member, text, textMap } from '../../kube/index.ts';
import { Secret } from '../../model/index.ts';

/** A resource as far as it configures: its status and its bookkeeping change without meaning anything. */
export interface ObservedResource {
  /** As it is handed to the rules. */
  readonly object: ConfiguringObject;
  /** The `resourceVersion`, for people. */
  readonly version: string;
  /** What programs say about it. */
  readonly status: Json;
}

interface ConfiguringObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, Json>>;
  readonly spec: Json;
}

const OUR_ANNOTATIONS = 'metal-lb.io/';

/** What of an object configures; items of a list do not say what they are, so that is told. */
export function observe(apiVersion: string, kind: string): (object: Json) => ObservedResource {
  return (object) => {
    const { name = '', namespace = '', uid = '', version = '' } = identify(object) ?? {};
    const metadata = member(object, 'metadata');
    const labels = textMap(member(metadata, 'labels'));
    const annotations = Object.fromEntries(
      Object.entries(textMap(member(metadata, 'annotations'))).filter(([key]) =>
        key.startsWith(OUR_ANNOTATIONS),
      ),
    );
    const spec = member(object, 'spec');
    const generation = member(metadata, 'generation');
    const kept = { name, namespace, uid, generation, labels, annotations };
    const status = member(object, 'status');
    return { object: { apiVersion, kind, metadata: kept, spec }, version, status };
  };
}

/** Whether two sightings of an object configure the same. */
export function configuresAlike(
  a: ObservedResource | undefined,
  b: ObservedResource | undefined,
): boolean {
  return isDeepStrictEqual(a?.object, b?.object);
}

/** As in `IPAddressPool/teal@4711`. */
export function sightingText({ object, version }: ObservedResource): string {
  return `${object.kind}/${text(object.metadata['name'])}@${version}`;
}

/** What a Secret says to peers; nothing else of it is kept. crd.md §1.4 */
export function secretContent(object: Json): SecretContent {
  const encoded = member(member(object, 'data'), 'password');
  const type = text(member(object, 'type'));
  if (type !== PASSWORD_TYPE || typeof encoded !== 'string') return { type };
  return { type, password: new Secret(Buffer.from(encoded, 'base64').toString('utf8')) };
}

const PASSWORD_TYPE = 'kubernetes.io/basic-auth';

/**
 * Which Secrets are asked for: not those that others fill by the hundred, or that are nobody's password. Others of a wrong
 * type are, so that it can be said what is wrong with them.
 */
export const SECRETS_OF_PEERS = {
  fieldSelector: 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token',
} as const;

/** `bgpextras`, key `extras`. crd.md §3.4 */
export function extrasText(object: Json): string {
  return text(member(member(object, 'data'), 'extras'));
}
