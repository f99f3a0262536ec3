import { type IpAddress, familyOf, ipToBytes } from '../../net/index.ts';
import type { FilterInstruction } from '../socket/libc.ts';

/** Whose packets pass, and the TTL or hop limit that they must have left, at least. */
export interface AcceptedPeer {
  readonly remote: IpAddress;
  readonly minimumTtl: number;
}

const LOAD_WORD = 0x20;
const LOAD_BYTE = 0x30;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const RETURN = 0x06;
/** SKF_NET_OFF: offsets from the network header, which a filter of a UDP socket otherwise does not see. */
const NETWORK_HEADER = 0xfff00000;
const LAYOUT = { ipv4: { ttl: 8, source: 12 }, ipv6: { ttl: 7, source: 8 } } as const;
const ACCEPT: FilterInstruction = [RETURN, 0, 0, 0xffff];
const DROP: FilterInstruction = [RETURN, 0, 0, 0];
/** A quarter of what the kernel takes, and well within the memory that older ones allow (net.core.optmem_max). */
const LONGEST = 1024;

/**
 * What a UDP socket of BFD hears: the peers, all of one family, from near enough. A flood by anybody else wakes nobody.
 * RFC 5881 §5, RFC 5082. Of more peers than a filter can hold, the TTL alone is looked at.
 */
export function controlFilter(peers: readonly AcceptedPeer[]): readonly FilterInstruction[] {
  const program = [...peers.flatMap(blockOf), DROP];
  if (program.length <= LONGEST) return program;
  const least = Math.min(...peers.map(({ minimumTtl }) => minimumTtl));
  const [{ remote } = { remote: '' as IpAddress }] = peers;
  return ttlCheck(familyOf(remote), least);
}

/** Leaves the program if the source is this peer, and runs off its end otherwise. */
function blockOf({ remote, minimumTtl }: AcceptedPeer): readonly FilterInstruction[] {
  const family = familyOf(remote);
  const words = wordsOf(ipToBytes(remote));
  const check = ttlCheck(family, minimumTtl);
  return [
    ...words.flatMap((word, index): FilterInstruction[] => {
      const behind = 2 * (words.length - 1 - index) + check.length;
      return [
        [LOAD_WORD, 0, 0, NETWORK_HEADER + LAYOUT[family].source + 4 * index],
        [JUMP_IF_EQUAL, 0, behind, word],
      ];
    }),
    ...check,
  ];
}

function ttlCheck(family: 'ipv4' | 'ipv6', minimum: number): readonly FilterInstruction[] {
  return [
    [LOAD_BYTE, 0, 0, NETWORK_HEADER + LAYOUT[family].ttl],
    [JUMP_IF_AT_LEAST, 0, 1, minimum],
    ACCEPT,
    DROP,
  ];
}

function wordsOf(octets: Uint8Array): readonly number[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  return Array.from({ length: octets.length / 4 }, (_, index) => view.getUint32(4 * index));
}
