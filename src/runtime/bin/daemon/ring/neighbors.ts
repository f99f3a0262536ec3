import { readFileSync } from 'node:fs';
import { type IpAddress, type MacAddress, macFromBytes, parseIp } from '../../../net/index.ts';
import { type Clock, type Duration, type Logger, seconds } from '../../../platform/ports.ts';
import type { Neighbors } from '../../../speaker/index.ts';

const TABLE = '/proc/net/arp';
/** A kernel keeps 1,024 neighbors unless told otherwise; more than so many lines are not looked at. */
const MOST_LINES = 16_384;
const FRESH: Duration = seconds(1);

/** The kernel's IPv4 neighbors, at most a second old. What cannot be read is said once. */
export function kernelNeighbors(clock: Clock, logger: Logger, path: string = TABLE): Neighbors {
  let neighbors: ReadonlyMap<MacAddress, IpAddress> = new Map();
  let readAt: number | undefined;
  let isTold = false;
  return () => {
    const now = clock.now();
    if (readAt !== undefined && now - readAt < FRESH) return neighbors;
    readAt = now;
    try {
      neighbors = parseNeighbors(readFileSync(path, 'utf8'));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      const msg = 'cannot read the neighbors of this node';
      if (!isTold) logger.warn({ op: 'getNeighbors', error: error.message, msg });
      isTold = true;
    }
    return neighbors;
  };
}

/** `/proc/net/arp`: a heading, then address, type, flags, hardware address, mask and device. proc(5) */
function parseNeighbors(text: string): ReadonlyMap<MacAddress, IpAddress> {
  const neighbors = new Map<MacAddress, IpAddress>();
  for (const line of text.split('\n', MOST_LINES).slice(1)) {
    const [address = '', , flags = '', hardware = ''] = line.split(/\s+/);
    const ip = parseIp(address);
    const isComplete = (Number(flags) & 2) !== 0;
    const isMac = /^(?:[\da-f]{2}:){5}[\da-f]{2}$/i.test(hardware);
    if (ip === undefined || !isComplete || !isMac) continue;
    const octets = hardware.split(':').map((octet) => parseInt(octet, 16));
    neighbors.set(macFromBytes(Uint8Array.from(octets)), ip);
  }
  return neighbors;
}
