import {
  type Allocator,
  type Claim,
  type Lease,
  type Refusal,
  claimOf,
  familiesOf,
  quoted,
  refusal,
  requestOf,
} from '../allocator/index.ts';
import {
  type Compat,
  type Labels,
  type Remark,
  type ServiceView,
  atLeast,
} from '../model/index.ts';
import type { IpAddress } from '../net/index.ts';
import type { LogLevel } from '../platform/ports.ts';
import { type Status, clusterIPsOf, sameSet, statusOf } from './existing.ts';
import type { LogLine } from './ports.ts';

/** What is to be done about one Service. The allocator already holds what it says. */
export interface Outcome {
  /** What the status is to list, in this order; `undefined` leaves the status alone. */
  readonly addresses: readonly IpAddress[] | undefined;
  readonly remarks: readonly Remark[];
  readonly lines: readonly LogLine[];
  /** It wants what it cannot have now: to be looked at again when something is given back. */
  readonly waiting: boolean;
  /** Something was given back that others may be waiting for. */
  readonly released: boolean;
}

/** What is the case around a Service. */
export interface Surroundings {
  /** Labels of its namespace; `undefined` while they are not known. */
  readonly namespaceLabels: Labels | undefined;
  /** Whether there is a right to know them. */
  readonly namespacesReadable: boolean;
  /** Whether an address that lies in no pool stays, since its pool may be on its way. crd.md §3.2 B */
  readonly patient: boolean;
}

const USUAL: Surroundings = {
  namespaceLabels: undefined,
  namespacesReadable: true,
  patient: false,
};
/** The longest message the API server takes for an Event. */
const LONGEST_MESSAGE = 1024;

/**
 * Brings one Service in line with the pools, in the order of legacy.md §3.3 and with the mends of §9.2.
 * Idempotent: a settled Service is left alone.
 */
export function converge(
  view: ServiceView,
  allocator: Allocator,
  compat: Compat,
  around: Surroundings = USUAL,
): Outcome {
  const before = allocator.leaseOf(view.key);
  const claimBefore = allocator.claimHeldBy(view.key);
  const pass = new Pass(view, allocator, compat, around);
  const addresses = pass.run();
  const { remarks, lines, waiting } = pass;
  const after = allocator.leaseOf(view.key)?.addresses ?? [];
  const lost = before?.addresses.some((address) => !after.includes(address)) ?? false;
  const released = lost || gaveUpPorts(claimBefore, allocator.claimHeldBy(view.key));
  return { addresses, remarks, lines, waiting, released };
}

/** Whether `status.loadBalancer` already says what it is to say. */
export function isPublished(view: ServiceView, addresses: readonly IpAddress[]): boolean {
  if (addresses.length === 0) return !view.hasLoadBalancerStatus;
  const { ingress } = view;
  return ingress.length === addresses.length && ingress.every((ip, i) => ip === addresses[i]);
}

class Pass {
  readonly remarks: Remark[] = [];
  readonly lines: LogLine[] = [];
  waiting = false;
  readonly #view: ServiceView;
  readonly #allocator: Allocator;
  readonly #compat: Compat;
  readonly #around: Surroundings;
  readonly #claim: Claim;

  constructor(view: ServiceView, allocator: Allocator, compat: Compat, around: Surroundings) {
    this.#view = view;
    this.#allocator = allocator;
    this.#compat = compat;
    this.#around = around;
    this.#claim = claimOf(view, around.namespaceLabels);
  }

