import {
  type Compat,
  type EndpointView,
  type AnnouncedView,
  atLeast,
  isServed,
} from '../model/index.ts';
import { type IpAddress, parseIp } from '../net/index.ts';
import {
  type Subject,
  type Surroundings,
  type Verdict,
  bgpVerdict,
  layer2Leader,
  layer2Verdict,
} from './eligibility.ts';
import type { Members } from './members/members.ts';
import { isCovered, knowsEnough } from './nodes.ts';
import type { PoolIndex } from './pools.ts';

export type Protocol = 'layer2' | 'bgp';

/** Why an announcement ends, as the log names it. legacy.md §4.1 */
export type WithdrawReason =
  | 'serviceDeleted'
  | 'notLoadBalancer'
  | 'otherLoadBalancerClass'
  | 'noIPAllocated'
  | 'invalidIP'
  | 'ipNotAllowed'
  | 'protocolChanged'
  | 'noAdvertisement'
  | 'loadBalancerIPChanged'
  | (Verdict & { kind: 'decline' })['reason'];

/** Everything the decision about one Service rests on. */
export interface Facts extends Surroundings {
  /** Absent: the object is gone. */
  readonly service: AnnouncedView | undefined;
  /** Absent: there is no Endpoints object and no slice, which counts as a deleted Service. legacy.md §0.2 */
  readonly endpoints: readonly EndpointView[] | undefined;
  /** `--lb-class`; empty: not given. */
  readonly lbClass: string;
  /** Absent: no configuration has been accepted yet. */
  readonly pools: PoolIndex | undefined;
}

export type Decision =
  /** Nothing may be done yet, but to let go of all except these addresses, where they are known. */
  | { readonly kind: 'wait'; readonly addresses?: readonly IpAddress[] }
  | {
      readonly kind: 'withdraw';
      readonly reason: WithdrawReason;
      /** Where the log says more. */
      readonly error?: string;
    }
  | {
      readonly kind: 'serve';
      readonly pool: string;
      readonly addresses: readonly IpAddress[];
      /** One for each protocol that the pool is announced with. */
      readonly verdicts: ReadonlyMap<Protocol, Verdict>;
      /** Whether any advertisement is for the pool on this node. */
      readonly advertised: boolean;
      /** The node that answers ARP and NDP, if any does. */
      readonly leader: string | undefined;
      /** Whether that is another member of the ring, which will announce by itself. */
      readonly hasHeir: boolean;
    };

/** Whether and how this node announces a Service: the table of legacy.md §4.1, rows 1 to 6 and 9, in order. */
export function decide(facts: Facts): Decision {
  const found = subjectOf(facts);
  if (found.kind !== 'subject') return found;
  const { subject, addresses } = found;
  const { pool } = subject;
  if (!knowsEnough(pool, facts.nodes, facts)) return { kind: 'wait', addresses };
  const leader = pool.layer2.length > 0 ? layer2Leader(subject, facts) : undefined;
  const verdicts = verdictsOf(subject, facts, leader);
  const hasHeir = leader !== undefined && leader !== facts.self && isInRing(leader, facts.members);
  const advertised = isCovered([...pool.layer2, ...pool.bgp], facts.self, facts.nodes);
  return { kind: 'serve', pool: pool.name, addresses, verdicts, advertised, leader, hasHeir };
}

function isInRing(node: string, members: Members): boolean {
  return members.kind === 'known' && members.gossiped === true && members.nodes.has(node);
}

/**
 * The node that answers ARP and NDP for the Service, whichever speaker is asked; `undefined`: none, or the pool is not
 * announced at layer 2.
 */
export function leaderFor(facts: Omit<Facts, 'self'>): string | undefined {
  const found = subjectOf(facts);
  if (found.kind !== 'subject' || found.subject.pool.layer2.length === 0) return undefined;
  return layer2Leader(found.subject, facts);
}

/** Rows 1 to 6: what every speaker sees alike. */
function subjectOf(facts: Omit<Facts, 'self'>):
  | Exclude<Decision, { kind: 'serve' }>
  | {
      readonly kind: 'subject';
      readonly subject: Subject;
      readonly addresses: readonly IpAddress[];
    } {
  const { service, endpoints, pools } = facts;
  if (service === undefined || endpoints === undefined) return withdraw('serviceDeleted');
  if (service.type !== 'LoadBalancer') return withdraw('notLoadBalancer');
  if (!isServed(service, facts.compat, facts.lbClass)) return withdraw('otherLoadBalancerClass');
  if (facts.members.kind === 'pending' || pools === undefined) return { kind: 'wait' };
  if (!hasAddress(service, facts.compat)) return withdraw('noIPAllocated');
  const addresses = parseAll(service.ingress);
  const [address] = addresses;
  if (address === undefined) return withdraw('invalidIP', 'invalid LoadBalancer IP');
  const pool = pools.poolOf(addresses);
  if (pool === undefined) {
    return withdraw('ipNotAllowed', 'IP allocated by controller not allowed by config');
  }
  return { kind: 'subject', subject: { service, endpoints, pool, address }, addresses };
}

function verdictsOf(
  subject: Subject,
  around: Surroundings,
  leader: string | undefined,
): ReadonlyMap<Protocol, Verdict> {
  const verdicts = new Map<Protocol, Verdict>();
  if (subject.pool.layer2.length > 0) {
    verdicts.set('layer2', layer2Verdict(subject, around, leader));
  }
  if (subject.pool.bgp.length > 0) verdicts.set('bgp', bgpVerdict(subject, around));
  return verdicts;
}

/** Only from v0.12 may a Service have two addresses. */
function hasAddress({ hasLoadBalancerStatus, ingress }: AnnouncedView, compat: Compat): boolean {
  return hasLoadBalancerStatus && (atLeast(compat, 'v0.12') || ingress.length === 1);
}

function withdraw(reason: WithdrawReason, error?: string): Extract<Decision, { kind: 'withdraw' }> {
  return error === undefined ? { kind: 'withdraw', reason } : { kind: 'withdraw', reason, error };
}

/** Distinct addresses in the order given; none unless all parse. */
function parseAll(texts: readonly string[]): readonly IpAddress[] {
  const addresses = new Set<IpAddress>();
  for (const text of texts) {
    const address = parseIp(text);
    if (address === undefined) return [];
    addresses.add(address);
  }
  return [...addresses];
}
