import {
  DESTINATION,
  ICMP,
  IPV6_HEADER,
  NEXT_HEADER_ICMPV6,
  PAYLOAD_LENGTH,
  SOURCE,
  icmpChecksum,
} from './checksum.ts';
import { copyTo, isZero, octet, u16 } from './octets.ts';
import { ETHERTYPE_IPV6 } from './responder.ts';

/** What a foreign message says of an address: that the sender has it now, that it has it, or that it means to. */
export type Claim = 'announcement' | 'reply' | 'probe';

const ETHERNET_SOURCE = 6;
const NEXT_HEADER = 20;
const HOP_LIMIT = 21;
const CODE = 55;
const FLAGS = 58;
const TARGET = 62;
const OPTIONS = 78;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOLICITED = 0x40;
const TARGET_LINK_LAYER_ADDRESS = 2;
const SHORTEST = 24;

/** Whether an address is known, by the sixteen octets at `offset` of `frame`. */
type Knows = (frame: Uint8Array, offset: number) => boolean;

/**
 * What an advertisement or a solicitation says of an address that `knows`. An unsolicited advertisement announces it, a
 * solicited one answers for it; a solicitation from the address shows that its sender uses it, and one from nobody
 * probes for it (RFC 4862 §5.4). Messages that fail RFC 4861 §7.1 say nothing. Allocates nothing.
 *
 * @param length - octets of `frame` that were received; what follows them is ignored
 * @param claimant - receives the sender's hardware address: that of the option, else that of the frame
 */
export function hear(
  frame: Uint8Array,
  length: number,
  knows: Knows,
  claimant: Uint8Array,
): Claim | undefined {
  if (!isNeighborMessage(frame, length)) return undefined;
  const claim = frame[ICMP] === ADVERTISEMENT ? advertised(frame, knows) : solicited(frame, knows);
  if (claim === undefined) return undefined;
  const end = ICMP + u16(frame, PAYLOAD_LENGTH);
  // Looked at last: most messages are about addresses that are none of ours.
  if (icmpChecksum(frame, end - ICMP) !== 0) return undefined;
  const option = frame[ICMP] === ADVERTISEMENT ? findTargetOption(frame, end) : 0;
  if (option < 0) return undefined;
  copyTo(claimant, 0, frame, [option === 0 ? ETHERNET_SOURCE : option + 2, 6]);
  return (octet(claimant, 0) & 1) === 1 || isZero(claimant, 0, 6) ? undefined : claim;
}

function isNeighborMessage(frame: Uint8Array, length: number): boolean {
  if (length < OPTIONS || length > frame.length) return false;
  if (u16(frame, 12) !== ETHERTYPE_IPV6 || octet(frame, IPV6_HEADER) >> 4 !== 6) return false;
  if (frame[NEXT_HEADER] !== NEXT_HEADER_ICMPV6 || frame[HOP_LIMIT] !== 255) return false;
  const size = u16(frame, PAYLOAD_LENGTH);
  if (size < SHORTEST || ICMP + size > length) return false;
  return frame[CODE] === 0 && frame[TARGET] !== 0xff;
}

function advertised(frame: Uint8Array, knows: Knows): Claim | undefined {
  const isSolicited = (octet(frame, FLAGS) & SOLICITED) !== 0;
  // RFC 4861 §7.1.2: nobody solicits on behalf of a group.
  if (isSolicited && frame[DESTINATION] === 0xff) return undefined;
  if (!knows(frame, TARGET)) return undefined;
  return isSolicited ? 'reply' : 'announcement';
}

function solicited(frame: Uint8Array, knows: Knows): Claim | undefined {
  if (frame[ICMP] !== SOLICITATION) return undefined;
  if (isZero(frame, SOURCE, 16)) return knows(frame, TARGET) ? 'probe' : undefined;
  return knows(frame, SOURCE) ? 'reply' : undefined;
}

/** Where the option starts; 0 if there is none, -1 if the options do not add up. RFC 4861 §4.6 */
function findTargetOption(frame: Uint8Array, end: number): number {
  let found = 0;
  for (let at = OPTIONS; at < end;) {
    const units = at + 1 < end ? octet(frame, at + 1) : 0;
    if (units === 0 || at + units * 8 > end) return -1;
    if (frame[at] === TARGET_LINK_LAYER_ADDRESS && found === 0) {
      if (units !== 1) return -1;
      found = at;
    }
    at += units * 8;
  }
  return found;
}
