import { type IpAddress, ipToBytes, parseIp } from '../../net/index.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;

const LENGTH = { [AF_INET]: 16, [AF_INET6]: 28 } as const;

/** `struct sockaddr_in` or `sockaddr_in6` of an address without zone; see ip(7), ipv6(7). `scope` is an interface index. */
export function socketAddress(address: string, port: number, scope = 0): Buffer {
  const octets = ipToBytes(parseIp(address) ?? (address as IpAddress));
  const family = octets.length === 4 ? AF_INET : AF_INET6;
  const result = Buffer.alloc(LENGTH[family]);
  result.writeUInt16LE(family, 0);
  result.writeUInt16BE(port, 2);
  result.set(octets, family === AF_INET ? 4 : 8);
  if (family === AF_INET6) result.writeUInt32LE(scope, 24);
  return result;
}
