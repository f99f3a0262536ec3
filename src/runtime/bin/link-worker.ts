/** The thread of raw sockets: joins what the protocols decide about frames to the sockets that carry them. */
import * as arp from '../arp/index.ts';
import * as ndp from '../ndp/index.ts';
import { type IpAddress, ipToBytes, macToBytes } from '../net/index.ts';
import {
  ARP_REQUESTS,
  NEIGHBOR_SOLICITATIONS,
  type Protocol,
  runLinkThread,
} from '../platform/index.ts';

const arpProtocol: Protocol = {
  etherType: arp.ETHERTYPE_ARP,
  filter: ARP_REQUESTS,
  responder: ({ mac, name }, ledger) => {
    const own = macToBytes(mac);
    const owns = ledger.ipv4On(name);
    const reply = new Uint8Array(arp.MINIMUM_FRAME);
    return {
      answer: (frame, length) => {
        if (arp.judge(frame, length, own, owns) !== 'answer') return undefined;
        arp.writeReply(reply, frame, own);
        return reply;
      },
      sender: arp.senderOf,
    };
  },
  announcements: ({ mac }, address) => arp.announcements(mac, address),
};

const ndpProtocol: Protocol = {
  etherType: ndp.ETHERTYPE_IPV6,
  filter: NEIGHBOR_SOLICITATIONS,
  responder: (link, ledger) => {
    const linkLocal = ipToBytes(linkLocalOf(link));
    const station = { mac: macToBytes(link.mac), linkLocal };
    const owns = ledger.ipv6On(link.name);
    const reply = new Uint8Array(ndp.ADVERTISEMENT_FRAME);
    return {
      answer: (frame, length) => {
        if (ndp.judge(frame, length, station, owns) !== 'answer') return undefined;
        ndp.writeAdvertisement(reply, frame, station);
        return reply;
      },
      sender: ndp.senderOf,
    };
  },
  announcements: (link, address) => [ndp.announcement(link.mac, linkLocalOf(link), address)],
};

function linkLocalOf({ name, linkLocal }: { name: string; linkLocal?: IpAddress }): IpAddress {
  if (linkLocal === undefined) throw new RangeError(`${name} has no link-local address`);
  return linkLocal;
}

await runLinkThread({ arp: arpProtocol, ndp: ndpProtocol });
