import {
  type BfdCounts,
  type BfdEvents,
  type BfdLayer,
  describeDiagnostic,
} from '../../../bfd/index.ts';
import type { Session } from '../../../bgp/index.ts';
import type { BfdState, BfdSessionSpec } from '../../../bfd/index.ts';
import type { IpAddress } from '../../../net/index.ts';
import type { Logger } from '../../../platform/ports.ts';
import { type LocalInterface, interfaceOf, isNeighbor } from './interfaces.ts';

/** Who counts what BFD does, for metrics. */
export interface BfdObserver {
  /** @param peer - its address and VRF */
  state(peer: WatchedPeer, state: BfdState): void;
  counted(peer: WatchedPeer, counts: Omit<BfdCounts, 'key' | 'state'>): void;
  ended(peer: WatchedPeer): void;
}

export interface WatchedPeer {
  readonly address: IpAddress;
  readonly vrf: string | undefined;
}

export interface BfdWatchPorts {
  readonly layer: Pick<BfdLayer, 'set' | 'delete'>;
  readonly observer: BfdObserver;
  readonly logger: Logger;
  readonly interfaces: () => readonly LocalInterface[];
  /** BGP goes on without BFD, for this reason. */
  readonly unavailable: (peer: WatchedPeer, reason: string) => void;
}

/** One BGP session as BFD sees it. */
export interface BfdGuard {
  /** BGP is up from this address of this end: from now on BFD watches the peer. */
  up(local: IpAddress): void;
  /** The session is configured otherwise, or its profile is. */
  update(session: Session): void;
  close(): void;
}

interface Watch {
  spec: BfdSessionSpec;
  readonly guards: Map<object, () => void>;
  state: BfdState;
  /** Why it was told that BFD is not to be had, until it is; each retry may fail the same way. */
  told?: string | undefined;
}

/**
 * Which BFD sessions the BGP sessions of a node need. Two BGP sessions with one peer share one of BFD, for a pair of addresses
 * has no more: RFC 5881 §3. It stays while the BGP session is configured, so that it is seen when the peer comes back.
 */
export class BfdWatch implements BfdEvents {
  readonly #ports: BfdWatchPorts;
  readonly #watches = new Map<string, Watch>();

  constructor(ports: BfdWatchPorts) {
    this.#ports = ports;
  }

  /** @param down - called when BFD, once up, says that the peer is gone */
  guard(session: Session, down: () => void): BfdGuard {
    const token = {};
    let [current, from] = [session, undefined as IpAddress | undefined];
    let key: string | undefined;
    const leave = (): void => {
      if (key !== undefined) this.#leave(key, token);
      key = undefined;
    };
    const follow = (): void => {
      const spec = from === undefined ? undefined : this.#specOf(current, from);
      const next = spec === undefined ? undefined : keyOf(spec);
      if (next !== key) leave();
      if (spec === undefined || next === undefined) return;
      key = next;
      this.#join(next, spec, { token, down });
    };
    return {
      up: (local) => {
        from = local;
        follow();
      },
      update: (changed) => {
        current = changed;
        follow();
      },
      close: leave,
    };
  }

  /** The sessions that a thread of BFD that begins anew is to serve. */
  get wanted(): ReadonlyMap<string, BfdSessionSpec> {
    return new Map([...this.#watches].map(([key, { spec }]) => [key, spec]));
  }

  changed(key: string, state: BfdState, diagnostic: number, remoteState: BfdState): void {
    const watch = this.#watches.get(key);
    if (watch === undefined) return;
    const before = watch.state;
    watch.state = state;
    if (state === 'up') watch.told = undefined;
    const peer = peerOf(watch.spec);
    const reason = describeDiagnostic(diagnostic);
    const context = { event: 'bfdState', peer: peer.address, state, remoteState, reason };
    this.#ports.logger.info({ ...context, msg: 'BFD session changed' });
    this.#ports.observer.state(peer, state);
    // What the other end did on purpose is no failure of the path. RFC 5882 §3.2
    if (before !== 'up' || state === 'up' || remoteState === 'adminDown') return;
    for (const down of [...watch.guards.values()]) down();
  }

  started(key: string): void {
    const watch = this.#watches.get(key);
    if (watch !== undefined) this.#ports.observer.state(peerOf(watch.spec), watch.state);
  }

  failed(key: string, reason: string): void {
    const watch = this.#watches.get(key);
    if (watch === undefined) return;
    this.#ports.observer.state(peerOf(watch.spec), watch.state);
    this.#tell(watch, reason);
  }

  counted(counts: readonly BfdCounts[]): void {
    for (const totals of counts) {
      const watch = this.#watches.get(totals.key);
      if (watch !== undefined) this.#ports.observer.counted(peerOf(watch.spec), totals);
    }
  }

  /** Nobody watches any peer for now: BGP goes on without. */
  lost(reason: string): void {
    for (const watch of this.#watches.values()) {
      watch.state = 'down';
      this.#ports.observer.state(peerOf(watch.spec), 'down');
      this.#tell(watch, reason);
    }
  }

  #tell(watch: Watch, reason: string): void {
    if (watch.told === reason) return;
    watch.told = reason;
    this.#ports.unavailable(peerOf(watch.spec), reason);
  }

  #join(
    key: string,
    spec: BfdSessionSpec,
    { token, down }: { readonly token: object; readonly down: () => void },
  ): void {
    const watch = this.#watches.get(key) ?? { spec, guards: new Map(), state: 'down' };
    watch.spec = spec;
    watch.guards.set(token, down);
    this.#watches.set(key, watch);
    this.#ports.layer.set(key, spec);
  }

  #leave(key: string, token: object): void {
    const watch = this.#watches.get(key);
    if (watch === undefined) return;
    watch.guards.delete(token);
    if (watch.guards.size > 0) return;
    this.#watches.delete(key);
    this.#ports.layer.delete(key);
    if (!this.#isWatched(peerOf(watch.spec))) this.#ports.observer.ended(peerOf(watch.spec));
  }

  /** In another way maybe, as over several hops where it was one. */
  #isWatched({ address, vrf }: WatchedPeer): boolean {
    const specs = [...this.#watches.values()].map(({ spec }) => spec);
    return specs.some((spec) => spec.remote === address && spec.vrf === vrf);
  }

  /** Several hops where FRR's BGP sees them: as configured, and within one AS where a router is between. */
  #specOf({ bfd, kind, peer }: Session, local: IpAddress): BfdSessionSpec | undefined {
    if (bfd === undefined) return undefined;
    const interfaces = this.#ports.interfaces();
    const name = interfaceOf(local, interfaces);
    const isFar = kind === 'internal' && !isNeighbor(peer.address, interfaces);
    return {
      local,
      remote: peer.address,
      ...(name !== undefined && { interface: name }),
      ...(peer.vrf !== undefined && { vrf: peer.vrf }),
      multihop: peer.ebgpMultiHop || isFar,
      profile: bfd,
    };
  }
}

function keyOf({ local, remote, vrf = '', multihop }: BfdSessionSpec): string {
  return `${local}>${remote}%${vrf}${multihop ? ' multihop' : ''}`;
}

function peerOf({ remote, vrf }: BfdSessionSpec): WatchedPeer {
  return { address: remote, vrf };
}
