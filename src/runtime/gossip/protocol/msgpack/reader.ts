import { MalformedError } from '../../../net/index.ts';
import { Extent } from './extent.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads MessagePack of any age: raw, str and bin are one, and integers may have any width. Nothing is allocated by a
 * claimed length: what is read must be there. memberlist-wire.md §4
 */
export class MsgpackReader {
  readonly #octets: Buffer;
  #offset: number;

  /** @param offset - where the first value begins. */
  constructor(octets: Uint8Array, offset = 0) {
    this.#octets = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    this.#offset = offset;
  }

  /** Consumes a nil, if the next value is one. */
  nil(): boolean {
    if (this.#octets[this.#offset] !== 0xc0) return false;
    this.#offset += 1;
    return true;
  }

  boolean(): boolean {
    const first = this.#u8();
    if (first !== 0xc2 && first !== 0xc3) throw wrong(first, 'a boolean');
    return first === 0xc3;
  }

  /** An integer of any width, at least 0 and at most `greatest`, itself below 2^48. */
  uint(greatest: number): number {
    const first = this.#u8();
    const value = first < 0x80 ? first : this.#wideUint(first);
    if (value < 0 || value > greatest) {
      throw new MalformedError(`MessagePack: integer ${value} where at most ${greatest} may be`);
    }
    return value;
  }

  /**
   * A view of the next text's or octets' content: copy what is to outlive the receive buffer.
   *
   * @throws MalformedError if it is longer than `longest` octets
   */
  raw(longest: number): Uint8Array {
    const length = this.#rawLength(longest);
    const start = this.#advance(length);
    return this.#octets.subarray(start, start + length);
  }

  /** @throws MalformedError if it is longer than `longest` octets, or no UTF-8 */
  text(longest: number): string {
    const length = this.#rawLength(longest);
    const start = this.#advance(length);
    for (let at = start; at < start + length; at += 1) {
      if ((this.#octets[at] ?? 0) >= 0x80) return decodeUtf8(this.#octets, start, start + length);
    }
    return this.#octets.toString('latin1', start, start + length);
  }

  /** Whether the next value is text or octets, which a key of a message is. */
  isRaw(): boolean {
    const first = this.#octets[this.#offset] ?? 0;
    return (first >= 0xa0 && first < 0xc0) || (first >= 0xc4 && first <= 0xc6) || isLongText(first);
  }

  /** The number of entries of a map, each of which takes two octets at least. */
  map(): number {
    const first = this.#u8();
    const size = first >> 4 === 0x8 ? first & 0x0f : this.#wideMap(first);
    if (size * 2 > this.#octets.length - this.#offset) {
      throw new MalformedError(`MessagePack: a map of ${size} entries runs past the end`);
    }
    return size;
  }

  /** Passes over one value of any type. */
  skip(): void {
    const extent = new Extent();
    if (!extent.follow(this.#octets, this.#offset, this.#octets.length)) throw pastTheEnd();
    this.#offset += extent.length;
  }

  #wideUint(first: number): number {
    switch (first) {
      case 0xcc:
        return this.#u8();
      case 0xcd:
        return this.#octets.readUInt16BE(this.#advance(2));
      case 0xce:
        return this.#octets.readUInt32BE(this.#advance(4));
      case 0xcf:
        return this.#octets.readUInt32BE(this.#advance(4)) * 2 ** 32 + this.#lowWord();
      case 0xd0:
        return this.#octets.readInt8(this.#advance(1));
      case 0xd1:
        return this.#octets.readInt16BE(this.#advance(2));
      case 0xd2:
        return this.#octets.readInt32BE(this.#advance(4));
      case 0xd3:
        return this.#octets.readInt32BE(this.#advance(4)) * 2 ** 32 + this.#lowWord();
      default:
        throw wrong(first, 'an unsigned integer');
    }
  }

  #lowWord(): number {
    return this.#octets.readUInt32BE(this.#advance(4));
  }

  #rawLength(longest: number): number {
    const first = this.#u8();
    const length = this.#claimedLength(first);
    if (length > longest) {
      throw new MalformedError(`MessagePack: ${length} octets where at most ${longest} may be`);
    }
    return length;
  }

  #claimedLength(first: number): number {
    if (first >= 0xa0 && first < 0xc0) return first & 0x1f;
    if (first === 0xd9 || first === 0xc4) return this.#u8();
    if (first === 0xda || first === 0xc5) return this.#octets.readUInt16BE(this.#advance(2));
    if (first === 0xdb || first === 0xc6) return this.#octets.readUInt32BE(this.#advance(4));
    throw wrong(first, 'text or octets');
  }

  #wideMap(first: number): number {
    if (first === 0xde) return this.#octets.readUInt16BE(this.#advance(2));
    if (first === 0xdf) return this.#octets.readUInt32BE(this.#advance(4));
    throw wrong(first, 'a map');
  }

  #u8(): number {
    return this.#octets[this.#advance(1)] ?? 0;
  }

  #advance(length: number): number {
    const start = this.#offset;
    if (length > this.#octets.length - start) throw pastTheEnd();
    this.#offset = start + length;
    return start;
  }
}

function isLongText(first: number): boolean {
  return first >= 0xd9 && first <= 0xdb;
}

function decodeUtf8(octets: Uint8Array, start: number, end: number): string {
  try {
    return utf8.decode(octets.subarray(start, end));
  } catch (error) {
    if (error instanceof TypeError) throw new MalformedError('MessagePack: text is not UTF-8');
    throw error;
  }
}

function pastTheEnd(): MalformedError {
  return new MalformedError('MessagePack: a value runs past the end');
}

function wrong(first: number, wanted: string): MalformedError {
  return new MalformedError(`MessagePack: 0x${first.toString(16)} begins no value like ${wanted}`);
}
