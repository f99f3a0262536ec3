import { MalformedError } from '../../../net/index.ts';

/** What follows a value's first octet. */
interface Form {
  /** Octets of the length that follows, or 0. */
  readonly lengthWidth: number;
  /** Octets of content besides those that the length counts. */
  readonly fixed: number;
  /** Values inside for each one that the length counts. */
  readonly perLength: number;
  /** Values inside, whatever the length. */
  readonly inside: number;
}

const plain = (fixed: number): Form => ({ lengthWidth: 0, fixed, perLength: 0, inside: 0 });
const sized = (lengthWidth: number, fixed = 0): Form => ({
  lengthWidth,
  fixed,
  perLength: 0,
  inside: 0,
});
const nested = (lengthWidth: number, perLength: number): Form => ({
  lengthWidth,
  fixed: 0,
  perLength,
  inside: 0,
});

/** From 0xc0 to 0xdf; 0xc1 is never used. */
const FORMS: readonly (Form | undefined)[] = [
  ...[plain(0), undefined, plain(0), plain(0)], // nil, -, false, true
  ...[sized(1), sized(2), sized(4)], // bin
  ...[sized(1, 1), sized(2, 1), sized(4, 1)], // ext
  ...[plain(4), plain(8)], // float
  ...[plain(1), plain(2), plain(4), plain(8)], // uint
  ...[plain(1), plain(2), plain(4), plain(8)], // int
  ...[plain(2), plain(3), plain(5), plain(9), plain(17)], // fixext
  ...[sized(1), sized(2), sized(4)], // str8, raw16, raw32
  ...[nested(2, 1), nested(4, 1)], // array
  ...[nested(2, 2), nested(4, 2)], // map
];

const BY_FIRST_OCTET: readonly (Form | undefined)[] = Array.from({ length: 256 }, (_, first) => {
  if (first < 0x80 || first >= 0xe0) return plain(0);
  if (first < 0x90) return { ...plain(0), inside: (first & 0x0f) * 2 };
  if (first < 0xa0) return { ...plain(0), inside: first & 0x0f };
  if (first < 0xc0) return plain(first & 0x1f);
  return FORMS[first - 0xc0];
});

/**
 * Finds where a value ends, in octets that may still be arriving. Each octet is looked at once however they are cut, and
 * nesting of any depth costs a counter, not a stack.
 */
export class Extent {
  #missing = 1;
  #length = 0;

  /** Octets that the value takes as far as is known; the content of text counts once its length is read. */
  get length(): number {
    return this.#length;
  }

  /**
   * Goes on where it stopped. `octets[start]` is the value's first; `end` is where the arrived ones end.
   *
   * @returns whether all of the value is there
   * @throws MalformedError if the octets are no MessagePack
   */
  follow(octets: Uint8Array, start: number, end: number): boolean {
    while (this.#missing > 0) {
      const at = start + this.#length;
      if (at >= end) return false;
      const form = BY_FIRST_OCTET[octets[at] ?? 0xc1];
      if (form === undefined) throw new MalformedError('MessagePack: octet 0xc1 begins no value');
      if (at + 1 + form.lengthWidth > end) return false;
      let counted = 0;
      for (let index = 1; index <= form.lengthWidth; index += 1) {
        counted = counted * 256 + (octets[at + index] ?? 0);
      }
      this.#missing += form.inside + counted * form.perLength - 1;
      this.#length += 1 + form.lengthWidth + form.fixed + (form.perLength === 0 ? counted : 0);
    }
    return start + this.#length <= end;
  }
}
