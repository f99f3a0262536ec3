import { describe, expect, test } from 'vitest';
import { ARP_PACKETS, NEIGHBOR_MESSAGES } from '../../src/runtime/platform/socket/packet-filter.ts';
import type { FilterInstruction } from '../../src/runtime/platform/socket/libc.ts';
import { announcements } from '../../src/runtime/arp/index.ts';
import { announcement } from '../../src/runtime/ndp/index.ts';
import { solicit, us, usLinkLocal, vip, vip6, whoHas } from '../support/frames.ts';

const AUXILIARY = 0xfffff000;

/** What the kernel would do: the octets of the frame that pass, by the few operations we use. bpf(4) */
function passes(program: readonly FilterInstruction[], octets: Uint8Array, vlanTag = 0): number {
  const frame = Buffer.from(octets);
  const load = new Map<number, (k: number) => number>([
    [0x20, (k) => (k >= AUXILIARY ? vlanTag : frame.readUInt32BE(k))],
    [0x28, (k) => frame.readUInt16BE(k)],
    [0x30, (k) => frame.readUInt8(k)],
  ]);
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 1) {
    const [code, jt, jf, k] = program[at]!;
    if (code === 0x06) return k;
    if (code === 0x54) accumulator &= k;
    else if (code === 0x15) at += accumulator === k ? jt : jf;
    else if (k < AUXILIARY && k >= frame.length) return 0;
    else accumulator = load.get(code)!(k);
  }
  throw new Error('the program runs past its end');
}

describe('the kernel passes on', () => {
  test('whole ARP requests and replies and nothing else', () => {
    expect(passes(ARP_PACKETS, whoHas())).toBeGreaterThan(1500);
    expect(passes(ARP_PACKETS, announcements(us, vip)[1]!)).toBeGreaterThan(1500);
    expect(passes(ARP_PACKETS, whoHas().with(21, 3))).toBe(0);
    expect(passes(ARP_PACKETS, whoHas().with(13, 0))).toBe(0);
    expect(passes(ARP_PACKETS, solicit())).toBe(0);
    expect(passes(ARP_PACKETS, whoHas().subarray(0, 16))).toBe(0);
  });

  test('whole Neighbor Solicitations and Advertisements of this link and nothing else', () => {
    expect(passes(NEIGHBOR_MESSAGES, solicit())).toBeGreaterThan(1500);
    expect(passes(NEIGHBOR_MESSAGES, announcement(us, usLinkLocal, vip6))).toBeGreaterThan(1500);
    expect(passes(NEIGHBOR_MESSAGES, solicit().with(54, 134))).toBe(0);
    expect(passes(NEIGHBOR_MESSAGES, solicit().with(21, 64))).toBe(0);
    expect(passes(NEIGHBOR_MESSAGES, solicit().with(20, 44))).toBe(0);
    expect(passes(NEIGHBOR_MESSAGES, whoHas())).toBe(0);
  });

  test('nothing that belongs to a VLAN, unless its tag holds a priority only', () => {
    expect(passes(ARP_PACKETS, whoHas(), 10)).toBe(0);
    expect(passes(NEIGHBOR_MESSAGES, solicit(), 0x2000 | 10)).toBe(0);
    expect(passes(ARP_PACKETS, whoHas(), 0x2000)).toBeGreaterThan(1500);
  });
});
