/**
 * Neighbor Discovery for IPv6 service addresses: RFC 4861 §4.3, §4.4 and §7, solicited-node groups of
 * RFC 4291 §2.7.1, with the answers of legacy.md §5.4.
 *
 * {@link judge} and {@link writeAdvertisement} work on raw Ethernet frames without allocating. Frames come from
 * packet sockets, where the kernel checks nothing: hop limit, lengths and checksum are validated here.
 *
 * @packageDocumentation
 */
export { announcement, question } from './announcement.ts';
export {
  ADVERTISEMENT_FRAME,
  type DropReason,
  ETHERTYPE_IPV6,
  judge,
  senderOf,
  writeAdvertisement,
} from './responder.ts';
export { hear } from './listener.ts';
export { solicitedNodeGroup } from './solicited-node.ts';
