import type {
  BindOptions,
  Binding,
  Listener,
  NetworkFault,
  Stream,
  Transport,
} from '../../src/runtime/gossip/network.ts';
import { NetworkError } from '../../src/runtime/gossip/network.ts';
import type { Endpoint } from '../../src/runtime/gossip/index.ts';
import type { Clock, Duration } from '../../src/runtime/platform/ports.ts';

const CLOSED = new NetworkError('failed', 'use of closed network connection');
const LARGEST_DATAGRAM = 65_507;

const textOf = ({ address, port }: Endpoint): string => `${address} ${port}`;

/** A network in memory: every address is on it, and what is sent arrives in the next turn. */
export class FakeNetwork implements Transport {
  /** Addresses from and to which nothing gets through; dialing them takes until the time is over. */
  readonly cut: Set<string> = new Set<string>();
  /** Addresses that datagrams do not reach, as those of a program that is busy. */
  readonly deaf: Set<string> = new Set<string>();
  readonly #clock: Clock;
  readonly #bound = new Map<string, FakeBinding>();
  #freePort = 20_000;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async bind(at: Endpoint, listener: Listener, options: BindOptions): Promise<Binding> {
    const endpoint = { ...at, port: at.port === 0 ? this.#freePort++ : at.port };
    if (this.#bound.has(textOf(endpoint))) {
      throw new NetworkError('failed', 'bind: address already in use');
    }
    const binding = new FakeBinding(endpoint, { network: this, listener, options });
    this.#bound.set(textOf(endpoint), binding);
    return binding;
  }

  reaches(from: Endpoint, to: Endpoint): boolean {
    return !this.cut.has(from.address) && !this.cut.has(to.address);
  }

  at(endpoint: Endpoint): FakeBinding | undefined {
    return this.#bound.get(textOf(endpoint));
  }

  free(endpoint: Endpoint): void {
    this.#bound.delete(textOf(endpoint));
  }

  after(delay: Duration, fire: () => void): Disposable {
    return this.#clock.after(delay, fire);
  }
}

interface Inside {
  readonly network: FakeNetwork;
  readonly listener: Listener;
  readonly options: BindOptions;
}

class FakeBinding implements Binding {
  readonly endpoint: Endpoint;
  readonly #inside: Inside;
  readonly #inbound = new Set<FakeStream>();
  readonly #outbound = new Set<FakeStream>();
  #closed = false;

  constructor(endpoint: Endpoint, inside: Inside) {
    this.endpoint = endpoint;
    this.#inside = inside;
  }

  send(octets: Uint8Array, to: Endpoint, failed: (error: NetworkError) => void): void {
    const { network } = this.#inside;
    const problem = this.#closed
      ? CLOSED
      : octets.length > LARGEST_DATAGRAM
        ? new NetworkError('failed', 'message too long')
        : undefined;
    const copy = octets.slice();
    setImmediate(() => {
      if (problem !== undefined) failed(problem);
      else if (network.reaches(this.endpoint, to) && !network.deaf.has(to.address)) {
        network.at(to)?.hear(copy, this.endpoint);
      }
    });
  }

  hear(octets: Uint8Array, from: Endpoint): void {
    if (!this.#closed && octets.length > 0) this.#inside.listener.datagram(octets, from);
  }

  async dial(to: Endpoint, within: Duration): Promise<Stream> {
    const { network } = this.#inside;
    if (this.#closed) throw CLOSED;
    if (!network.reaches(this.endpoint, to)) await this.#waitInVain(within);
    const other = network.at(to);
    if (other === undefined) throw fault('refused', to, 'connect: connection refused');
    const ours = new FakeStream(to, network, within);
    this.#outbound.add(ours);
    ours.gone = () => this.#outbound.delete(ours);
    other.accept(ours, this.endpoint);
    return ours;
  }

  accept(caller: FakeStream, from: Endpoint): void {
    const { network, listener, options } = this.#inside;
    const ours = new FakeStream(from, network, options.streamLimit);
    ours.connect(caller);
    caller.connect(ours);
    if (this.#inbound.size >= options.maxStreams) {
      ours.destroy();
      listener.turnedAway();
      return;
    }
    this.#inbound.add(ours);
    ours.gone = () => this.#inbound.delete(ours);
    setImmediate(() => listener.stream(ours));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#inside.network.free(this.endpoint);
    for (const stream of [...this.#inbound, ...this.#outbound]) stream.destroy();
  }

  #waitInVain(within: Duration): Promise<never> {
    return new Promise((_, reject) => {
      this.#inside.network.after(within, () => reject(new NetworkError('timeout', 'i/o timeout')));
    });
  }
}

class FakeStream implements Stream {
  readonly peer: Endpoint;
  gone: () => void = () => undefined;
  readonly #deadline: Disposable;
  readonly #heard: Uint8Array[] = [];
  #other: FakeStream | undefined;
  #peerEnded = false;
  #closed = false;
  #failure: NetworkError | undefined;
  #wake: () => void = () => undefined;

  constructor(peer: Endpoint, network: FakeNetwork, within: Duration) {
    this.peer = peer;
    this.#deadline = network.after(within, () =>
      this.#break(new NetworkError('timeout', 'i/o timeout')),
    );
  }

  connect(other: FakeStream): void {
    this.#other = other;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const chunk = this.#heard.shift();
      if (chunk !== undefined) return chunk;
      if (this.#peerEnded) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async write(octets: Uint8Array): Promise<void> {
    await new Promise(setImmediate);
    if (this.#failure !== undefined) throw this.#failure;
    for (let at = 0; at < octets.length; at += 65_536) {
      this.#other?.hear(octets.slice(at, at + 65_536));
    }
  }

  hear(octets: Uint8Array): void {
    if (!this.#closed) this.#heard.push(octets);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#other?.hearEnd();
    if (this.#peerEnded) this.#retire();
  }

  hearEnd(): void {
    this.#peerEnded = true;
    this.#wake();
    if (this.#closed) this.#retire();
  }

  destroy(): void {
    this.#break(CLOSED);
  }

  #break(error: NetworkError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#retire();
    this.#wake();
    this.#other?.hearReset();
  }

  hearReset(): void {
    this.#failure ??= new NetworkError('failed', 'connection reset by peer');
    this.#retire();
    this.#wake();
  }

  #retire(): void {
    this.#deadline[Symbol.dispose]();
    this.gone();
  }
}

function fault(kind: NetworkFault, { address, port }: Endpoint, text: string): NetworkError {
  return new NetworkError(kind, `dial tcp ${address}:${port}: ${text}`);
}
