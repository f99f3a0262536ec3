import { type IpAddress, MalformedError, ipFromBytes, macFromBytes } from '../../net/index.ts';
import type { Link } from '../ports.ts';

/** What one rtnetlink message says; rtnetlink(7). Everything else is `other`. */
export type NetlinkMessage =
  | { readonly type: 'link'; readonly link: Link }
  | { readonly type: 'linkLocal'; readonly index: number; readonly address: IpAddress }
  /** Any other unicast address of an interface, of either family. */
  | { readonly type: 'address'; readonly index: number; readonly address: IpAddress }
  | { readonly type: 'done'; readonly interrupted: boolean }
  | { readonly type: 'error'; readonly errno: number }
  | { readonly type: 'other'; readonly interrupted: boolean };

/** The two dumps that make a snapshot. */
export const DumpRequest = { Links: 18, Addresses: 22 } as const;
export type DumpRequest = (typeof DumpRequest)[keyof typeof DumpRequest];

const HEADER = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NEW_LINK = 16;
const NEW_ADDRESS = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const NLM_F_DUMP_INTR = 0x10;
const AF_INET = 2;
const AF_INET6 = 10;
const ARPHRD_ETHER = 1;
const IFF = { Up: 0x1, Broadcast: 0x2, NoArp: 0x80, LowerUp: 0x10000 } as const;
const IFLA = { Address: 1, IfName: 3, Master: 10, Carrier: 33 } as const;
const IFA = { Address: 1, Local: 2, Flags: 8 } as const;
const IFA_F = { Optimistic: 0x04, DadFailed: 0x08, Tentative: 0x40 } as const;

/** A request for all links, or for all addresses. */
export function encodeDumpRequest(request: DumpRequest, sequence: number): Uint8Array {
  const octets = new Uint8Array(HEADER + 16);
  const view = new DataView(octets.buffer);
  view.setUint32(0, octets.length, true);
  view.setUint16(4, request, true);
  view.setUint16(6, NLM_F_REQUEST_DUMP, true);
  view.setUint32(8, sequence, true);
  return octets;
}

/**
 * Reads one datagram of messages. Integers are little-endian, as on every processor we build for.
 * Links that are not Ethernet have no place here: they are `other`.
 *
 * @throws MalformedError if lengths do not add up
 */
export function decodeNetlink(octets: Uint8Array): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at < octets.length;) {
    const length = octets.length - at < HEADER ? 0 : viewOf(octets).getUint32(at, true);
    if (length < HEADER || at + length > octets.length) {
      throw new MalformedError(`rtnetlink: message of ${length} octets at ${at}`);
    }
    messages.push(decodeMessage(octets.subarray(at, at + length)));
    at += (length + 3) & ~3;
  }
  return messages;
}

function decodeMessage(message: Uint8Array): NetlinkMessage {
  const view = viewOf(message);
  const interrupted = (view.getUint16(6, true) & NLM_F_DUMP_INTR) !== 0;
  const other: NetlinkMessage = { type: 'other', interrupted };
  switch (view.getUint16(4, true)) {
    case NLMSG_DONE:
      return { type: 'done', interrupted };
    case NLMSG_ERROR:
      return {
        type: 'error',
        errno: message.length < HEADER + 4 ? 0 : -view.getInt32(HEADER, true),
      };
    case NEW_LINK:
      return decodeLink(message) ?? other;
    case NEW_ADDRESS:
      return decodeAddress(message) ?? other;
    default:
      return other;
  }
}

/** struct ifinfomsg: family, pad, type, index, flags, change. */
function decodeLink(message: Uint8Array): NetlinkMessage | undefined {
  const attributes = readAttributes(message, HEADER + 16);
  const view = viewOf(message);
  const mac = attributes.get(IFLA.Address);
  const name = attributes.get(IFLA.IfName);
  if (view.getUint16(HEADER + 2, true) !== ARPHRD_ETHER) return undefined;
  if (mac?.length !== 6 || name === undefined) return undefined;
  const flags = view.getUint32(HEADER + 8, true);
  const carrier = attributes.get(IFLA.Carrier);
  return {
    type: 'link',
    link: {
      index: view.getInt32(HEADER + 4, true),
      name: Buffer.from(name).toString('utf8').replace(/\0.*$/s, ''),
      mac: macFromBytes(mac),
      up: (flags & IFF.Up) !== 0,
      carrier: carrier === undefined ? (flags & IFF.LowerUp) !== 0 : carrier[0] !== 0,
      broadcast: (flags & IFF.Broadcast) !== 0,
      noArp: (flags & IFF.NoArp) !== 0,
      enslaved: attributes.has(IFLA.Master),
    },
  };
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index. Addresses not yet usable are left out. */
function decodeAddress(message: Uint8Array): NetlinkMessage | undefined {
  const attributes = readAttributes(message, HEADER + 8);
  const octets = attributes.get(IFA.Local) ?? attributes.get(IFA.Address);
  const family = message[HEADER];
  if (octets?.length !== (family === AF_INET6 ? 16 : 4)) return undefined;
  const index = viewOf(message).getUint32(HEADER + 4, true);
  if (family === AF_INET) return { type: 'address', index, address: ipFromBytes(octets) };
  if (family !== AF_INET6 || !isUsable(flagsOf(message, attributes))) return undefined;
  const isLinkLocal = octets[0] === 0xfe && ((octets[1] ?? 0) & 0xc0) === 0x80;
  const address = ipFromBytes(octets);
  return { type: isLinkLocal ? 'linkLocal' : 'address', index, address };
}

function flagsOf(message: Uint8Array, attributes: ReadonlyMap<number, Uint8Array>): number {
  const wide = attributes.get(IFA.Flags);
  return wide?.length === 4 ? viewOf(wide).getUint32(0, true) : (message[HEADER + 2] ?? 0);
}

/** Whether duplicate address detection is over, or need not be awaited. RFC 4862 §5.4, RFC 4429 */
function isUsable(flags: number): boolean {
  if ((flags & IFA_F.DadFailed) !== 0) return false;
  return (flags & (IFA_F.Tentative | IFA_F.Optimistic)) !== IFA_F.Tentative;
}

/** struct rtattr: length, type; padded to four octets. The last of a type wins. */
function readAttributes(message: Uint8Array, start: number): ReadonlyMap<number, Uint8Array> {
  if (message.length < start) throw new MalformedError('rtnetlink: message without its header');
  const attributes = new Map<number, Uint8Array>();
  const view = viewOf(message);
  for (let at = start; at + 4 <= message.length;) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > message.length) {
      throw new MalformedError(`rtnetlink: attribute of ${length} octets`);
    }
    attributes.set(view.getUint16(at + 2, true) & 0x3fff, message.slice(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return attributes;
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}
