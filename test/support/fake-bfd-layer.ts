import type {
  BfdCounts,
  BfdEvents,
  BfdLayer,
  BfdSessionSpec,
  BfdState,
} from '../../src/runtime/bfd/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';

/** BFD without packets: peers answer or do not, as a test says. */
export class FakeBfdLayer implements BfdLayer {
  readonly specs: Map<string, BfdSessionSpec> = new Map();
  readonly #counts = new Map<string, BfdCounts>();
  readonly #answering = new Set<IpAddress>();
  readonly #unavailable = new Map<IpAddress, string>();
  #events: BfdEvents | undefined;

  run(events: BfdEvents, signal: AbortSignal): Promise<void> {
    this.#events = events;
    for (const key of this.specs.keys()) this.#begin(key);
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  set(key: string, spec: BfdSessionSpec): void {
    const old = this.specs.get(key);
    this.specs.set(key, spec);
    if (old?.local !== spec.local || old.remote !== spec.remote) this.#begin(key);
  }

  delete(key: string): void {
    this.specs.delete(key);
    this.#counts.delete(key);
  }

  async report(): Promise<void> {
    this.#events?.counted([...this.#counts.values()]);
  }

  /** The peer has BFD from now on, or has it again. */
  answer(remote: IpAddress): void {
    this.#answering.add(remote);
    this.#each(({ remote: each }) => each === remote, 'up', 0, 'up');
  }

  /** Nothing comes from the peer any more. */
  cut(remote: IpAddress): void {
    this.#answering.delete(remote);
    this.#each(({ remote: each }) => each === remote, 'down', 1, 'down');
  }

  /** The peer ends its session on purpose. */
  retire(remote: IpAddress): void {
    this.#answering.delete(remote);
    this.#each(({ remote: each }) => each === remote, 'down', 3, 'adminDown');
  }

  /** Sessions from this address cannot have their sockets. */
  deny(local: IpAddress, reason: string): void {
    this.#unavailable.set(local, reason);
  }

  #begin(key: string): void {
    const spec = this.specs.get(key);
    if (this.#events === undefined || spec === undefined) return;
    const reason = this.#unavailable.get(spec.local);
    if (reason !== undefined) {
      this.#events.failed(key, reason);
      return;
    }
    const zeros = { controlIn: 0, controlOut: 0, echoIn: 0, echoOut: 0 };
    const events = { upEvents: 0, downEvents: 0, notifications: 0 };
    this.#counts.set(key, { key, state: 'down', ...zeros, ...events });
    this.#events.started(key);
    if (this.#answering.has(spec.remote)) this.#change(key, 'up', 0, 'up');
  }

  #each(
    matches: (spec: BfdSessionSpec) => boolean,
    ...change: readonly [BfdState, number, BfdState]
  ): void {
    for (const [key, spec] of this.specs) if (matches(spec)) this.#change(key, ...change);
  }

  #change(key: string, ...change: readonly [BfdState, number, BfdState]): void {
    const counts = this.#counts.get(key);
    const [state, diagnostic, remoteState] = change;
    if (counts === undefined || counts.state === state) return;
    this.#counts.set(key, {
      ...counts,
      state,
      controlIn: counts.controlIn + 1,
      controlOut: counts.controlOut + 1,
      upEvents: counts.upEvents + (state === 'up' ? 1 : 0),
      downEvents: counts.downEvents + (counts.state === 'up' ? 1 : 0),
      notifications: counts.notifications + 1,
    });
    this.#events?.changed(key, state, diagnostic, remoteState);
  }
}
