import {
  type EndpointView,
  type Layer2Advertisement,
  type Pool,
  type AnnouncedView,
  atLeast,
} from '../model/index.ts';
import type { IpAddress } from '../net/index.ts';
import { elect, electionSubject } from '../layer2/index.ts';
import type { Members } from './members/members.ts';
import { type NodeBar, type NodeRules, type Nodes, barOf, isCovered } from './nodes.ts';

/** One list for all Services, which each keep it. */
const EVERYWHERE: readonly string[] = [];

/** What layer 2 and BGP look at besides the Service itself. */
export interface Surroundings extends NodeRules {
  readonly self: string;
  readonly members: Members;
  readonly nodes: Nodes;
}

/** A protocol's answer for one Service on this node. */
export type Verdict =
  /** `interfaces` empty: all of them. */
  | { readonly kind: 'announce'; readonly interfaces: readonly string[] }
  | {
      readonly kind: 'decline';
      readonly reason: NodeBar | 'isolated' | 'noEndpoints' | 'noLocalEndpoints';
    };

/** A Service with what is needed to say who announces it. */
export interface Subject {
  readonly service: AnnouncedView;
  readonly endpoints: readonly EndpointView[];
  readonly pool: Pool;
  /** The first of `status.loadBalancer.ingress`: it decides for both families. */
  readonly address: IpAddress;
}

/**
 * Whether this node answers ARP and NDP for the Service: every speaker must come to one verdict. legacy.md §4.3,
 * crd.md §3.3
 *
 * @param leader - what {@link layer2Leader} says
 */
export function layer2Verdict(
  subject: Subject,
  around: Surroundings,
  leader: string | undefined,
): Verdict {
  if (around.members.kind === 'isolated') return { kind: 'decline', reason: 'isolated' };
  if (leader !== around.self) return { kind: 'decline', reason: 'notOwner' };
  return { kind: 'announce', interfaces: interfacesHere(subject.pool.layer2, around) };
}

/** The node that answers, or `undefined` without candidates. */
export function layer2Leader(
  subject: Subject,
  around: Omit<Surroundings, 'self'>,
): string | undefined {
  const contest = { service: subject.service.key, firstAddress: subject.address };
  return elect(layer2Candidates(subject, around), electionSubject(contest, around.compat));
}

/** Whether this node announces the Service over BGP. legacy.md §4.4, crd.md §3.4 */
export function bgpVerdict({ service, endpoints, pool }: Subject, around: Surroundings): Verdict {
  const { self, nodes } = around;
  if (!isCovered(pool.bgp, self, nodes)) return { kind: 'decline', reason: 'notOwner' };
  const bar = barOf(self, nodes, around);
  if (bar !== undefined) return { kind: 'decline', reason: bar };
  if (service.externalTrafficPolicy === 'Local' && !hasReadyAddress(endpoints, self)) {
    return { kind: 'decline', reason: 'noLocalEndpoints' };
  }
  return hasReadyAddress(endpoints)
    ? { kind: 'announce', interfaces: EVERYWHERE }
    : { kind: 'decline', reason: 'noEndpoints' };
}

function layer2Candidates(subject: Subject, around: Omit<Surroundings, 'self'>): readonly string[] {
  const { service, endpoints, pool } = subject;
  const { members, compat } = around;
  if (members.kind === 'isolated' || !endpoints.some(({ ready }) => ready)) return [];
  const nearEndpoints = service.externalTrafficPolicy === 'Local' || !atLeast(compat, 'v0.11');
  const candidates = nearEndpoints
    ? readyNodes(endpoints).filter((node) => members.kind !== 'known' || members.nodes.has(node))
    : clusterCandidates(endpoints, members);
  return candidates.filter(
    (node) =>
      barOf(node, around.nodes, around) === undefined && isCovered(pool.layer2, node, around.nodes),
  );
}

/** Nodes whose speaker runs; where that cannot be known, nodes that have an endpoint. legacy.md §9.2 #7 */
function clusterCandidates(
  endpoints: readonly EndpointView[],
  members: Members,
): readonly string[] {
  return members.kind === 'known' ? [...members.nodes] : readyNodes(endpoints);
}

function readyNodes(endpoints: readonly EndpointView[]): readonly string[] {
  const nodes = new Set<string>();
  for (const { ready, nodeName } of endpoints) {
    if (ready && nodeName !== undefined && nodeName !== '') nodes.add(nodeName);
  }
  return [...nodes];
}

/** The union of what the advertisements valid on this node list; one without a list means all. */
function interfacesHere(
  advertisements: readonly Layer2Advertisement[],
  { self, nodes }: Surroundings,
): readonly string[] {
  const here = advertisements.filter((one) => isCovered([one], self, nodes));
  if (here.some(({ interfaces }) => interfaces.length === 0)) return EVERYWHERE;
  return [...new Set(here.flatMap(({ interfaces }) => interfaces))].sort();
}

/**
 * Whether an endpoint address, on `node` if given, was never seen unready. An unready sighting of an address wins
 * over a ready one; on `node` both count there only. legacy.md §4.4
 */
function hasReadyAddress(endpoints: readonly EndpointView[], node?: string): boolean {
  const unready = new Set<string>();
  const ready = new Set<string>();
  for (const endpoint of endpoints) {
    // Unready addresses of Endpoints carry no node that the original looked at, so they count everywhere.
    const counts = node === undefined || endpoint.nodeName === node;
    if (!endpoint.ready) endpoint.addresses.forEach((address) => unready.add(address));
    else if (counts) endpoint.addresses.forEach((address) => ready.add(address));
  }
  return [...ready].some((address) => !unready.has(address));
}
