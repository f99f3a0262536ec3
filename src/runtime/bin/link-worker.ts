/** The thread of raw sockets: joins what the protocols decide about frames to the sockets that carry them. */
import * as arp from '../arp/index.ts';
import * as ndp from '../ndp/index.ts';
import { type IpAddress, ipToBytes, macToBytes } from '../net/index.ts';
import { ARP_PACKETS, NEIGHBOR_MESSAGES, type Protocol, runLinkThread } from '../platform/index.ts';

const arpProtocol: Protocol = {
  etherType: arp.ETHERTYPE_ARP,
  filter: ARP_PACKETS,
  responder: ({ mac, name }, ledger) => {
    const own = macToBytes(mac);
    const owns = ledger.ipv4On(name);
    const knows = ledger.ipv4KnownOn(name);
    const reply = new Uint8Array(arp.MINIMUM_FRAME);
    return {
      answer: (frame, length) => {
        if (arp.judge(frame, length, own, owns) !== 'answer') return undefined;
        arp.writeReply(reply, frame, own);
        return reply;
      },
      sender: arp.senderOf,
      announces: arp.announces,
      hear: (frame, length, claimant) => arp.hear(frame, length, knows, claimant),
    };
  },
  announcements: ({ mac }, address) => arp.announcements(mac, address),
  question: ({ mac }, address) => arp.probe(mac, address),
};

const ndpProtocol: Protocol = {
  etherType: ndp.ETHERTYPE_IPV6,
  filter: NEIGHBOR_MESSAGES,
  responder: (link, ledger) => {
    const linkLocal = ipToBytes(linkLocalOf(link));
    const station = { mac: macToBytes(link.mac), linkLocal };
    const owns = ledger.ipv6On(link.name);
    const knows = ledger.ipv6KnownOn(link.name);
    const reply = new Uint8Array(ndp.ADVERTISEMENT_FRAME);
    return {
      answer: (frame, length) => {
        if (ndp.judge(frame, length, station, owns) !== 'answer') return undefined;
        ndp.writeAdvertisement(reply, frame, station);
        return reply;
      },
      sender: ndp.senderOf,
      // A solicitation says nothing of the address that it asks for.
      announces: () => false,
      hear: (frame, length, claimant) => ndp.hear(frame, length, knows, claimant),
    };
  },
  announcements: (link, address) => [ndp.announcement(link.mac, linkLocalOf(link), address)],
  question: (link, address) => ndp.question(link.mac, linkLocalOf(link), address),
};

function linkLocalOf({ name, linkLocal }: { name: string; linkLocal?: IpAddress }): IpAddress {
  if (linkLocal === undefined) throw new RangeError(`${name} has no link-local address`);
  return linkLocal;
}

await runLinkThread({ arp: arpProtocol, ndp: ndpProtocol });
