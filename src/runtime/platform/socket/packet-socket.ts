import { type FilterInstruction, type Libc, checked } from './libc.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;

/**
 * Opens a non-blocking AF_PACKET socket for whole frames of one protocol on one interface; see packet(7).
 * It is deaf, with protocol 0, until the filter stands: no frame from before the filter is ever queued.
 *
 * @throws SystemCallError - EPERM without NET_RAW, ENODEV or ENXIO if the interface has gone
 */
export function openPacketSocket(
  libc: Libc,
  interfaceIndex: number,
  etherType: number,
  filter: readonly FilterInstruction[],
): number {
  const fd = checked(libc, libc.socket(AF_PACKET, SOCK_RAW | NONBLOCK_CLOEXEC, 0), 'socket');
  try {
    checked(libc, libc.attachFilter(fd, filter), 'SO_ATTACH_FILTER');
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(etherType, 2);
    address.writeInt32LE(interfaceIndex, 4);
    checked(libc, libc.bind(fd, address, address.length), 'bind');
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}
