import type { Interpretation, RouteSpec } from '../../config-crd/index.ts';
import {
  type Compat,
  type ObjectReference,
  type Pool,
  atLeast,
} from '../../runtime/model/index.ts';
import { type Field, type Link, type Part, type Path, entryOf } from './entry.ts';
import { referenceOf } from './peer.ts';

type Resources = Interpretation['resources'];
type PoolResource = Resources['IPAddressPool'][number] | Resources['AddressPool'][number];

/** How addresses are announced over BGP, and where that is written. */
export interface Route {
  readonly spec: RouteSpec;
  readonly object: ObjectReference;
  readonly from: Path;
  /** Whether people have said something of it that needs an entry to stand at. */
  readonly hasWords: boolean;
  /** Where the pool is named in the object, if anywhere. */
  readonly naming?: Path;
}

/** The objects that a pool of the legacy dialect is made of. */
export interface PoolSource {
  readonly resource: PoolResource;
  /** As the rules have read it. */
  readonly pool: Pool;
  readonly protocol: 'layer2' | 'bgp';
  /** In the order in which the original goes through them. */
  readonly routes: readonly Route[];
  /** The L2Advertisements that are for it. */
  readonly layer2: readonly Pick<Route, 'object' | 'naming'>[];
}

/** Keeps the name that a pool had in the legacy dialect. product.md §4 */
const LEGACY_NAME = 'metal-lb.io/legacy-name';

/** A pool as `address-pools` has it, its advertisements in it. legacy.md §1.7 */
export function poolPart(
  { resource, pool, protocol, routes, layer2 }: PoolSource,
  compat: Compat,
): Part {
  const { spec, place } = resource;
  const named: Path =
    pool.legacyName === undefined ? ['metadata', 'name'] : ['metadata', 'annotations', LEGACY_NAME];
  const parts = distinct(routes.map((route) => routePart(route, pool, compat)));
  const written = parts.map(({ value }) => value);
  // One with nothing but defaults is what a pool without any has.
  const isSilent =
    written.every((value) => Object.keys(value).length === 0) &&
    !routes.some(({ hasWords }) => hasWords);
  const key = 'bgp-advertisements';
  const avoid = 'avoidBuggyIPs' in spec && spec.avoidBuggyIPs ? true : undefined;
  const own = entryOf(
    referenceOf(place.object),
    [],
    [
      ['name', pool.legacyName ?? pool.name, named],
      ['protocol', protocol, ['spec', 'protocol']],
      ['addresses', spec.addresses, ['spec', 'addresses']],
      ['auto-assign', spec.autoAssign, ['spec', 'autoAssign']],
      ['avoid-buggy-ips', avoid, ['spec', 'avoidBuggyIPs']],
      [key, isSilent ? undefined : written, ['spec', 'bgpAdvertisements']],
    ],
  );
  const announcing = parts.flatMap(({ links }, index) =>
    links.map((link) => ({ ...link, to: isSilent ? ['protocol'] : [key, index, ...link.to] })),
  );
  const answering = layer2.map(({ object }): Link => ({ object, from: [], to: ['protocol'] }));
  const naming = [...routes, ...layer2].flatMap(({ object, naming: from }): Link[] =>
    from === undefined ? [] : [{ object, from, to: ['protocol'] }],
  );
  return { value: own.value, links: [...own.links, ...announcing, ...answering, ...naming] };
}

/** v0.10 and v0.11 have no length for IPv6; one for a family that the pool does not have is never used. */
function routePart({ spec, object, from }: Route, { cidrs }: Pool, compat: Compat): Part {
  const { aggregationLengthV6: length } = spec;
  const isUsed = cidrs.some(({ family }) => family === 'ipv6') && length !== 128;
  const lengthV6 = isUsed || atLeast(compat, 'v0.12') ? length : undefined;
  const { communities = [], localPref } = spec;
  const fields: readonly Field[] = [
    ['aggregation-length', spec.aggregationLength, ['aggregationLength']],
    ['aggregation-length-v6', lengthV6, ['aggregationLengthV6']],
    ['localpref', localPref === 0 ? undefined : localPref, ['localPref']],
    ['communities', communities.length === 0 ? undefined : communities, ['communities']],
  ];
  const inside = from.length === 0 ? ['spec'] : from;
  const placed = fields.map(([key, value, field]): Field => [key, value, [...inside, ...field]]);
  return entryOf(object, from, placed);
}

/** Of several that say the same the last: the order in which they come matters, and the original refuses two. */
function distinct(parts: readonly Part[]): readonly Part[] {
  const byText = new Map<string, Part>();
  for (const part of parts) {
    const text = JSON.stringify(part.value);
    const { links = [] } = byText.get(text) ?? {};
    byText.delete(text);
    byText.set(text, { ...part, links: [...links, ...part.links] });
  }
  return [...byText.values()];
}
