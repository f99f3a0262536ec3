import type {
  Connection,
  ConnectionEvents,
  DialTarget,
  Dialer,
} from '../../../src/runtime/bgp/peering/dialer.ts';
import { decodeMessage, type Malformed } from '../../../src/runtime/bgp/wire/decode.ts';
import { encodeMessage } from '../../../src/runtime/bgp/wire/encode.ts';
import type { Message, Update } from '../../../src/runtime/bgp/wire/message.ts';
import { MessageReader } from '../../../src/runtime/bgp/wire/reader.ts';
import { parseIp } from '../../../src/runtime/net/index.ts';

/** A network of one peer, which does what a test says. */
export class FakeDialer implements Dialer {
  /** All that were dialed, the first first. */
  readonly lines: FakeLine[] = [];

  dial(target: DialTarget, events: ConnectionEvents): Connection {
    const line = new FakeLine(target, events);
    this.lines.push(line);
    return line;
  }

  /** The latest. */
  get line(): FakeLine {
    const line = this.lines.at(-1);
    if (line === undefined) throw new Error('nobody was dialed');
    return line;
  }
}

/** A connection seen from the peer. */
export class FakeLine implements Connection {
  readonly target: DialTarget;
  /** Octets as they came, one entry for each write. */
  readonly written: Uint8Array[] = [];
  isEnded = false;
  isPaused = false;
  /** Whether it takes octets without asking to wait. */
  isWritable = true;
  readonly #events: ConnectionEvents;

  constructor(target: DialTarget, events: ConnectionEvents) {
    this.target = target;
    this.#events = events;
  }

  /** What this end was sent, read with AS numbers of four octets. */
  get received(): readonly (Message | Malformed)[] {
    const { frames } = new MessageReader().read(Buffer.concat(this.written));
    return frames.map((frame) => decodeMessage(frame, { asnOctets: 4, internal: false }));
  }

  accept(local = '192.0.2.1'): void {
    this.#events.connected({ local: parseIp(local)!, remote: parseIp('192.0.2.9')! });
  }

  say(...messages: readonly Exclude<Message, Update>[]): void {
    this.data(Buffer.concat(messages.map(encodeMessage)));
  }

  data(octets: Uint8Array): void {
    this.#events.data(octets);
  }

  drain(): void {
    this.isWritable = true;
    this.#events.drained();
  }

  close(reason: string): void {
    this.#events.closed(reason);
  }

  write(octets: Uint8Array): boolean {
    if (this.isEnded) throw new Error('written after its end');
    this.written.push(octets);
    return this.isWritable;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isEnded = true;
  }
}
