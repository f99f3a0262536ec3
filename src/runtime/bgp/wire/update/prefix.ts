import { type Family, type Prefix, ipFromBytes, widthOf } from '../../../net/index.ts';

/**
 * Prefixes as they stand on the wire: a length in bits, and as many octets as hold them. RFC 4271 §4.3, RFC 4760 §5
 *
 * @returns `undefined`: one is longer than an address of the family, or than what is left of the field. RFC 7606 §5.3
 */
export function readPrefixes(octets: Uint8Array, family: Family): Prefix[] | undefined {
  const prefixes: Prefix[] = [];
  for (let offset = 0; offset < octets.length;) {
    const length = octets[offset] ?? 0;
    const end = offset + 1 + octetsOf(length);
    if (length > widthOf(family) || end > octets.length) return undefined;
    prefixes.push(new ReceivedPrefix(family, length, octets.subarray(offset + 1, end)));
    offset = end;
  }
  return prefixes;
}

/** Octets of the prefix on the wire, its length's included. */
export function sizeOf({ length }: Prefix): number {
  return 1 + octetsOf(length);
}

/** Writes the prefix; `target` is to have {@link sizeOf} octets left from `offset`. */
export function writePrefix(prefix: Prefix, target: DataView, offset: number): void {
  const { first, family, length } = prefix;
  target.setUint8(offset, length);
  let rest = first >> BigInt(widthOf(family) - octetsOf(length) * 8);
  for (let position = offset + octetsOf(length); position > offset; position -= 1) {
    target.setUint8(position, Number(rest & 0xffn));
    rest >>= 8n;
  }
}

function octetsOf(length: number): number {
  return Math.ceil(length / 8);
}

/**
 * A prefix of a peer. Nobody keeps these, and a peer may send a whole table of them, so text and numbers are made only for
 * who asks. Bits beyond the length are cleared: they may be anything. RFC 4271 §4.3
 */
class ReceivedPrefix implements Prefix {
  readonly family: Family;
  readonly length: number;
  readonly #octets: Uint8Array;

  constructor(family: Family, length: number, octets: Uint8Array) {
    this.family = family;
    this.length = length;
    this.#octets = octets.slice();
    const beyond = octets.length * 8 - length;
    const final = octets.length - 1;
    if (beyond > 0) this.#octets[final] = (octets[final] ?? 0) & (0xff << beyond);
  }

  get text(): string {
    const address = new Uint8Array(widthOf(this.family) / 8);
    address.set(this.#octets);
    return `${ipFromBytes(address)}/${this.length}`;
  }

  get first(): bigint {
    let bits = 0n;
    for (const octet of this.#octets) bits = (bits << 8n) | BigInt(octet);
    return bits << BigInt(widthOf(this.family) - this.#octets.length * 8);
  }

  get last(): bigint {
    return this.first | ((1n << BigInt(widthOf(this.family) - this.length)) - 1n);
  }
}
