import { BROADCAST, type IpAddress, type MacAddress, encodeFrame } from '../net/index.ts';
import { Operation, encodeArp } from './packet.ts';
import { ETHERTYPE_ARP, MINIMUM_FRAME } from './responder.ts';

/**
 * The two frames that tell a link where an address is now: gratuitous ARP as request and as reply,
 * because some hosts learn from the one form only. legacy.md §5.3, §9.1.
 */
export function announcements(mac: MacAddress, address: IpAddress): readonly Uint8Array[] {
  return [Operation.Request, Operation.Reply].map((operation) => {
    const frame = new Uint8Array(MINIMUM_FRAME);
    const sender = { mac, ip: address };
    const payload = encodeArp({ operation, sender, target: { mac: BROADCAST, ip: address } });
    frame.set(
      encodeFrame({ destination: BROADCAST, source: mac, etherType: ETHERTYPE_ARP, payload }),
    );
    return frame;
  });
}
