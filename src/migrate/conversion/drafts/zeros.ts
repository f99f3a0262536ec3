import { parseIp } from '../../../runtime/net/index.ts';

/** Whether an IPv4 address in the text has an octet with zeros in front, which Go reads no more since 1.17. legacy.md §1.3 */
export function hasZerosInFront(text: string): boolean {
  return text.includes('.') && /(?:^|[.:\s-])0\d/.test(text);
}

/** An address that every reader reads: as written, or in canonical form where it has such zeros. */
export function withoutZeros(text: string): string {
  return hasZerosInFront(text) ? (parseIp(text) ?? text) : text;
}
