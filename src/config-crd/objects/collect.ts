import type { Labels, ObjectReference } from '../../runtime/model/index.ts';
import { toStorageVersion } from '../conversion/index.ts';
import { RESOURCE_KINDS, type ResourceKind } from '../resources.ts';
import { isObject, member } from '../schema/json.ts';
import {
  type AddressPoolSpec,
  type BgpSpec,
  type CommunitySpec,
  type Layer2Spec,
  type PeerSpec,
  type PoolSpec,
  type ProfileSpec,
  addressPoolShape,
  bgpShape,
  communityShape,
  layer2Shape,
  peerShape,
  poolShape,
  profileShape,
} from './kinds.ts';
import { Findings, Place } from './place.ts';
import { type Shape, textMap } from './shape.ts';

/** One object whose JSON has the right types. */
export interface Resource<Spec> {
  readonly name: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly spec: Spec;
  readonly place: Place;
}

interface Specs {
  readonly IPAddressPool: PoolSpec;
  readonly AddressPool: AddressPoolSpec;
  readonly L2Advertisement: Layer2Spec;
  readonly BGPAdvertisement: BgpSpec;
  readonly BGPPeer: PeerSpec;
  readonly BFDProfile: ProfileSpec;
  readonly Community: CommunitySpec;
}

/** The objects of each kind by name, ascending; of several of one name the first. */
export type Resources = { readonly [Kind in ResourceKind]: readonly Resource<Specs[Kind]>[] } & {
  /** Names of all objects of the namespace, those included that could not be read. */
  readonly names: ReadonlyMap<ResourceKind, ReadonlySet<string>>;
};

const GROUP = 'metallb.io/';
const SHAPES: { readonly [Kind in ResourceKind]: Shape<Specs[Kind]> } = {
  IPAddressPool: poolShape,
  AddressPool: addressPoolShape,
  L2Advertisement: layer2Shape,
  BGPAdvertisement: bgpShape,
  BGPPeer: peerShape,
  BFDProfile: profileShape,
  Community: communityShape,
};
const VERSIONS: Readonly<Record<ResourceKind, readonly string[]>> = {
  IPAddressPool: ['v1beta1'],
  AddressPool: ['v1alpha1', 'v1beta1'],
  L2Advertisement: ['v1beta1'],
  BGPAdvertisement: ['v1beta1'],
  BGPPeer: ['v1beta1', 'v1beta2'],
  BFDProfile: ['v1beta1'],
  Community: ['v1beta1'],
};
/** What v1beta1 of a BGPPeer does not have. crd.md §1.5 */
const SINCE_V1BETA2 = ['passwordSecret', 'vrf'];

/** Reads the objects of the group, in whatever version they are, and says what is wrong with their form. */
export function collectResources(
  objects: readonly unknown[],
  namespace: string,
  findings: Findings,
): Resources {
  const read = objects.flatMap((object) => {
    const found = readObject(object, namespace);
    return found === undefined ? [] : [found];
  });
  read.sort(byKey);
  for (const { found } of read) findings.append(found);
  const names = new Map(RESOURCE_KINDS.map((kind) => [kind, new Set<string>()]));
  const first = read.filter(({ kind, name, place }) => {
    const known = kind === undefined ? undefined : names.get(kind);
    if (kind === undefined || name === undefined || known === undefined) return false;
    const isFirst = !known.has(name);
    if (!isFirst) refuseSecond(place.telling(findings), kind, name);
    known.add(name);
    return isFirst;
  });
  const ofKind = <Kind extends ResourceKind>(kind: Kind): readonly Resource<Specs[Kind]>[] =>
    first.flatMap((one) => {
      if (one.kind !== kind || one.resource === undefined) return [];
      const { resource } = one;
      // The shape of its kind has read it.
      return [{ ...resource, place: resource.place.telling(findings) }];
    });
  return {
    names,
    IPAddressPool: ofKind('IPAddressPool'),
    AddressPool: ofKind('AddressPool'),
    L2Advertisement: ofKind('L2Advertisement'),
    BGPAdvertisement: ofKind('BGPAdvertisement'),
    BGPPeer: ofKind('BGPPeer'),
    BFDProfile: ofKind('BFDProfile'),
    Community: ofKind('Community'),
  };
}

interface Read {
  /** By this, part by part, objects are in the same order whatever order they came in. */
  readonly key: readonly string[];
  readonly found: Findings;
  readonly place: Place;
  readonly kind?: ResourceKind;
  readonly name?: string;
  readonly resource?: Resource<object>;
}

