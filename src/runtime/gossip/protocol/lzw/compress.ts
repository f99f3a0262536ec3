import { CLEAR, END, FIRST_OVERFLOW, FIRST_WIDTH, LAST_CODE } from './codes.ts';

/**
 * LZW as Go's `compress/lzw` writes it with least significant bits first and literals of eight bits: the same octets.
 * memberlist-wire.md §7
 */
export function compress(octets: Uint8Array): Uint8Array {
  const bits = new BitWriter(octets.length + 16);
  bits.write(CLEAR, FIRST_WIDTH);
  const coder = new Coder(bits);
  for (const octet of octets) coder.add(octet);
  coder.end();
  return bits.finish();
}

class Coder {
  readonly #bits: BitWriter;
  /** Code of a prefix and the octet after it, by `prefix << 8 | octet`. */
  readonly #codes = new Map<number, number>();
  #prefix = -1;
  #width = FIRST_WIDTH;
  #overflow = FIRST_OVERFLOW;
  #last = END;

  constructor(bits: BitWriter) {
    this.#bits = bits;
  }

  add(octet: number): void {
    if (this.#prefix === -1) {
      this.#prefix = octet;
      return;
    }
    const key = (this.#prefix << 8) | octet;
    const code = this.#codes.get(key);
    if (code !== undefined) {
      this.#prefix = code;
      return;
    }
    this.#bits.write(this.#prefix, this.#width);
    if (this.#nextCode()) this.#codes.set(key, this.#last);
    this.#prefix = octet;
  }

  end(): void {
    if (this.#prefix !== -1) {
      this.#bits.write(this.#prefix, this.#width);
      this.#nextCode();
    }
    this.#bits.write(END, this.#width);
  }

  /** Makes room for a code; `false` when there is none, and all starts anew. */
  #nextCode(): boolean {
    this.#last += 1;
    if (this.#last === this.#overflow) {
      this.#width += 1;
      this.#overflow *= 2;
    }
    if (this.#last !== LAST_CODE) return true;
    this.#bits.write(CLEAR, this.#width);
    this.#width = FIRST_WIDTH;
    this.#overflow = FIRST_OVERFLOW;
    this.#last = END;
    this.#codes.clear();
    return false;
  }
}

class BitWriter {
  #octets: Uint8Array;
  #length = 0;
  #pending = 0;
  #pendingBits = 0;

  constructor(capacity: number) {
    this.#octets = new Uint8Array(capacity);
  }

  write(code: number, width: number): void {
    this.#pending |= code << this.#pendingBits;
    this.#pendingBits += width;
    while (this.#pendingBits >= 8) {
      this.#push(this.#pending & 0xff);
      this.#pending >>>= 8;
      this.#pendingBits -= 8;
    }
  }

  finish(): Uint8Array {
    if (this.#pendingBits > 0) this.#push(this.#pending & 0xff);
    return this.#octets.subarray(0, this.#length);
  }

  #push(octet: number): void {
    if (this.#length === this.#octets.length) {
      const grown = new Uint8Array(this.#octets.length * 2);
      grown.set(this.#octets);
      this.#octets = grown;
    }
    this.#octets[this.#length] = octet;
    this.#length += 1;
  }
}
