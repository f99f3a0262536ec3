import {
  type ArpPacket,
  ETHERTYPE_ARP,
  Operation,
  encodeArp,
} from '../../src/runtime/arp/index.ts';
import { solicitedNodeGroup } from '../../src/runtime/ndp/index.ts';
import { encodeSolicitation } from '../../src/runtime/ndp/message.ts';
import {
  BROADCAST,
  type IpAddress,
  type MacAddress,
  UNSPECIFIED,
  encodeFrame,
  ipToBytes,
  macFromBytes,
} from '../../src/runtime/net/index.ts';

export const us = '00:00:5e:00:53:01' as MacAddress;
export const usLinkLocal = 'fe80::200:5eff:fe00:5301' as IpAddress;
export const asker = '00:00:5e:00:53:02' as MacAddress;
export const askerLinkLocal = 'fe80::200:5eff:fe00:5302' as IpAddress;
export const vip = '192.0.2.10' as IpAddress;
export const vip6 = '2001:db8::a' as IpAddress;

/** An ARP request for {@link vip} as a frame of 60 octets, after `changes`. */
export function whoHas(
  changes: Partial<ArpPacket> = {},
  destination: MacAddress = BROADCAST,
): Uint8Array {
  const packet: ArpPacket = {
    operation: Operation.Request,
    sender: { mac: asker, ip: '192.0.2.2' as IpAddress },
    target: { mac: UNSPECIFIED, ip: vip },
    ...changes,
  };
  const frame = new Uint8Array(60);
  const payload = encodeArp(packet);
  frame.set(encodeFrame({ destination, source: asker, etherType: ETHERTYPE_ARP, payload }));
  return frame;
}

/** The Ethernet group of an IPv6 group. RFC 2464 §7 */
function multicastMac(group: IpAddress): MacAddress {
  return macFromBytes(Uint8Array.of(0x33, 0x33, ...ipToBytes(group).subarray(12)));
}

/** A Neighbor Solicitation for `target` to its solicited-node group, after `changes`. */
export function solicit(
  target: IpAddress = vip6,
  changes: Partial<Parameters<typeof encodeSolicitation>[0]> = {},
): Uint8Array {
  const destination = solicitedNodeGroup(target);
  return encodeSolicitation({
    destinationMac: multicastMac(destination),
    sourceMac: asker,
    source: askerLinkLocal,
    destination,
    target,
    linkLayerAddress: asker,
    ...changes,
  });
}
