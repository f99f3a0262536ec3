import {
  type Allocator,
  type Claim,
  type Families,
  type FamiliesFound,
  type Refusal,
  familiesOf,
} from '../allocator/index.ts';
import { type Compat, type ServiceView, atLeast } from '../model/index.ts';
import { type IpAddress, parseIp } from '../net/index.ts';

/** How a text that is no address prints where addresses are listed. */
const NOT_AN_ADDRESS = '<nil>';
/** More addresses than a Service can ever keep: the rest is not looked at. */
const MOST_READ = 16;

/** What `status.loadBalancer` says a Service has. */
export interface Status {
  /** The addresses as the original prints them; as many as there are entries. */
  readonly texts: readonly string[];
  /** The addresses, if every entry is one. */
  readonly addresses: readonly IpAddress[] | undefined;
  readonly families: FamiliesFound | Refusal;
}

/** Reads the addresses a Service carries; `undefined` if it carries none. legacy.md §3.3. */
export function statusOf({ ingress }: ServiceView): Status | undefined {
  if (ingress.length === 0) return undefined;
  const parsed = ingress.slice(0, MOST_READ).map(parseIp);
  const texts = ingress.map((text, index) =>
    index < MOST_READ ? (parsed[index] ?? NOT_AN_ADDRESS) : text,
  );
  const whole = ingress.length <= MOST_READ && parsed.every((address) => address !== undefined);
  return { texts, addresses: whole ? parsed : undefined, families: familiesOf(texts) };
}

/** The cluster addresses that decide the family. Before v0.12 there is one or none. legacy.md §3.3. */
export function clusterIPsOf(view: ServiceView, compat: Compat): readonly string[] {
  if (atLeast(compat, 'v0.12')) return view.clusterIPs;
  return view.clusterIPs.slice(0, 1).filter((text) => parseIp(text) !== undefined);
}

/** Creation time, then key: who wins when two Services claim one address. */
function olderFirst(a: ServiceView, b: ServiceView): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.key < b.key ? -1 : Number(a.key > b.key);
}

/** Those that carry addresses, then the others, each the older first. */
export function carriersFirst(a: ServiceView, b: ServiceView): number {
  return Number(b.ingress.length > 0) - Number(a.ingress.length > 0) || olderFirst(a, b);
}

/** Whether the status lists an address it did not list before; more than two are no claim to any. */
export function carriesNew({ ingress }: ServiceView, before: ServiceView | undefined): boolean {
  return ingress.length <= 2 && ingress.some((text) => !before?.ingress.includes(text));
}

/** Who holds what, and who they are. */
export interface Registry {
  readonly allocator: Allocator;
  readonly compat: Compat;
  readonly find: (key: string) => ServiceView | undefined;
}

/**
 * Enters the addresses a Service carries into the allocator, before anything is allocated (legacy.md §9.2
 * #1). Services in the way give theirs up if they do not carry it yet or are younger: two controllers side
 * by side settle a duplicate alike. Returns those that gave up.
 */
export function registerExisting(
  view: ServiceView,
  claim: Claim,
  { allocator, compat, find }: Registry,
): readonly string[] {
  const addresses = keepableAddresses(view, compat);
  if (addresses === undefined || holdsAlready(allocator, view.key, addresses)) return [];
  const evicted: string[] = [];
  for (;;) {
    const result = allocator.assign(claim, addresses, 'trust');
    if (result.kind === 'leased' || result.holders.length === 0) return evicted;
    const holders = result.holders.filter((holder) => holdsAny(allocator, holder, addresses));
    if (!holders.every((holder) => yields(find(holder), view))) return evicted;
    for (const holder of result.holders) allocator.unblock(holder);
    for (const holder of holders) allocator.release(holder);
    evicted.push(...holders);
  }
}

/** Whether two lists hold the same addresses in any order. */
export function sameSet(a: readonly IpAddress[], b: readonly IpAddress[]): boolean {
  return a.length === b.length && a.every((address) => b.includes(address));
}

/** What a Service carries, if its families are those it needs. */
function keepableAddresses(view: ServiceView, compat: Compat): readonly IpAddress[] | undefined {
  if (view.type !== 'LoadBalancer') return undefined;
  const status = statusOf(view);
  const wanted = familyName(familiesOf(clusterIPsOf(view, compat)));
  if (status === undefined || wanted === undefined) return undefined;
  return familyName(status.families) === wanted ? status.addresses : undefined;
}

function familyName(found: FamiliesFound | Refusal): Families | undefined {
  return found.kind === 'families' ? found.families : undefined;
}

function holdsAlready(
  allocator: Allocator,
  service: string,
  addresses: readonly IpAddress[],
): boolean {
  const lease = allocator.leaseOf(service);
  return lease !== undefined && sameSet(lease.addresses, addresses);
}

/** Whether the Service holds one of the addresses, and does not merely block it. */
function holdsAny(allocator: Allocator, service: string, addresses: readonly IpAddress[]): boolean {
  const held = allocator.leaseOf(service)?.addresses ?? [];
  return held.some((address) => addresses.includes(address));
}

/** Whether a holder makes way: it is gone, does not carry the address yet, or is younger. */
function yields(holder: ServiceView | undefined, claimant: ServiceView): boolean {
  if (holder === undefined || olderFirst(claimant, holder) < 0) return true;
  const carried = new Set(statusOf(holder)?.addresses);
  return !(statusOf(claimant)?.addresses ?? []).some((address) => carried.has(address));
}
