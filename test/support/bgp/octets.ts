/** Octets as they are typed from a specification: hexadecimal, spaces where they help. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

/** Octets as a test prints them. */
export function toHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

/** A length and then what is so long: `size` octets for the former. */
function counted(size: 1 | 2, octets: Uint8Array): Uint8Array {
  const length = size === 1 ? [octets.length] : [octets.length >> 8, octets.length & 0xff];
  return Uint8Array.of(...length, ...octets);
}

/** A message with a right header. RFC 4271 §4.1 */
export function bgpMessage(type: number, body: Uint8Array): Uint8Array {
  const length = 19 + body.length;
  return Uint8Array.of(...hex('ff'.repeat(16)), length >> 8, length & 0xff, type, ...body);
}

/** What an OPEN says; in hexadecimal. RFC 4271 §4.2 */
export interface OpenFields {
  readonly version?: string;
  readonly asn?: string;
  readonly holdTime?: string;
  readonly identifier?: string;
  /** From the octet that tells their length. */
  readonly parameters?: string;
}

export function openMessage({
  version = '04',
  asn = 'fc01',
  holdTime = '005a',
  identifier = 'c0000201',
  parameters = '00',
}: OpenFields = {}): Uint8Array {
  return bgpMessage(1, hex(version + asn + holdTime + identifier + parameters));
}

/** What an UPDATE says; in hexadecimal. RFC 4271 §4.3 */
export interface UpdateFields {
  readonly withdrawn?: string;
  readonly attributes?: string;
  readonly nlri?: string;
}

export function updateMessage({
  withdrawn = '',
  attributes = '',
  nlri = '',
}: UpdateFields): Uint8Array {
  const head = Uint8Array.of(...counted(2, hex(withdrawn)), ...counted(2, hex(attributes)));
  return bgpMessage(2, Uint8Array.of(...head, ...hex(nlri)));
}
