import { type IpAddress, familyOf } from '../../net/index.ts';
import type { Random } from '../ports.ts';
import { type Libc, SystemCallError, checked } from '../socket/libc.ts';
import { AF_INET, AF_INET6, socketAddress } from '../tcp/socket-address.ts';
import type { SessionSpec } from './protocol.ts';

/** RFC 5881 §4, RFC 5883 §5 */
export const SINGLE_HOP_PORT = 3784;
const MULTIHOP_PORT = 4784;

const SOCK_DGRAM = 2;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BINDTODEVICE = 25;
const IPV6_V6ONLY = 26;
/** Of ip(7) and ipv6(7). */
const OPTIONS = {
  ipv4: { level: 0, trafficClass: 1, ttl: 2 },
  ipv6: { level: 41, trafficClass: 67, ttl: 16 },
} as const;
/** DSCP CS6: network control. */
const NETWORK_CONTROL = 0xc0;
const LARGEST_TTL = 255;
/** RFC 5881 §4: 49152 to 65535. */
const FIRST_SOURCE_PORT = 49152;
const SOURCE_PORTS = 65536 - FIRST_SOURCE_PORT;
const ATTEMPTS = 16;
const NOTHING = [[0x06, 0, 0, 0]] as const;

/** Where packets of some sessions come in: one socket each. */
export interface Doorway {
  readonly local: IpAddress;
  /** An interface or a VRF. */
  readonly device: string | undefined;
  readonly port: number;
}

export function doorwayOf({ local, interface: name, vrf, multihop }: SessionSpec): Doorway {
  return { local, device: name ?? vrf, port: multihop ? MULTIHOP_PORT : SINGLE_HOP_PORT };
}

/**
 * Opens a socket that hears nothing until a filter says whom; see {@link Libc.attachFilter}.
 *
 * @param shared - there are others of ours at the same port, which the kernel is to tell from this one
 * @throws SystemCallError - EADDRINUSE: somebody else holds the port; EADDRNOTAVAIL: no such address here (yet)
 */
export function openReceiver(libc: Libc, doorway: Doorway, shared: boolean): number {
  return open(libc, doorway, (fd, scope) => {
    checked(libc, libc.attachFilter(fd, NOTHING), 'SO_ATTACH_FILTER');
    if (shared) share(libc, fd);
    const address = socketAddress(doorway.local, doorway.port, scope);
    checked(libc, libc.bind(fd, address, address.length), `bind to UDP port ${doorway.port}`);
  });
}

/** Allows others of ours at the port of this socket, which until then nobody else can have. */
export function share(libc: Libc, fd: number): void {
  set(libc, fd, { level: SOL_SOCKET, option: SO_REUSEADDR, value: 1, name: 'SO_REUSEADDR' });
}

/** A socket for the packets of one session, and its port, which is no other session's. RFC 5881 §4, §5 */
export function openSender(
  libc: Libc,
  spec: SessionSpec,
  random: Random,
): { readonly fd: number; readonly sourcePort: number } {
  const doorway = doorwayOf(spec);
  const { level, ttl, trafficClass } = OPTIONS[familyOf(spec.local)];
  let sourcePort = 0;
  const fd = open(libc, doorway, (socket, scope) => {
    checked(libc, libc.attachFilter(socket, NOTHING), 'SO_ATTACH_FILTER');
    set(libc, socket, { level, option: ttl, value: LARGEST_TTL, name: 'TTL' });
    set(libc, socket, { level, option: trafficClass, value: NETWORK_CONTROL, name: 'TOS' });
    sourcePort = bindToSomePort({ libc, fd: socket, local: spec.local, scope }, random);
    const remote = socketAddress(spec.remote, doorway.port, scope);
    checked(libc, libc.connect(socket, remote, remote.length), 'connect');
  });
  return { fd, sourcePort };
}

function bindToSomePort(
  { libc, fd, local, scope }: { libc: Libc; fd: number; local: IpAddress; scope: number },
  random: Random,
): number {
  for (let attempt = 1; ; attempt += 1) {
    const port = FIRST_SOURCE_PORT + Math.floor(random.float() * SOURCE_PORTS);
    const address = socketAddress(local, port, scope);
    if (libc.bind(fd, address, address.length) >= 0) return port;
    const code = libc.errno();
    if (code !== 'EADDRINUSE' || attempt === ATTEMPTS) throw new SystemCallError('bind', code);
  }
}

/** Makes a UDP socket on the device, and lets `prepare` do the rest with it and the index of the interface. */
function open(
  libc: Libc,
  { local, device }: Doorway,
  prepare: (fd: number, scope: number) => void,
): number {
  const isIpv6 = familyOf(local) === 'ipv6';
  const family = isIpv6 ? AF_INET6 : AF_INET;
  const fd = checked(libc, libc.socket(family, SOCK_DGRAM | NONBLOCK_CLOEXEC, 0), 'socket');
  try {
    const { level } = OPTIONS.ipv6;
    if (isIpv6) set(libc, fd, { level, option: IPV6_V6ONLY, value: 1, name: 'IPV6_V6ONLY' });
    if (device !== undefined) {
      const name = Buffer.from(`${device}\0`);
      const result = libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length);
      checked(libc, result, `bind to ${device}`);
    }
    prepare(fd, device === undefined || !isIpv6 ? 0 : libc.interfaceIndex(device));
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function set(
  libc: Libc,
  fd: number,
  { level, option, value, name }: { level: number; option: number; value: number; name: string },
): void {
  const octets = Buffer.alloc(4);
  octets.writeInt32LE(value);
  checked(libc, libc.setsockopt(fd, level, option, octets, 4), name);
}
