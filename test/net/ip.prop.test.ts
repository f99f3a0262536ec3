import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type IpAddress,
  familyOf,
  ipFromBits,
  ipFromBytes,
  ipToBits,
  ipToBytes,
  parseIp,
  widthOf,
} from '../../src/runtime/net/index.ts';
import { sixteenByteForm } from '../../src/runtime/net/ip.ts';

/** Any address; the IPv6 ones with runs of zeros, where spelling is hardest. */
const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
const bits6 = groups
  .map((parts) => parts.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n))
  .filter((bits) => bits >> 32n !== 0xffffn);
const bits4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const address = fc.oneof(
  bits4.map((bits) => ipFromBits(bits, 'ipv4')),
  bits6.map((bits) => ipFromBits(bits, 'ipv6')),
);

test('an address is the same address as text, as octets and as a number', () => {
  fc.assert(
    fc.property(address, (ip) => {
      expect(parseIp(ip)).toBe(ip);
      expect(ipFromBits(ipToBits(ip), familyOf(ip))).toBe(ip);
      expect(ipFromBytes(ipToBytes(ip))).toBe(ip);
      expect(ipToBytes(ip)).toHaveLength(widthOf(familyOf(ip)) / 8);
    }),
  );
});

test('every spelling of an IPv6 address reads as the one canonical text', () => {
  const spelling = fc.record({
    upper: fc.boolean(),
    padded: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    dotted: fc.boolean(),
  });
  fc.assert(
    fc.property(bits6, spelling, (bits, { upper, padded, dotted }) => {
      const hex = bits.toString(16).padStart(32, '0').match(/.{4}/g)!;
      const parts = hex.map((part, i) => (padded[i] ? part : part.replace(/^0{1,3}/, '')));
      const low = Number(bits & 0xffffffffn);
      const quad = [24, 16, 8, 0].map((shift) => (low >>> shift) & 255).join('.');
      const text = (dotted ? [...parts.slice(0, 6), quad] : parts).join(':');
      expect(parseIp(upper ? text.toUpperCase() : text)).toBe(ipFromBits(bits, 'ipv6'));
    }),
  );
});

test('canonical IPv6 text follows RFC 5952: lower case, no leading zeros, the longest run of zeros as ::', () => {
  fc.assert(
    fc.property(bits6, (bits) => {
      const text = ipFromBits(bits, 'ipv6');
      expect(text).toMatch(/^[\da-f:]+$/);
      expect(text).not.toMatch(/(^|:)0[\da-f]/);
      const longest = longestZeroRun(bits);
      expect(text.includes('::')).toBe(longest >= 2);
      if (longest < 2) return;
      const written = text.split(':').filter((group) => group !== '').length;
      expect(8 - written).toBe(longest);
    }),
  );
});

test('a leading zero in an IPv4 octet is decimal, as Go 1.16 read it', () => {
  const zeros = fc.array(fc.nat(3), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(bits4, zeros, (bits, counts) => {
      const ip = ipFromBits(bits, 'ipv4');
      const padded = ip.split('.').map((octet, i) => '0'.repeat(counts[i]!) + octet);
      expect(parseIp(padded.join('.'))).toBe(ip);
    }),
  );
});

test('whatever the text, reading it gives an address that reads as itself, or nothing', () => {
  const piece = fc.constantFrom(
    '0',
    '1',
    '255',
    '256',
    'ffff',
    'g',
    ':',
    '::',
    '.',
    '/',
    '-',
    '%',
    ' ',
    '\n',
  );
  const text = fc.oneof(
    fc.string({ maxLength: 50 }),
    fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      const ip = parseIp(given);
      if (ip !== undefined) expect(parseIp(ip)).toBe(ip);
      else expect(ip).toBeUndefined();
    }),
  );
});

test('in sixteen octets IPv4 sorts by its number, where Go sorts it', () => {
  fc.assert(
    fc.property(address, address, (a, b) => {
      const inOctets = Buffer.compare(mapped(a), mapped(b));
      const difference = sixteenByteForm(a) - sixteenByteForm(b);
      expect(Math.sign(Number(difference))).toBe(inOctets);
    }),
  );
});

test('an IPv4-mapped address is the IPv4 address', () => {
  fc.assert(
    fc.property(bits4, (bits) => {
      const ip = ipFromBits(bits, 'ipv4');
      expect(parseIp(`::ffff:${ip}`)).toBe(ip);
      expect(parseIp(`::FFFF:${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`)).toBe(
        ip,
      );
    }),
  );
});

function mapped(ip: IpAddress): Buffer {
  const octets = Buffer.from(ipToBytes(ip));
  return octets.length === 16
    ? octets
    : Buffer.concat([Buffer.alloc(10), Buffer.alloc(2, 0xff), octets]);
}

function longestZeroRun(bits: bigint): number {
  const hex = bits.toString(16).padStart(32, '0').match(/.{4}/g)!;
  let longest = 0;
  let run = 0;
  for (const group of hex) {
    run = group === '0000' ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