  run(): readonly IpAddress[] | undefined {
    if (this.#view.type !== 'LoadBalancer') {
      return this.#clear('debug', { reason: 'notLoadBalancer', msg: 'not a LoadBalancer' });
    }
    const clusterIPs = clusterIPsOf(this.#view, this.#compat);
    if (clusterIPs.length === 0) {
      const reason = atLeast(this.#compat, 'v0.12') ? 'noClusterIPs' : 'noClusterIP';
      return this.#clear('info', { reason, msg: 'No ClusterIPs' });
    }
    this.#tellDisputes();
    const status = statusOf(this.#view);
    if (status === undefined) {
      this.#allocator.release(this.#view.key);
      return this.#allocate(clusterIPs);
    }
    if (this.#around.patient && this.#isStray(status)) {
      this.#leaveAlone(status);
      return undefined;
    }
    const current = this.#checkFamilies(status, clusterIPs);
    if (current === 'stuck') return undefined;
    const kept = current === 'cleared' ? [] : this.#keep(status);
    if (kept === 'misrequested') return this.#leasedAddresses();
    return kept.length > 0 ? kept : this.#allocate(clusterIPs);
  }

  /** legacy.md §3.3 step 5; a status that no Service can keep is cleared (§9.2 #19). */
  #checkFamilies(status: Status, clusterIPs: readonly string[]): 'fit' | 'cleared' | 'stuck' {
    if (status.families.kind === 'refused') {
      this.#remarkFamilies('nolbIPsIPFamily', 'LBIPs', status.texts, status.families);
      this.#allocator.release(this.#view.key);
      return 'cleared';
    }
    const wanted = familiesOf(clusterIPs);
    if (wanted.kind === 'refused') {
      this.#remarkFamilies('noclusterIPsIPFamily', 'ClusterIPs', clusterIPs, wanted);
      return 'stuck';
    }
    if (wanted.families === status.families.families) return 'fit';
    const msg = 'the current IPs are not of the families the Service needs, clearing';
    this.#clear('info', { reason: 'differentIPFamily', msg });
    return 'cleared';
  }

  /** legacy.md §3.3 step 6: the current addresses if they may stay, else none. */
  #keep(status: Status): readonly IpAddress[] | 'misrequested' {
    let current = this.#reassign(status);
    const request = requestOf(this.#view, this.#compat);
    const requested = request.kind === 'request' ? request.addresses : [];
    const pinned = requested.length > 0 && sameSet(requested, current);
    const excused = pinned && !atLeast(this.#compat, 'v0.13');
    if (current.length > 0 && !this.#isInRequestedPool() && !excused) {
      const msg = 'user requested a different pool than the one currently assigned';
      current = this.#clear('info', { reason: 'differentPoolRequested', msg });
    }
    if (request.kind === 'refused') {
      const msg = 'invalid requested loadbalancer IPs';
      this.#line('error', { event: 'loadbalancerIP', error: request.reason, msg });
      this.#warn('LoadBalancerFailed', `${msg}: ${request.reason}`);
      return 'misrequested';
    }
    if (pinned && current.length > 0) return [...current].sort();
    if (requested.length === 0 || current.length === 0) return current;
    const msg = 'user requested a different IP than the one currently assigned';
    return this.#clear('info', { reason: 'differentIPRequested', msg });
  }

  /** legacy.md §3.3 step 6a. */
  #reassign({ texts, addresses }: Status): readonly IpAddress[] {
    const result =
      addresses === undefined
        ? refusal(`${quoted(texts)} is not allowed in config`)
        : this.#allocator.assign(this.#claim, addresses, 'trust');
    if (result.kind === 'leased') return result.addresses;
    if (this.#keepsDespite(result, addresses ?? [])) return addresses ?? [];
    const { key } = this.#view;
    const why = atLeast(this.#compat, 'v0.12')
      ? { error: clipped(result.reason) }
      : { reason: 'notAllowedByConfig' };
    const consequence = 'will attempt for new IP assignment';
    this.#remark(
      'Normal',
      'ClearAssignment',
      `current IP for "${key}" not allowed by config, ${consequence}: ${result.reason}`,
    );
    return this.#clear('info', { ...why, msg: 'current IP not allowed by config, clearing' });
  }

  /** From v0.13 on, a change that rules out sharing is reported and the address stays. product.md §5 #8. */
  #keepsDespite({ reason, holders }: Refusal, current: readonly IpAddress[]): boolean {
    const lease = this.#allocator.leaseOf(this.#view.key);
    const held = lease !== undefined && sameSet(lease.addresses, current);
    if (!atLeast(this.#compat, 'v0.13') || holders.length === 0 || !held) return false;
    this.waiting = true;
    this.#warn('svcCannotShareKey', `current IP for "${this.#view.key}" is kept: ${reason}`);
    return true;
  }

  /** legacy.md §3.3 step 7. */
  #allocate(clusterIPs: readonly string[]): readonly IpAddress[] | undefined {
    const result = this.#findAddresses(clusterIPs);
    if (result.kind === 'refused') {
      this.waiting = true;
      if (result.undecided) return this.#postpone(result);
      const op = atLeast(this.#compat, 'v0.12') ? 'allocateIPs' : 'allocateIP';
      this.#line('error', { op, error: clipped(result.reason), msg: 'IP allocation failed' });
      this.#warn(
        'AllocationFailed',
        `Failed to allocate IP for "${this.#view.key}": ${result.reason}`,
      );
      return [];
    }
    const { addresses } = result;
    if (isPublished(this.#view, addresses)) return addresses;
    const [only] = addresses;
    const oneByOne = !atLeast(this.#compat, 'v0.12') && only !== undefined;
    const ip = oneByOne ? only : addresses;
    this.#line('info', { event: 'ipAllocated', ip, msg: 'IP address assigned by controller' });
    const list = oneByOne ? JSON.stringify(only) : quoted(addresses);
    this.#remark('Normal', 'IPAllocated', `Assigned IP ${list}`);
    return addresses;
  }

  #findAddresses(clusterIPs: readonly string[]): Lease | Refusal {
    const wanted = familiesOf(clusterIPs);
    if (wanted.kind === 'refused') return wanted;
    const request = requestOf(this.#view, this.#compat);
    if (request.kind === 'refused') return request;
    const { addresses } = request;
    const { addressPool } = this.#view;
    if (addresses.length === 0) {
      const pool = addressPool === '' ? undefined : addressPool;
      return this.#allocator.allocate(this.#claim, wanted.families, pool);
    }
    const requested = familiesOf(addresses);
    const what = `requested loadBalancer IP(s) ${quoted(addresses)}`;
    if (requested.kind === 'refused' || requested.families !== wanted.families) {
      return refusal(`${what} does not match the ipFamily of the service`);
    }
    const result = this.#allocator.assign(this.#claim, addresses);
    // Before v0.13 the addresses win. crd.md §3.1
    const mustMatch = result.kind === 'leased' && atLeast(this.#compat, 'v0.13');
    if (!mustMatch || this.#isInRequestedPool()) return result;
    this.#allocator.release(this.#view.key);
    return refusal(`${what} is not compatible with requested address pool ${addressPool}`);
  }

  /** Whether the addresses it holds are of the pool it asks for, if it asks for one. */
  #isInRequestedPool(): boolean {
    const { key, addressPool } = this.#view;
    if (addressPool === '') return true;
    const pool = this.#allocator.leaseOf(key)?.pool;
    return pool !== undefined && pool === this.#allocator.poolCalled(addressPool);
  }

  /** Whether it carries addresses of no pool in force, and does not ask for what a pool in force has. */
  #isStray({ addresses }: Status): boolean {
    const isInPool = (address: IpAddress): boolean => this.#allocator.covers(address);
    if (addresses === undefined || addresses.some(isInPool)) return false;
    const request = requestOf(this.#view, this.#compat);
    if (request.kind === 'refused') return true;
    if (request.addresses.length > 0) return !request.addresses.some(isInPool);
    return this.#allocator.poolCalled(this.#view.addressPool) === undefined;
  }

  #leaveAlone({ texts }: Status): void {
    this.#allocator.release(this.#view.key);
    const msg = 'current IP is in no pool, kept while pools arrive';
    this.#line('warn', { event: 'notInAnyPool', ip: texts, msg });
    const fate = 'kept for now, and replaced unless a pool with it arrives within minutes';
    this.#warn('notInAnyPool', `current IP ${quoted(texts)} is in no pool: ${fate}`);
  }

  /** What it carries stays while it is not known what it may have. */
  #postpone({ reason }: Refusal): readonly IpAddress[] | undefined {
    if (this.#around.namespacesReadable) {
      this.#line('debug', { event: 'waitingForNamespace', reason, msg: 'IP allocation postponed' });
    } else {
      this.#line('error', { op: 'allocateIPs', error: reason, msg: 'IP allocation postponed' });
      const why = `${reason}: the controller has no right to list them`;
      this.#warn('AllocationFailed', `Failed to allocate IP for "${this.#view.key}": ${why}`);
    }
    return this.#view.ingress.length > 0 ? undefined : [];
  }

  #tellDisputes(): void {
    for (const name of this.#view.disputed ?? []) {
      const spellings = `metallb.io/${name} and metallb.universe.tf/${name}`;
      const message = `annotations ${spellings} differ: the first one counts`;
      this.#warn('conflictingAnnotations', message);
    }
  }

  #leasedAddresses(): readonly IpAddress[] {
    return this.#allocator.leaseOf(this.#view.key)?.addresses ?? [];
  }

  #clear(level: LogLevel, fields: LogLine['fields']): readonly IpAddress[] {
    this.#allocator.release(this.#view.key);
    this.#line(level, { event: 'clearAssignment', ...fields });
    return [];
  }

  #remarkFamilies(
    reason: string,
    what: 'LBIPs' | 'ClusterIPs',
    texts: readonly string[],
    why: Refusal,
  ): void {
    const msg = `Failed to retrieve ${what} IPFamily`;
    this.#line('error', { event: 'clearAssignment', reason, error: clipped(why.reason), msg });
    this.#warn(reason, `${msg} for ${quoted(texts)}: ${why.reason}`);
  }

  #warn(reason: string, message: string): void {
    this.#remark('Warning', reason, message);
  }

  #remark(type: Remark['type'], reason: string, message: string): void {
    this.remarks.push({ type, reason, message: clipped(message) });
  }

  #line(level: LogLevel, fields: LogLine['fields']): void {
    this.lines.push({ level, fields });
  }
}

/** Whether ports or keys changed in a way that may let another Service in. */
function gaveUpPorts(before: Claim | undefined, after: Claim | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const kept = new Set(after.ports);
  const keysChanged =
    before.sharingKey !== after.sharingKey || before.backendKey !== after.backendKey;
  return keysChanged || before.ports.some((port) => !kept.has(port));
}

function clipped(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  return `${message.slice(0, LONGEST_MESSAGE - 1)}…`;
}
