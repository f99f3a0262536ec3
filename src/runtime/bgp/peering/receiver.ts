import { type Clock, millis } from '../../platform/ports.ts';
import type { SessionEvent } from '../fsm/fsm.ts';
import { decodeMessage } from '../wire/decode.ts';
import type { Dialect } from '../wire/message.ts';
import { type MessageName, typesOf } from '../wire/header.ts';
import { MessageReader } from '../wire/reader.ts';
import type { Connection } from './dialer.ts';

/** Octets that are looked at before the other sessions have their turn. */
const TURN = 16 * 1024;

/**
 * Turns what arrives on one connection into events, some octets at a time: a peer that sends without end does not keep the others
 * waiting, nor does it fill the memory, for meanwhile nothing is read.
 */
export class Receiver implements Disposable {
  /** How UPDATE messages are read; that of both OPENs once they are exchanged. */
  dialect: Dialect;

  readonly #connection: Pick<Connection, 'pause' | 'resume'>;
  readonly #clock: Clock;
  readonly #emit: (event: SessionEvent) => void;
  readonly #received: (type: MessageName) => void;
  readonly #reader = new MessageReader();
  #waiting: Uint8Array[] = [];
  #next: Disposable | undefined;
  /** Why the connection ended, while there is something to be read yet. */
  #end: string | undefined;
  #paused = false;
  #disposed = false;

  constructor(
    connection: Pick<Connection, 'pause' | 'resume'>,
    clock: Clock,
    dialect: Dialect,
    heard: {
      readonly emit: (event: SessionEvent) => void;
      readonly received: (type: MessageName) => void;
    },
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.dialect = dialect;
    this.#emit = heard.emit;
    this.#received = heard.received;
  }

  data(chunk: Uint8Array): void {
    if (this.#disposed) return;
    this.#waiting.push(chunk);
    if (this.#next === undefined) this.#turn();
  }

  /** Nothing follows. A NOTIFICATION that came before counts more than the end of the connection. */
  closed(reason: string): void {
    if (this.#disposed) return;
    this.#end = reason;
    if (this.#next === undefined) this.#turn();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#waiting = [];
    this.#next?.[Symbol.dispose]();
  }

  #turn(): void {
    this.#next = undefined;
    let budget = TURN;
    for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
      this.#take(chunk.subarray(0, budget));
      if (this.#disposed) return;
      if (chunk.length > budget) this.#waiting.unshift(chunk.subarray(budget));
      budget -= Math.min(budget, chunk.length);
      if (budget === 0) {
        this.#yield();
        return;
      }
    }
    if (this.#end !== undefined) this.#emit({ type: 'disconnected', reason: this.#end });
    else if (this.#paused) this.#resume();
  }

  #resume(): void {
    this.#paused = false;
    this.#connection.resume();
  }

  #yield(): void {
    if (!this.#paused) this.#connection.pause();
    this.#paused = true;
    this.#next = this.#clock.after(millis(0), () => this.#turn());
  }

  #take(octets: Uint8Array): void {
    const { frames, error } = this.#reader.read(octets);
    for (const frame of frames) {
      for (const type of typesOf(frame)) this.#received(type);
      const message = decodeMessage(frame, this.dialect);
      this.#emit(message.type === 'malformed' ? message : { type: 'message', message });
      if (this.#disposed) return;
    }
    if (error !== undefined) this.#emit({ type: 'malformed', error });
  }
}
