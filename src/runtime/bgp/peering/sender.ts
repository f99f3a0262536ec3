import type { SessionEvent } from '../fsm/fsm.ts';
import { type MessageName, typesOf } from '../wire/header.ts';
import type { Connection } from './dialer.ts';
import type { Outlet } from './outlet.ts';
import type { Turns } from './turns.ts';

/** Octets that are asked for at once; with those that a connection takes before it says to wait, all that is ever queued. */
const PORTION = 16 * 1024;
/** Octets that are sent before the other sessions have their turn. */
const TURN = 64 * 1024;
/** The longest message, which has to fit into what is asked for. RFC 4271 §4.1 */
const LONGEST_MESSAGE = 4096;

/** Sends on one connection, no faster than the peer takes it. */
export class Sender implements Disposable {
  readonly #connection: Pick<Connection, 'write'>;
  readonly #turns: Turns;
  readonly #emit: (event: SessionEvent) => void;
  readonly #sent: (type: MessageName) => void;
  #writable = true;
  #disposed = false;
  #source: Pick<Outlet, 'next'> | undefined;
  #next: Disposable | undefined;

  /** @param sent - told of every message that the connection was given */
  constructor(
    connection: Pick<Connection, 'write'>,
    turns: Turns,
    emit: (event: SessionEvent) => void,
    sent: (type: MessageName) => void,
  ) {
    this.#connection = connection;
    this.#turns = turns;
    this.#emit = emit;
    this.#sent = sent;
  }

  /** Sends what the session itself has to say. */
  send(message: Uint8Array): void {
    this.#write(message);
  }

  /** As {@link send}, unless the peer takes nothing: what waits for it says that this end lives, and would only pile up. */
  sendIfWritable(message: Uint8Array): void {
    if (this.#writable) this.#write(message);
  }

  /** Sends what the outlet has, from now on. */
  open(outlet: Pick<Outlet, 'next'>): void {
    this.#source = outlet;
    this.pull();
  }

  /** The outlet has something to send; it is asked when it is its turn. */
  pull(): void {
    if (this.#source === undefined || !this.#writable) return;
    this.#next ??= this.#turns.ask(() => this.#turn());
  }

  drained(): void {
    if (this.#disposed || this.#writable) return;
    this.#writable = true;
    this.#emit({ type: 'writable', writable: true });
    this.pull();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#source = undefined;
    this.#next?.[Symbol.dispose]();
    this.#next = undefined;
  }

  #turn(): void {
    this.#next = undefined;
    for (let room = TURN; room >= LONGEST_MESSAGE;) {
      const source = this.#source;
      if (source === undefined || !this.#writable) return;
      const octets = source.next(Math.min(room, PORTION));
      if (octets === undefined) return;
      room -= octets.length;
      this.#write(octets);
    }
    this.pull();
  }

  /** A connection that has ended takes nothing, though what it brought may not all be read yet. */
  #write(octets: Uint8Array): void {
    if (this.#disposed) return;
    const goesOn = this.#connection.write(octets);
    for (const type of typesOf(octets)) this.#sent(type);
    if (goesOn || !this.#writable) return;
    this.#writable = false;
    this.#emit({ type: 'writable', writable: false });
  }
}
