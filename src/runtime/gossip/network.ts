import type { Duration } from '../platform/ports.ts';
import type { Endpoint } from './protocol/message.ts';

/** Why the network did not do what it was asked. `refused`: the host answers, and nobody listens there. */
export type NetworkFault = 'refused' | 'timeout' | 'failed';

/** A failed dial, a broken or late stream, a datagram that could not be sent, an address that cannot be had. */
export class NetworkError extends Error {
  override readonly name: string = 'NetworkError';
  readonly fault: NetworkFault;

  constructor(fault: NetworkFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

/** One TCP connection. When its time is over it breaks, whatever it is doing. */
export interface Stream {
  readonly peer: Endpoint;
  /**
   * The next octets: at least one, at most 64 KiB; `undefined` once the peer has ended. One read at a time.
   *
   * @throws {@link NetworkError}
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Resolves once the octets have left this process.
   *
   * @throws {@link NetworkError}
   */
  write(octets: Uint8Array): Promise<void>;
  /** Sends what is written, then the end. What the peer still says is thrown away. */
  close(): void;
  /** Ends it at once. */
  destroy(): void;
}

/** What happens at a bound address. Nothing here may throw. */
export interface Listener {
  /** The octets are the listener's own. */
  datagram(octets: Uint8Array, from: Endpoint): void;
  /** A connection from outside; whoever hears it closes it. */
  stream(stream: Stream): void;
  /** A connection beyond those that are served at once; it is closed already. */
  turnedAway(): void;
  /** The socket said something went wrong; it goes on. */
  trouble(error: NetworkError): void;
}

/** One address and port, taken for UDP and TCP. memberlist-wire.md §2 */
export interface Binding {
  readonly endpoint: Endpoint;
  /**
   * Sends from the bound address and port. Never waits: beyond a bounded number of datagrams that the kernel has
   * not taken yet, the new one is a failure.
   */
  send(octets: Uint8Array, to: Endpoint, failed: (error: NetworkError) => void): void;
  /**
   * @param within - for the dial, and for all that follows on the connection
   * @throws {@link NetworkError}
   */
  dial(to: Endpoint, within: Duration): Promise<Stream>;
  /** Ends all streams. Resolves once the address is free. */
  close(): Promise<void>;
}

export interface BindOptions {
  /** How long a connection from outside lasts at most. */
  readonly streamLimit: Duration;
  /** Connections from outside served side by side. memberlist-wire.md §17 */
  readonly maxStreams: number;
}

/** UDP and TCP of this machine, or of a test. */
export interface Transport {
  /**
   * @param at - port 0: any that is free
   * @throws {@link NetworkError} if the address cannot be had
   */
  bind(at: Endpoint, listener: Listener, options: BindOptions): Promise<Binding>;
}
