import { describe, expect, test } from 'vitest';
import {
  familyOf,
  ipFromBytes,
  ipToBytes,
  parseIp,
  parsePrefix,
  ipToBits,
  type IpAddress,
} from '../../src/runtime/net/index.ts';
import { summarize } from '../../src/runtime/net/prefix.ts';

describe('parseIp', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['010.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:0::000b', '2001:db8::b'],
    ['::ffff:192.0.2.10', '192.0.2.10'],
    ['::ffff:c000:20a', '192.0.2.10'],
    ['::', '::'],
    ['2001:db8:0:1::', '2001:db8:0:1::'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['2001:db8::00001', '2001:db8::1'],
  ])('reads %s as %s', (text, canonical) => {
    expect(parseIp(text)).toBe(canonical);
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.a',
    '1..2.3',
    '-1.2.3.4',
    'fe80::1%eth0',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::1',
    '1:2:3:4:5:6:7',
    '::1.2.3',
    '1.2.3.4::',
    '::ffff:1.2.3.4:1',
    '192.0.2.1/32',
    '0x1.2.3.4',
  ])('refuses %j', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  test.each(['192.0.2.1', '2001:db8::b'])('octets of %s read back', (text) => {
    const address = parseIp(text)!;
    expect(ipFromBytes(ipToBytes(address))).toBe(address);
    expect(familyOf(address)).toBe(text.includes(':') ? 'ipv6' : 'ipv4');
  });
});

describe('parsePrefix', () => {
  test.each([
    ['172.30.4.77/26', '172.30.4.64/26'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::1/64', '2001:db8::/64'],
    ['::ffff:10.0.0.9/120', '10.0.0.0/24'],
    ['192.0.2.1/032', '192.0.2.1/32'],
  ])('reads %s as %s', (text, canonical) => {
    expect(parsePrefix(text)?.text).toBe(canonical);
  });

  test.each([
    '192.0.2.1',
    '192.0.2.1/33',
    '192.0.2.1/',
    '192.0.2.1/-1',
    '192.0.2.1/24x',
    '2001:db8::/129',
    '/24',
  ])('refuses %j', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });
});

test('summarize covers a range with the fewest prefixes, ascending', () => {
  const range = (from: string, to: string) =>
    summarize(ipToBits(from as IpAddress), ipToBits(to as IpAddress), 'ipv4').map(
      ({ text }) => text,
    );
  expect(range('172.30.4.250', '172.30.5.6')).toEqual([
    '172.30.4.250/31',
    '172.30.4.252/30',
    '172.30.5.0/30',
    '172.30.5.4/31',
    '172.30.5.6/32',
  ]);
  expect(range('0.0.0.0', '255.255.255.255')).toEqual(['0.0.0.0/0']);
  expect(range('192.0.2.9', '192.0.2.9')).toEqual(['192.0.2.9/32']);
  expect(range('192.0.2.9', '192.0.2.8')).toEqual([]);
});