/** Nothing for what does not belong to the group. */
function readObject(object: unknown, namespace: string): Read | undefined {
  const apiVersion = member(object, 'apiVersion');
  const written = member(object, 'kind');
  if (typeof apiVersion !== 'string' || !apiVersion.startsWith(GROUP)) return undefined;
  if (typeof written !== 'string') return undefined;
  const metadata = member(object, 'metadata');
  const reference: ObjectReference = {
    apiVersion,
    kind: written,
    namespace: textOr(member(metadata, 'namespace'), namespace),
    name: textOr(member(metadata, 'name'), ''),
    uid: textOr(member(metadata, 'uid'), ''),
  };
  const found = new Findings();
  const place = new Place(found, reference);
  const kind = knownKind(place, reference);
  const inert = kind !== undefined && !isAtHome(place, reference, namespace);
  if (kind === undefined || inert) {
    return found.problems.length + found.warnings.length === 0
      ? undefined
      : { key: keyOf(reference, '', found), found, place };
  }
  const resource = readResource(kind, object, place);
  const sound = found.problems.length === 0;
  const key = keyOf(reference, contentOf(resource), found);
  const { name } = resource;
  return { key, found, place, kind, ...(name !== '' && { name }), ...(sound && { resource }) };
}

/** A kind of the group that is none of ours is passed over, unless it is ours misspelled. */
function knownKind(place: Place, { apiVersion, kind }: ObjectReference): ResourceKind | undefined {
  const known = RESOURCE_KINDS.find((one) => one === kind);
  const message = `no matches for kind "${kind}" in version "${apiVersion}"`;
  if (known === undefined) {
    const didYouMean = place.nearest(kind, RESOURCE_KINDS);
    if (didYouMean !== undefined) place.refuse({ reason: 'unknown-kind', message, didYouMean });
    return undefined;
  }
  if (VERSIONS[known].includes(apiVersion.slice(GROUP.length))) return known;
  const hint = `${kind} is served as ${VERSIONS[known].join(' and ')}`;
  place.refuse({ reason: 'unknown-version', message, hint });
  return undefined;
}

function isAtHome(place: Place, reference: ObjectReference, namespace: string): boolean {
  if (reference.namespace === namespace) return true;
  const message = `resource must be created in ${namespace} namespace: here it is never looked at`;
  place.at('metadata', 'namespace').warn({ reason: 'wrong-namespace', message });
  return false;
}

function readResource(kind: ResourceKind, object: unknown, place: Place): Resource<object> {
  const metadata = place.at('metadata');
  const name = member(member(object, 'metadata'), 'name');
  if (typeof name !== 'string' || name === '') {
    const message = 'metadata.name: Required value: name is required';
    metadata.at('name').refuse({ reason: 'schema-required', message });
  }
  const maps = (key: 'labels' | 'annotations'): Labels => {
    const value = member(member(object, 'metadata'), key) ?? undefined;
    return value === undefined ? {} : (textMap(value, metadata.at(key)) ?? {});
  };
  warnOfFields(kind, object, place);
  const spec = member(toStorageVersion(object), 'spec') ?? {};
  return {
    name: textOr(name, ''),
    labels: maps('labels'),
    annotations: maps('annotations'),
    spec: SHAPES[kind](spec, place.at('spec')) ?? {},
    place,
  };
}

const TOP_LEVEL = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

function warnOfFields(kind: ResourceKind, object: unknown, place: Place): void {
  const warn = (
    path: readonly string[],
    more: { didYouMean?: string | undefined; hint?: string },
  ) =>
    place.at(...path).warn({
      reason: 'unknown-field',
      message: `unknown field "${path.join('.')}": it is dropped`,
      ...more,
    });
  for (const key of Object.keys(isObject(object) ? object : {})) {
    if (!TOP_LEVEL.includes(key)) warn([key], { didYouMean: place.nearest(key, TOP_LEVEL) });
  }
  if (kind !== 'BGPPeer' || member(object, 'apiVersion') !== `${GROUP}v1beta1`) return;
  for (const key of SINCE_V1BETA2) {
    if (member(member(object, 'spec'), key) === undefined) continue;
    warn(['spec', key], { hint: `${key} is known since ${GROUP}v1beta2` });
  }
}

/** An API server has no two objects of a kind and name; several files may. */
function refuseSecond(place: Place, kind: ResourceKind, name: string): void {
  const pool = kind === 'IPAddressPool' || kind === 'AddressPool';
  const what = pool ? 'pool' : kind;
  const reason = pool ? 'duplicate-pool' : 'duplicate-object';
  const message = `duplicate definition of ${what} "${name}"`;
  place.at('metadata', 'name').refuse({ reason, message });
}

/** All that two objects of one name can differ in, the same in whatever order it was written. */
function contentOf({ spec, labels, annotations }: Resource<object>): string {
  const sorted = (map: Labels) => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([spec, sorted(labels), sorted(annotations)]);
}

/** The name decides; the rest only tells apart what is called alike. */
function keyOf(
  { kind, name, namespace, apiVersion, uid }: ObjectReference,
  content: string,
  { problems, warnings }: Findings,
): readonly string[] {
  const said = [...problems, ...warnings].map(({ path, message }) => `${path} ${message}`);
  const rank = RESOURCE_KINDS.findIndex((one) => one === kind);
  return [String(rank), kind, name, namespace, apiVersion, uid, content, ...said];
}

function byKey(a: Read, b: Read): number {
  for (const [index, part] of a.key.entries()) {
    const other = b.key[index] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return a.key.length - b.key.length;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
