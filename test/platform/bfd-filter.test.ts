import { describe, expect, test } from 'vitest';
import { type IpAddress, ipToBytes } from '../../src/runtime/net/index.ts';
import { controlFilter } from '../../src/runtime/platform/bfd/control-filter.ts';
import { BFD_PACKETS, echoFrame, readFrame } from '../../src/runtime/platform/bfd/echo-frame.ts';
import type { FilterInstruction } from '../../src/runtime/platform/socket/libc.ts';

const NETWORK_HEADER = 0xfff00000;

/** What the kernel would do: whether the packet passes, by the few operations we use. bpf(4) */
function passes(program: readonly FilterInstruction[], octets: Uint8Array): boolean {
  const packet = Buffer.from(octets);
  const at = (k: number): number => (k >= NETWORK_HEADER ? k - NETWORK_HEADER : k);
  let accumulator = 0;
  for (let next = 0; next < program.length; next += 1) {
    const [code, jt, jf, k] = program[next]!;
    if (code === 0x06) return k > 0;
    if (code === 0x15) next += accumulator === k ? jt : jf;
    else if (code === 0x35) next += accumulator >= k ? jt : jf;
    else if (code === 0x20) accumulator = packet.readUInt32BE(at(k));
    else if (code === 0x28) accumulator = packet.readUInt16BE(at(k));
    else if (code === 0x30) accumulator = packet.readUInt8(at(k));
    else throw new Error(`operation ${code}`);
  }
  throw new Error('the program runs past its end');
}

/** The part of a packet that the filters look at. */
function packetFrom(source: string, ttl: number): Buffer {
  const octets = ipToBytes(source as IpAddress);
  const isIpv4 = octets.length === 4;
  const packet = Buffer.alloc(isIpv4 ? 28 : 48);
  packet[isIpv4 ? 8 : 7] = ttl;
  packet.set(octets, isIpv4 ? 12 : 8);
  return packet;
}

describe('the kernel passes on', () => {
  const near = { remote: '192.0.2.2' as IpAddress, minimumTtl: 255 };
  const far = { remote: '198.51.100.7' as IpAddress, minimumTtl: 250 };
  const near6 = { remote: '2001:db8::2' as IpAddress, minimumTtl: 255 };
  const far6 = { remote: '2001:db8::1:2' as IpAddress, minimumTtl: 1 };

  test.each([
    ['192.0.2.2', 255, true],
    ['192.0.2.2', 254, false],
    ['198.51.100.7', 250, true],
    ['198.51.100.7', 255, true],
    ['198.51.100.7', 249, false],
    ['192.0.2.3', 255, false],
  ])('what comes from %s with a TTL of %d: %s', (source, ttl, expected) => {
    expect(passes(controlFilter([near, far]), packetFrom(source, ttl))).toBe(expected);
  });

  test.each([
    ['2001:db8::2', 255, true],
    ['2001:db8::2', 254, false],
    ['2001:db8::1:2', 1, true],
    ['2001:db8::1:2', 0, false],
    ['2001:db8::3', 255, false],
  ])('what comes from %s with a hop limit of %d: %s', (source, ttl, expected) => {
    expect(passes(controlFilter([near6, far6]), packetFrom(source, ttl))).toBe(expected);
  });

  test('nothing before there is a session', () => {
    expect(passes(controlFilter([]), packetFrom('192.0.2.2', 255))).toBe(false);
  });

  test('what comes from near enough if there are more peers than a filter can hold', () => {
    const peers = Array.from({ length: 2000 }, (_, index) => ({
      remote: `198.51.${100 + (index >> 8)}.${index & 255}` as IpAddress,
      minimumTtl: 200 + (index % 50),
    }));
    const filter = controlFilter(peers);
    expect(filter.length).toBeLessThanOrEqual(1024);
    expect(passes(filter, packetFrom('198.51.100.1', 200))).toBe(true);
    expect(passes(filter, packetFrom('198.51.100.1', 199))).toBe(false);
  });
});

describe.each([
  ['ipv4' as const, '192.0.2.1', 8, 20],
  ['ipv6' as const, '2001:db8::1', 7, 40],
])('an echo packet over %s', (family, address, ttl, header) => {
  const local = address as IpAddress;
  const payload = Uint8Array.of(1, 2, 3, 4, 5);
  const frame = (): Buffer => Buffer.from(echoFrame(local, 50_000, payload));
  const latin1 = Buffer.from(ipToBytes(local)).toString('latin1');

  /** The sum of what a checksum covers is all ones. RFC 1071 */
  function sumOf(...parts: readonly Uint8Array[]): number {
    let sum = 0;
    for (const part of parts) {
      for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) + (part[i + 1] ?? 0);
    }
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
  }

  test('goes from us to us, as far as a packet can, with sound checksums', () => {
    const sent = frame();
    const octets = ipToBytes(local);
    expect(sent[ttl]).toBe(255);
    expect(sent.subarray(header - 2 * octets.length, header)).toEqual(
      Buffer.concat([octets, octets]),
    );
    expect([sent.readUInt16BE(header), sent.readUInt16BE(header + 2)]).toEqual([50_000, 3785]);
    const pseudo = Uint8Array.of(0, 17, 0, 8 + payload.length);
    expect(sumOf(octets, octets, pseudo, sent.subarray(header))).toBe(0xffff);
    if (family === 'ipv4') expect(sumOf(sent.subarray(0, 20))).toBe(0xffff);
  });

  test('is heard when it was forwarded once, and not as it left', () => {
    expect(passes(BFD_PACKETS[family], frame())).toBe(false);
    expect(readFrame(family, frame())).toBeUndefined();
    const returned = frame().fill(254, ttl, ttl + 1);
    expect(passes(BFD_PACKETS[family], returned)).toBe(true);
    expect(readFrame(family, returned)).toEqual({
      kind: 'echo',
      source: latin1,
      target: latin1,
      payload: Buffer.from(payload),
    });
  });

  test('is told from a control packet, and other packets are not heard', () => {
    const control = frame();
    control.writeUInt16BE(3784, header + 2);
    expect(passes(BFD_PACKETS[family], control)).toBe(true);
    expect(readFrame(family, control)).toEqual({ kind: 'control', source: latin1, target: latin1 });
    control[ttl] = 254;
    expect(passes(BFD_PACKETS[family], control)).toBe(false);
    expect(readFrame(family, control)).toBeUndefined();
    control.writeUInt16BE(3786, header + 2);
    expect(passes(BFD_PACKETS[family], control)).toBe(false);
    const tcp = frame();
    tcp[family === 'ipv4' ? 9 : 6] = 6;
    expect(passes(BFD_PACKETS[family], tcp)).toBe(false);
  });
});
