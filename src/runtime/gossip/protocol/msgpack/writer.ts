const FIRST_CAPACITY = 128;
const encoder = new TextEncoder();

/**
 * Writes MessagePack as it was before 2013, which is what the ring speaks: text and octets alike are "raw", whose forms
 * are fixraw, raw16 and raw32 only. Integers take their smallest unsigned form. memberlist-wire.md §4
 */
export class MsgpackWriter {
  #octets: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  /** Adds an octet as it is. */
  octet(value: number): this {
    const start = this.#advance(1);
    this.#octets[start] = value;
    return this;
  }

  /** Adds octets as they are. */
  plain(octets: Uint8Array): this {
    const start = this.#advance(octets.length);
    this.#octets.set(octets, start);
    return this;
  }

  nil(): this {
    return this.octet(0xc0);
  }

  boolean(value: boolean): this {
    return this.octet(value ? 0xc3 : 0xc2);
  }

  /** @param value - an integer, at least 0 and below 2^32. */
  uint(value: number): this {
    if (value < 0x80) return this.octet(value);
    if (value <= 0xff) return this.octet(0xcc).octet(value);
    if (value <= 0xffff) return this.octet(0xcd).#u16(value);
    return this.octet(0xce).#u32(value);
  }

  raw(octets: Uint8Array): this {
    return this.#rawHeader(octets.length).plain(octets);
  }

  text(value: string): this {
    const length = Buffer.byteLength(value);
    this.#rawHeader(length);
    const start = this.#advance(length);
    if (length !== value.length) encoder.encodeInto(value, this.#octets.subarray(start));
    else for (let at = 0; at < length; at += 1) this.#octets[start + at] = value.charCodeAt(at);
    return this;
  }

  /** @param size - entries, at most 15: no message has more. */
  map(size: number): this {
    return this.octet(0x80 | size);
  }

  /** The octets written so far. The writer is of no further use. */
  finish(): Uint8Array {
    return this.#octets.subarray(0, this.#length);
  }

  #rawHeader(length: number): this {
    if (length < 32) return this.octet(0xa0 | length);
    if (length <= 0xffff) return this.octet(0xda).#u16(length);
    return this.octet(0xdb).#u32(length);
  }

  #u16(value: number): this {
    return this.octet(value >>> 8).octet(value & 0xff);
  }

  #u32(value: number): this {
    return this.#u16(value >>> 16).#u16(value & 0xffff);
  }

  #advance(length: number): number {
    const start = this.#length;
    this.#length += length;
    if (this.#length > this.#octets.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#octets.length * 2));
      grown.set(this.#octets.subarray(0, start));
      this.#octets = grown;
    }
    return start;
  }
}
