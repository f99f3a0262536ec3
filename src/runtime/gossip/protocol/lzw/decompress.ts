import { CLEAR, END, FIRST_OVERFLOW, FIRST_WIDTH, LAST_CODE, LAST_WIDTH } from './codes.ts';

const NONE = -1;
const FIRST_CAPACITY = 512;

/**
 * Undoes `compress`. `corrupt`: the octets are no LZW, or end early. `oversized`: it would come to more than `limit`
 * octets, which are never allocated. memberlist-wire.md §7
 */
export function decompress(
  octets: Uint8Array,
  limit: number,
): Uint8Array | 'corrupt' | 'oversized' {
  return new Decoder(octets, limit).run();
}

class Decoder {
  readonly #octets: Uint8Array;
  readonly #limit: number;
  #offset = 0;
  #pending = 0;
  #pendingBits = 0;

  readonly #prefixes = new Uint16Array(LAST_CODE + 1);
  readonly #suffixes = new Uint8Array(LAST_CODE + 1);
  /** Octets that a code stands for. */
  readonly #lengths = new Uint16Array(LAST_CODE + 1).fill(1, 0, CLEAR);
  #width = FIRST_WIDTH;
  #overflow = FIRST_OVERFLOW;
  #high = END;
  #last = NONE;

  #output: Uint8Array;
  #written = 0;

  constructor(octets: Uint8Array, limit: number) {
    this.#octets = octets;
    this.#limit = limit;
    this.#output = new Uint8Array(Math.min(limit, Math.max(FIRST_CAPACITY, octets.length * 2)));
  }

  run(): Uint8Array | 'corrupt' | 'oversized' {
    for (;;) {
      const code = this.#readCode();
      if (code === END) return this.#output.subarray(0, this.#written);
      if (code === CLEAR) {
        this.#reset();
      } else {
        const fault = this.#expand(code);
        if (fault !== undefined) return fault;
      }
    }
  }

  /** A code that was never defined where the octets end early. */
  #readCode(): number {
    while (this.#pendingBits < this.#width) {
      const octet = this.#octets[this.#offset];
      if (octet === undefined) return LAST_CODE + 1;
      this.#offset += 1;
      this.#pending |= octet << this.#pendingBits;
      this.#pendingBits += 8;
    }
    const code = this.#pending & ((1 << this.#width) - 1);
    this.#pending >>>= this.#width;
    this.#pendingBits -= this.#width;
    return code;
  }

  #reset(): void {
    this.#width = FIRST_WIDTH;
    this.#overflow = FIRST_OVERFLOW;
    this.#high = END;
    this.#last = NONE;
  }

  #expand(code: number): 'corrupt' | 'oversized' | undefined {
    if (code > this.#high) return 'corrupt';
    // A code that is being defined right now is the one before it and, once more, that one's first octet.
    const self = code === this.#high && this.#last !== NONE;
    const chain = self ? this.#last : code;
    const length = (this.#lengths[chain] ?? 0) + (self ? 1 : 0);
    if (!this.#reserve(length)) return 'oversized';
    const first = this.#writeChain(chain);
    if (self) this.#output[this.#written + length - 1] = first;
    this.#written += length;
    this.#define(code, first);
    return undefined;
  }

  /** Writes what a code stands for, from its last octet back to its first, which is returned. */
  #writeChain(chain: number): number {
    let at = this.#written + (this.#lengths[chain] ?? 0) - 1;
    let code = chain;
    while (code >= CLEAR) {
      this.#output[at] = this.#suffixes[code] ?? 0;
      at -= 1;
      code = this.#prefixes[code] ?? 0;
    }
    this.#output[at] = code;
    return code;
  }

  #define(code: number, first: number): void {
    if (this.#last !== NONE) {
      this.#prefixes[this.#high] = this.#last;
      this.#suffixes[this.#high] = first;
      this.#lengths[this.#high] = (this.#lengths[this.#last] ?? 0) + 1;
    }
    this.#last = code;
    this.#high += 1;
    if (this.#high < this.#overflow) return;
    if (this.#width === LAST_WIDTH) {
      this.#last = NONE;
      this.#high -= 1;
    } else {
      this.#width += 1;
      this.#overflow = 1 << this.#width;
    }
  }

  #reserve(length: number): boolean {
    const wanted = this.#written + length;
    if (wanted > this.#limit) return false;
    if (wanted > this.#output.length) {
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(wanted, wanted * 2)));
      grown.set(this.#output.subarray(0, this.#written));
      this.#output = grown;
    }
    return true;
  }
}
