/**
 * Address Resolution Protocol for IPv4 service addresses: RFC 826, announcements as legacy.md §5.3 has them.
 *
 * {@link judge} and {@link writeReply} are the whole hot path of the responder and work on raw octets
 * without allocating; the typed codec serves announcements, tests and whoever wants to read a packet.
 *
 * @packageDocumentation
 */
export { announcements, probe } from './announcement.ts';
export { type ArpPacket, type Binding, Operation, decodeArp, encodeArp } from './packet.ts';
export {
  type DropReason,
  ETHERTYPE_ARP,
  MINIMUM_FRAME,
  announces,
  hear,
  judge,
  senderOf,
  writeReply,
} from './responder.ts';
