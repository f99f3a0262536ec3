import { type IpAddress, MalformedError, ipFromBytes, ipToBytes } from '../../net/index.ts';
import type { ProbeSource } from './message.ts';

/** Whether these are the octets of an address. */
export function isAddress(octets: Uint8Array): boolean {
  return octets.length === 4 || octets.length === 16;
}

/** @throws MalformedError if the octets are no address */
export function toAddress(octets: Uint8Array): IpAddress {
  if (!isAddress(octets)) throw new MalformedError(`gossip: address of ${octets.length} octets`);
  return ipFromBytes(octets);
}

/** How a probe says who sent it. memberlist-wire.md §15 */
export interface SourceFields {
  readonly SourceAddr: Uint8Array;
  readonly SourceNode: string;
  readonly SourcePort: number;
}

/** Nothing without an address and a port: the answer goes to where the datagram came from. */
export function toSource(fields: SourceFields): { source?: ProbeSource } {
  const { SourceAddr, SourceNode, SourcePort } = fields;
  if (!isAddress(SourceAddr) || SourcePort === 0) return {};
  return { source: { address: ipFromBytes(SourceAddr), port: SourcePort, node: SourceNode } };
}

export function fromSource(source: ProbeSource | undefined): SourceFields {
  return {
    SourceAddr: source === undefined ? new Uint8Array() : ipToBytes(source.address),
    SourceNode: source?.node ?? '',
    SourcePort: source?.port ?? 0,
  };
}
