import { type Libc, SystemCallError, checked } from '../socket/libc.ts';
import { AF_INET, AF_INET6, socketAddress } from './socket-address.ts';
import { DialError, type TcpTarget, sourceOf, zoneOf } from './target.ts';

const SOCK_STREAM = 1;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const IPPROTO_TCP = 6;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const TCP_MD5SIG = 14;
/** Of ip(7) and ipv6(7). */
const OPTIONS = {
  ipv4: { level: 0, ttl: 2, minTtl: 21 },
  ipv6: { level: 41, ttl: 16, minTtl: 73 },
} as const;
/** `struct tcp_md5sig` of linux/tcp.h: address of the peer, flags, key length at 130, key at 136. */
const SIGNATURE = { size: 216, keyLength: 130, key: 136, longestKey: 80 } as const;

/** Whether the socket needs options that Node cannot set. */
export function isPlain({ password, ttl, minTtl, device }: TcpTarget): boolean {
  return (
    (password ?? '') === '' && (device ?? '') === '' && ttl === undefined && minTtl === undefined
  );
}

/**
 * Makes a TCP socket with the options of the target, bound to its source, not yet connected. Whoever calls owns it.
 *
 * @throws DialError - the target asks for what this host does not have
 * @throws SystemCallError - the kernel refused for another reason
 */
export function prepareSocket(libc: Libc, target: TcpTarget): number {
  const family = target.address.includes(':') ? AF_INET6 : AF_INET;
  const fd = checked(libc, libc.socket(family, SOCK_STREAM | NONBLOCK_CLOEXEC, 0), 'socket');
  try {
    bindToDevice(libc, fd, target.device);
    setLimits(libc, fd, target);
    setKey(libc, fd, target);
    bindToSource(libc, fd, target);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function bindToDevice(libc: Libc, fd: number, device: string | undefined): void {
  if (device === undefined || device === '') return;
  const name = Buffer.from(`${device}\0`);
  if (libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) >= 0) return;
  const code = libc.errno();
  // Longer than any name of an interface is EINVAL.
  if (code === 'ENODEV' || code === 'EINVAL') {
    throw new DialError(`VRF "${device}" doesn't exist on this host`);
  }
  throw new SystemCallError('SO_BINDTODEVICE', code);
}

function setLimits(libc: Libc, fd: number, { address, ttl, minTtl }: TcpTarget): void {
  const options = OPTIONS[address.includes(':') ? 'ipv6' : 'ipv4'];
  const set = (option: number, value: number, name: string): void => {
    const octets = Buffer.alloc(4);
    octets.writeInt32LE(value);
    checked(libc, libc.setsockopt(fd, options.level, option, octets, 4), name);
  };
  if (ttl !== undefined) set(options.ttl, ttl, 'TTL');
  if (minTtl !== undefined) set(options.minTtl, minTtl, 'MINTTL');
}

function setKey(libc: Libc, fd: number, { address, port, password }: TcpTarget): void {
  if (password === undefined || password === '') return;
  const key = Buffer.from(password, 'utf8');
  if (key.length > SIGNATURE.longestKey) {
    throw new DialError(
      `the password has ${key.length} octets, and TCP MD5 takes at most ${SIGNATURE.longestKey}`,
    );
  }
  const signature = Buffer.alloc(SIGNATURE.size);
  const [plain = ''] = address.split('%');
  signature.set(socketAddress(plain, port), 0);
  signature.writeUInt16LE(key.length, SIGNATURE.keyLength);
  signature.set(key, SIGNATURE.key);
  const result = libc.setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, signature, signature.length);
  if (result >= 0) return;
  const code = libc.errno();
  if (code === 'ENOPROTOOPT' || code === 'EOPNOTSUPP') {
    throw new DialError("this host's kernel has no TCP MD5 signatures (CONFIG_TCP_MD5SIG)");
  }
  throw new SystemCallError('TCP_MD5SIG', code);
}

function bindToSource(libc: Libc, fd: number, target: TcpTarget): void {
  const source = sourceOf(target);
  if (source === undefined) return;
  const [plain = ''] = source.split('%');
  const zone = zoneOf(source);
  const scope = zone === undefined ? 0 : libc.interfaceIndex(zone);
  const address = socketAddress(plain, 0, scope);
  if (libc.bind(fd, address, address.length) >= 0) return;
  const code = libc.errno();
  if (code === 'EADDRNOTAVAIL') throw missingAddress(plain);
  throw new SystemCallError('bind', code);
}

/** In the words of the original. legacy.md §6.2 */
export function missingAddress(source: string): DialError {
  return new DialError(`Address "${source}" doesn't exist on this host`);
}
