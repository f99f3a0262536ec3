import {
  BROADCAST,
  type IpAddress,
  type MacAddress,
  UNSPECIFIED,
  encodeFrame,
} from '../net/index.ts';
import { type ArpPacket, Operation, encodeArp } from './packet.ts';
import { ETHERTYPE_ARP, MINIMUM_FRAME } from './responder.ts';

/**
 * The two frames that tell a link where an address is now: gratuitous ARP as request and as reply,
 * because some hosts learn from the one form only. legacy.md §5.3, §9.1.
 */
export function announcements(mac: MacAddress, address: IpAddress): readonly Uint8Array[] {
  return [Operation.Request, Operation.Reply].map((operation) => {
    const sender = { mac, ip: address };
    return broadcast({ operation, sender, target: { mac: BROADCAST, ip: address } });
  });
}

/** Asks who has the address without saying who asks, so that no neighbor learns from it: an ARP probe. RFC 5227 §1.1 */
export function probe(mac: MacAddress, address: IpAddress): Uint8Array {
  return broadcast({
    operation: Operation.Request,
    sender: { mac, ip: '0.0.0.0' as IpAddress },
    target: { mac: UNSPECIFIED, ip: address },
  });
}

function broadcast(packet: ArpPacket): Uint8Array {
  const frame = new Uint8Array(MINIMUM_FRAME);
  const payload = encodeArp(packet);
  const source = packet.sender.mac;
  frame.set(encodeFrame({ destination: BROADCAST, source, etherType: ETHERTYPE_ARP, payload }));
  return frame;
}
