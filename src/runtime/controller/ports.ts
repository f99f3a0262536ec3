import type { Lease, PoolUsage } from '../allocator/index.ts';
import type { EventSink, ServiceView } from '../model/index.ts';
import type { IpAddress } from '../net/index.ts';
import type { Clock, LogFields, LogLevel, Logger, Random } from '../platform/ports.ts';

/**
 * Where addresses are made known. The store behind it feeds `ServiceController.changed` with every change
 * of its cache at once, and never hands over an object older than one handed over or written before.
 */
export interface ServiceStatusWriter {
  /**
   * Replaces `status.loadBalancer` of the cached object by these addresses, none meaning empty.
   * `conflict`: the object is newer than the cached one. Rejects on any other failure.
   *
   * @param from - the pool that the annotation `ip-allocated-from-pool` is to name, `undefined` to remove it; absent: the
   *   annotation stays as it is
   */
  publish(
    view: ServiceView,
    addresses: readonly IpAddress[],
    from?: { readonly pool: string | undefined },
  ): Promise<'written' | 'conflict' | 'gone'>;
  /** Re-reads one Service into the cache. Rejects if it cannot be read. */
  refresh(key: string): Promise<void>;
}

/** What the metrics of legacy.md §8.3 count. */
export interface ControllerObserver {
  /** One Service was looked at. */
  processed(): void;
  /** One attempt failed and is tried again. */
  failed(): void;
  /** A pool's figures changed, or it is new. */
  poolChanged(usage: PoolUsage): void;
  poolRemoved(pool: string): void;
}

/** Hears what Services hold. */
export interface HolderObserver {
  /** The Service's status says what it holds. */
  settled(view: ServiceView, lease: Lease | undefined): void;
  /** The Service is no more, or not ours. */
  gone(key: string): void;
}

export interface ControllerPorts {
  readonly writer: ServiceStatusWriter;
  readonly events: EventSink;
  readonly observer: ControllerObserver;
  readonly holders?: HolderObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Asks for the namespaces to be told from now on; called again is no more. Absent: they cannot be told. */
  readonly needNamespaces?: () => void;
}

/** A line for the log, as a decision wants it written. */
export interface LogLine {
  readonly level: LogLevel;
  readonly fields: LogFields;
}
