import type { Lease } from '../allocator/index.ts';
import type { EventSink, ServiceView } from '../model/index.ts';
import { type Clock, type Duration, type Logger, millis, seconds } from '../platform/ports.ts';
import type { Coverage } from './board.ts';

/** What the gauge of Services without an advertisement shows. */
export interface CoverageObserver {
  /** No advertisement covers the pool, and so many Services hold addresses of it. */
  uncovered(pool: string, services: number): void;
  /** An advertisement covers the pool now, or it is no more. */
  covered(pool: string): void;
}

/** The pools in force. */
export interface PoolsInForce {
  readonly pools: readonly string[];
  coverageOf(pool: string): Coverage;
}

export interface CoveragePorts {
  readonly inForce: PoolsInForce;
  readonly events: EventSink;
  readonly observer: CoverageObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Holder {
  readonly uid: string;
  readonly lease: Lease;
}

/** Pools and advertisements are applied one by one: what is so only meanwhile is not worth a warning. */
const PATIENCE = seconds(2);

/**
 * Tells Services that hold an address which nobody announces, since no advertisement covers its pool: the original
 * assigns it without a word. crd.md §2.3
 */
export class CoverageWatch {
  readonly #ports: CoveragePorts;
  readonly #holders = new Map<string, Holder>();
  /** How many Services hold addresses of each pool. */
  readonly #counts = new Map<string, number>();
  /** Services that were told, and what. */
  readonly #told = new Map<string, string>();
  /** Services that are to be told something else, the longest waiting first. */
  readonly #due = new Map<string, Duration>();
  readonly #shown = new Set<string>();
  #timer: Disposable | undefined;

  constructor(ports: CoveragePorts) {
    this.#ports = ports;
  }

  /** What a Service holds, and its status says. */
  settled({ key, uid }: Pick<ServiceView, 'key' | 'uid'>, lease: Lease | undefined): void {
    if (this.#holders.get(key)?.uid !== uid) this.#told.delete(key);
    this.#hold(key, lease && { uid, lease });
    this.#judge(key);
  }

  /** The Service is no more. */
  gone(key: string): void {
    this.#hold(key, undefined);
    this.#told.delete(key);
    this.#due.delete(key);
  }

  /** Other pools are in force, or other advertisements. */
  poolsChanged(): void {
    const { inForce, observer } = this.#ports;
    const uncovered = new Set(inForce.pools.filter((pool) => this.#isUncovered(pool)));
    for (const pool of this.#shown) {
      if (uncovered.has(pool)) continue;
      this.#shown.delete(pool);
      observer.covered(pool);
    }
    for (const pool of uncovered) {
      this.#shown.add(pool);
      observer.uncovered(pool, this.#counts.get(pool) ?? 0);
    }
    for (const key of this.#holders.keys()) this.#judge(key);
  }

  /** Tells nobody any more. */
  close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#due.clear();
  }

  #isUncovered(pool: string): boolean {
    return this.#ports.inForce.coverageOf(pool) === 'uncovered';
  }

  #hold(key: string, now: Holder | undefined): void {
    const before = this.#holders.get(key);
    if (now === undefined) this.#holders.delete(key);
    else this.#holders.set(key, now);
    if (before?.lease.pool === now?.lease.pool) return;
    if (before !== undefined) this.#count(before.lease.pool, -1);
    if (now !== undefined) this.#count(now.lease.pool, 1);
  }

  #count(pool: string, change: 1 | -1): void {
    const services = (this.#counts.get(pool) ?? 0) + change;
    if (services === 0) this.#counts.delete(pool);
    else this.#counts.set(pool, services);
    if (this.#shown.has(pool)) this.#ports.observer.uncovered(pool, services);
  }

  #judge(key: string): void {
    const complaint = this.#complaintOf(key);
    if (complaint === 'unknown' || complaint === this.#told.get(key)) {
      this.#due.delete(key);
      return;
    }
    if (this.#due.has(key)) return;
    this.#due.set(key, this.#ports.clock.now());
    this.#schedule();
  }

  /** `unknown`: nothing can be said of it, so what was said stands. */
  #complaintOf(key: string): string | undefined {
    const lease = this.#holders.get(key)?.lease;
    if (lease === undefined) return undefined;
    const coverage = this.#ports.inForce.coverageOf(lease.pool);
    if (coverage === 'unknown') return coverage;
    return coverage === 'covered' ? undefined : `${describe(lease)} assigned, and ${UNCOVERED}`;
  }

  #schedule(): void {
    const [first] = this.#due.values();
    if (this.#timer !== undefined || first === undefined) return;
    const { clock } = this.#ports;
    this.#timer = clock.after(millis(first + PATIENCE - clock.now()), () => {
      this.#timer = undefined;
      this.#tellDue();
      this.#schedule();
    });
  }

  #tellDue(): void {
    const { clock } = this.#ports;
    for (const [key, since] of this.#due) {
      if (clock.now() - since < PATIENCE) return;
      this.#due.delete(key);
      this.#tell(key);
    }
  }

  #tell(key: string): void {
    const { events, logger } = this.#ports;
    const holder = this.#holders.get(key);
    const complaint = this.#complaintOf(key);
    if (complaint === 'unknown') return;
    if (complaint === undefined) this.#told.delete(key);
    else this.#told.set(key, complaint);
    if (holder === undefined) return;
    const { uid, lease } = holder;
    const [namespace = '', name = ''] = key.split('/');
    const about = { apiVersion: 'v1', kind: 'Service', namespace, name, uid };
    const fields = { service: key, ips: lease.addresses, pool: lease.pool };
    if (complaint === undefined) {
      const message = `${describe(lease)} covered by an advertisement now`;
      events.record(about, { type: 'Normal', reason: 'Advertised', message });
      logger.info({ event: 'advertised', ...fields, msg: 'an advertisement covers the pool now' });
      return;
    }
    events.record(about, { type: 'Warning', reason: 'NotAdvertised', message: complaint });
    logger.warn({ event: 'notAdvertised', ...fields, msg: UNCOVERED });
  }
}

const UNCOVERED = 'no L2Advertisement or BGPAdvertisement covers the pool: nobody announces it';

/** As in `192.0.2.7 of pool "teal" is`. */
function describe({ addresses, pool }: Lease): string {
  return `${addresses.join(', ')} of pool "${pool}" ${addresses.length > 1 ? 'are' : 'is'}`;
}
