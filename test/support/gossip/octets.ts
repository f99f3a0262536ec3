/** Octets of hexadecimal text; spaces are for reading only. */
export function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

export function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
