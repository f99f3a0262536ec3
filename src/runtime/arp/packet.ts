import {
  ByteReader,
  ByteWriter,
  type IpAddress,
  type MacAddress,
  MalformedError,
  ipFromBytes,
  ipToBytes,
  macFromBytes,
  macToBytes,
} from '../net/index.ts';

/** ar$op. */
export const Operation = { Request: 1, Reply: 2 } as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

/** A hardware address and the protocol address it answers for. */
export interface Binding {
  readonly mac: MacAddress;
  readonly ip: IpAddress;
}

/** ARP for IPv4 over Ethernet: the 28 octets that follow the Ethernet header. RFC 826. */
export interface ArpPacket {
  readonly operation: Operation;
  readonly sender: Binding;
  readonly target: Binding;
}

/** Octets of a packet. */
export const PACKET_LENGTH = 28;

/** ar$hrd, ar$pro, ar$hln and ar$pln of the one combination in use. */
export const IPV4_OVER_ETHERNET: Uint8Array = Uint8Array.of(0, 1, 8, 0, 6, 4);

export function encodeArp({ operation, sender, target }: ArpPacket): Uint8Array {
  return new ByteWriter(PACKET_LENGTH)
    .bytes(IPV4_OVER_ETHERNET)
    .u16(operation)
    .bytes(macToBytes(sender.mac))
    .bytes(ipToBytes(sender.ip))
    .bytes(macToBytes(target.mac))
    .bytes(ipToBytes(target.ip))
    .finish();
}

/** Octets beyond the 28th are ignored: Ethernet pads short frames. */
export function decodeArp(payload: Uint8Array): ArpPacket {
  const reader = new ByteReader(payload, 'ARP packet');
  reader.expect(IPV4_OVER_ETHERNET, 'IPv4 over Ethernet');
  const operation = reader.u16();
  if (operation !== Operation.Request && operation !== Operation.Reply) {
    throw new MalformedError(`ARP packet: operation ${operation} is neither request nor reply`);
  }
  return { operation, sender: readBinding(reader), target: readBinding(reader) };
}

function readBinding(reader: ByteReader): Binding {
  return { mac: macFromBytes(reader.bytes(6)), ip: ipFromBytes(reader.bytes(4)) };
}
