import { HEADER_LENGTH, MAX_LENGTH, checkHeader } from './header.ts';
import type { WireError } from './message.ts';

/** What some octets of the stream completed. */
export interface ReadFrames {
  /** Whole messages with their headers, in order; valid until the next octets are given. */
  readonly frames: readonly Uint8Array[];
  /** A header that no message can have, after those frames. Nothing more is read then. */
  readonly error: WireError | undefined;
}

/**
 * Cuts the octets of a TCP connection into messages, wherever they were split. Keeps no more than one message of 4096
 * octets; a header is judged as soon as it is there, before what it announces. RFC 4271 §4.1, §6.1
 */
export class MessageReader {
  /** The beginning of a message whose end has not come. */
  readonly #partial = new Uint8Array(MAX_LENGTH);
  #filled = 0;
  #failed = false;

  read(chunk: Uint8Array): ReadFrames {
    const frames: Uint8Array[] = [];
    let rest = this.#failed ? chunk.subarray(chunk.length) : chunk;
    while (rest.length > 0) {
      const pending = this.#filled > 0 || rest.length < HEADER_LENGTH;
      const step = pending ? this.#complete(rest) : cut(rest);
      if ('error' in step) {
        this.#failed = true;
        return { frames, error: step.error };
      }
      if (step.frame !== undefined) frames.push(step.frame);
      else if (!pending) this.#fill(rest, rest.length);
      rest = rest.subarray(step.taken);
    }
    return { frames, error: undefined };
  }

  /** Takes what the message begun before lacks: first of its header, then of what that announces. */
  #complete(rest: Uint8Array): Step {
    let taken = this.#fill(rest, HEADER_LENGTH - this.#filled);
    if (this.#filled < HEADER_LENGTH) return { frame: undefined, taken };
    const length = checkHeader(this.#partial);
    if (typeof length !== 'number') return { error: length };
    taken += this.#fill(rest.subarray(taken), length - this.#filled);
    if (this.#filled < length) return { frame: undefined, taken };
    this.#filled = 0;
    return { frame: this.#partial.slice(0, length), taken };
  }

  #fill(rest: Uint8Array, wanted: number): number {
    const taken = Math.max(0, Math.min(wanted, rest.length));
    this.#partial.set(rest.subarray(0, taken), this.#filled);
    this.#filled += taken;
    return taken;
  }
}

type Step =
  | { readonly frame: Uint8Array | undefined; readonly taken: number }
  | { readonly error: WireError };

/** The message that `rest` begins with, in place; without a frame, all of `rest` is its beginning. */
function cut(rest: Uint8Array): Step {
  const length = checkHeader(rest);
  if (typeof length !== 'number') return { error: length };
  if (length > rest.length) return { frame: undefined, taken: rest.length };
  return { frame: rest.subarray(0, length), taken: length };
}
