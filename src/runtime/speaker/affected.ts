import { elect } from '../layer2/index.ts';
import type { EndpointView, AnnouncedView } from '../model/index.ts';
import type { Members } from './members/members.ts';

/** Who answers ARP and NDP for a Service, as it was last decided. */
export interface Lead {
  /** The node; `undefined`: none. */
  readonly leader: string | undefined;
  /** What its candidates' names are hashed with. legacy.md §4.3 */
  readonly subject: string;
}

/**
 * The Services for which another node may lead now that the members are others; `all` where that cannot be told.
 *
 * Whether a node is a candidate depends on that node alone. So a Service whose leader is still there keeps it, unless
 * one that came goes before it.
 */
export function affectedBy(
  before: Members,
  after: Members,
  leads: ReadonlyMap<string, Lead>,
): readonly string[] | 'all' {
  if (before.kind !== 'known' || after.kind !== 'known') return 'all';
  if (before.gossiped !== after.gossiped) return 'all';
  const lost = new Set([...before.nodes].filter((node) => !after.nodes.has(node)));
  const come = [...after.nodes].filter((node) => !before.nodes.has(node));
  if (lost.size === 0 && come.length === 0) return [];
  const affected: string[] = [];
  for (const [key, { leader, subject }] of leads) {
    if (leader === undefined || lost.has(leader)) affected.push(key);
    else if (come.length > 0 && elect([leader, ...come], subject) !== leader) affected.push(key);
  }
  return affected;
}

/** How much hangs on a Service. */
export interface Load {
  /** Services on its address. */
  readonly services: number;
  /** Its ready endpoints. */
  readonly endpoints: number;
}

/** How much hangs on each of the Services, as far as it matters. */
export function loadsOf(
  services: ReadonlyMap<string, AnnouncedView>,
  endpointsOf: (key: string) => readonly EndpointView[] | undefined,
): (key: string) => Load {
  const counts = new Map<string, number>();
  for (const { ingress } of services.values()) {
    const [address] = ingress;
    if (address !== undefined) counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  return (key) => {
    const address = services.get(key)?.ingress[0] ?? '';
    const ready = endpointsOf(key)?.filter((endpoint) => endpoint.ready);
    return { services: counts.get(address) ?? 0, endpoints: ready?.length ?? 0 };
  };
}

/** The Services in the order in which they are to be looked at: those on which most hangs first. */
export function mostLoadedFirst(
  keys: Iterable<string>,
  loadOf: (key: string) => Load,
): readonly string[] {
  return Array.from(keys, (key) => ({ key, load: loadOf(key) }))
    .sort(({ load: a }, { load: b }) => b.services - a.services || b.endpoints - a.endpoints)
    .map(({ key }) => key);
}
