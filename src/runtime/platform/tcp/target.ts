import { familyOf, parseIp } from '../../net/index.ts';

/** Where to connect to, and what the socket is to be like. Addresses are text; a link-local one bears its interface. */
export interface TcpTarget {
  readonly address: string;
  readonly port: number;
  /** Address of this host to connect from; `undefined`: the kernel's choice. */
  readonly source?: string | undefined;
  /** Key of TCP MD5 signatures, at most 80 octets of UTF-8; never printed. RFC 2385 */
  readonly password?: string | undefined;
  /** TTL or hop limit of what is sent, 1-255; `undefined`: the system's. */
  readonly ttl?: number | undefined;
  /** Segments that arrive with a lower TTL or hop limit are thrown away unanswered. RFC 5082 */
  readonly minTtl?: number | undefined;
  /** VRF, or interface, that the connection stays in. */
  readonly device?: string | undefined;
}

/** A connection that cannot be tried as it is configured, or not on this host. */
export class DialError extends Error {
  override readonly name = 'DialError';
}

/** `address:port`, IPv6 in brackets, as logs name a peer. legacy.md §6.2 */
export function peerName({ address, port }: Pick<TcpTarget, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The source to bind to; one that does not fit an IPv4 peer is ignored, as the original does. legacy.md §6.2 */
export function sourceOf({ address, source }: TcpTarget): string | undefined {
  if (source === undefined) return undefined;
  const [plain = '', zone] = source.split('%');
  if (source.includes(':') !== address.includes(':')) {
    if (!address.includes(':')) return undefined;
    throw new DialError(`source address "${source}" is not of the peer's address family`);
  }
  const peerZone = zoneOf(address);
  if (zone !== undefined || peerZone === undefined || !isLinkLocal(plain)) return source;
  return `${plain}%${peerZone}`;
}

/** Refuses what would fail later in words that nobody understands. Peers of either dialect have no place for a zone. */
export function checkTarget(target: TcpTarget): void {
  const [plain = '', zone] = target.address.split('%');
  const address = parseIp(plain);
  if (address === undefined || (target.address.includes(':') && familyOf(address) === 'ipv4')) {
    throw new DialError(`"${target.address}" is not an address that can be connected to`);
  }
  if (zone === undefined && (target.device ?? '') === '' && isLinkLocal(plain)) {
    throw new DialError('a link-local address does not say on which interface the peer is');
  }
}

/** Name of the interface that a link-local address is valid on. RFC 4007 §11 */
export function zoneOf(address: string): string | undefined {
  return address.split('%')[1];
}

/** fe80::/10. RFC 4291 §2.5.6 */
function isLinkLocal(plain: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(plain);
}
