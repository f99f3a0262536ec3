import { MalformedError } from '../../../net/index.ts';
import { Extent } from '../msgpack/extent.ts';
import { MsgpackReader } from '../msgpack/reader.ts';
import { StreamRefused } from './refusal.ts';

/** A reading that pauses wherever octets are missing, and returns once they came. */
export type Reading<Result> = Generator<undefined, Result, undefined>;

/** Octets of a stream, as they come; or of a whole, which has no more to come. */
export class Inflow {
  /** Octets that may come in all. */
  readonly #limit: number;
  #octets: Uint8Array;
  /** What lies before was read, what lies behind `#end` is room. */
  #start = 0;
  #end: number;
  /** Octets that came, those already read included. */
  #total: number;
  readonly #complete: boolean;

  private constructor(octets: Uint8Array, limit: number, complete: boolean) {
    this.#octets = octets;
    this.#end = octets.length;
    this.#total = octets.length;
    this.#limit = limit;
    this.#complete = complete;
  }

  /** @param limit - octets that may come before it is refused */
  static bounded(limit: number): Inflow {
    return new Inflow(new Uint8Array(), limit, false);
  }

  static whole(octets: Uint8Array): Inflow {
    return new Inflow(octets, octets.length, true);
  }

  /** @throws StreamRefused if that is more than the limit */
  append(chunk: Uint8Array): void {
    this.#total += chunk.length;
    if (this.#total > this.#limit) throw new StreamRefused('oversized');
    if (this.#end + chunk.length > this.#octets.length) this.#makeRoom(chunk.length);
    this.#octets.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next octet, which stays. */
  *peek(): Reading<number> {
    yield* this.#await(1);
    return this.#octets[this.#start] ?? 0;
  }

  /** A view of the next octets, good until more come. */
  *take(length: number): Reading<Uint8Array> {
    yield* this.#await(length);
    const start = this.#start;
    this.#start += length;
    return this.#octets.subarray(start, start + length);
  }

  /** Passes over octets without keeping them. */
  *skip(length: number): Reading<void> {
    this.#mustFit(length);
    for (let left = length; left > 0;) {
      if (this.#end === this.#start) yield* this.#await(1);
      const step = Math.min(left, this.#end - this.#start);
      this.#start += step;
      left -= step;
    }
  }

  /** A reader of the next MessagePack value, all of which has come and which is at most `longest` octets. */
  *value(longest: number): Reading<MsgpackReader> {
    const extent = new Extent();
    while (!extent.follow(this.#octets, this.#start, this.#end)) {
      if (extent.length > longest) throw new StreamRefused('oversized');
      yield* this.#await(Math.max(extent.length, this.#end - this.#start + 1));
    }
    if (extent.length > longest) throw new StreamRefused('oversized');
    const value = this.#octets.subarray(this.#start, this.#start + extent.length);
    this.#start += extent.length;
    return new MsgpackReader(value);
  }

  *#await(length: number): Reading<void> {
    this.#mustFit(length);
    while (this.#end - this.#start < length) {
      if (this.#complete) throw new MalformedError('gossip stream: it ends early');
      yield;
    }
  }

  /** Nothing is waited for, and kept, that would be refused when it came. */
  #mustFit(length: number): void {
    const left = this.#limit - this.#total + this.#end - this.#start;
    if (!this.#complete && length > left) throw new StreamRefused('oversized');
  }

  #makeRoom(length: number): void {
    const kept = this.#octets.subarray(this.#start, this.#end);
    const wanted = kept.length + length;
    // Twice as much as is needed, so that many small chunks are not copied again and again.
    const room = wanted * 2 > this.#octets.length ? new Uint8Array(wanted * 2) : this.#octets;
    room.set(kept);
    this.#octets = room;
    this.#start = 0;
    this.#end = kept.length;
  }
}
