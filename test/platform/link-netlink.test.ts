import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MalformedError, ipToBytes, type IpAddress } from '../../src/runtime/net/index.ts';
import {
  DumpRequest,
  decodeNetlink,
  encodeDumpRequest,
} from '../../src/runtime/platform/socket/netlink.ts';

const u16 = (value: number): number[] => [value & 255, value >> 8];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];

function attribute(type: number, content: ArrayLike<number>): number[] {
  const padding = Array<number>((4 - (content.length % 4)) % 4).fill(0);
  return [...u16(4 + content.length), ...u16(type), ...Array.from(content), ...padding];
}

function message(type: number, body: readonly number[], flags = 2): number[] {
  return [...u32(16 + body.length), ...u16(type), ...u16(flags), ...u32(1), ...u32(77), ...body];
}

interface LinkFields {
  readonly kind?: number;
  readonly flags?: number;
  readonly attributes?: readonly number[];
  readonly mac?: readonly number[];
}

const eth0Mac = [0, 0, 0x5e, 0, 0x53, 1];

function newLink({ kind = 1, flags = 0x11043, attributes = [], mac = eth0Mac }: LinkFields = {}) {
  const header = [0, 0, ...u16(kind), ...u32(2), ...u32(flags), ...u32(0)];
  const name = attribute(3, Buffer.from('eth0\0'));
  return message(16, [...header, ...name, ...attribute(1, mac), ...attributes]);
}

function newAddress(text: string, flags = 0x80, family = 10): number[] {
  const header = [family, 64, flags & 255, 253, ...u32(2)];
  const address = attribute(1, ipToBytes(text as IpAddress));
  return message(20, [...header, ...address, ...attribute(8, u32(flags))]);
}

const decode = (...messages: readonly number[][]): ReturnType<typeof decodeNetlink> =>
  decodeNetlink(Uint8Array.from(messages.flat()));

describe('a link', () => {
  test('is read with all that decides whether it is served', () => {
    expect(decode(newLink())).toEqual([
      {
        type: 'link',
        link: {
          index: 2,
          name: 'eth0',
          mac: '00:00:5e:00:53:01',
          up: true,
          carrier: true,
          broadcast: true,
          noArp: false,
          enslaved: false,
        },
      },
    ]);
  });

  test.each<[what: string, fields: LinkFields, expected: object]>([
    ['a bridge port', { attributes: attribute(10, u32(7)) }, { enslaved: true }],
    ['without ARP', { flags: 0x110c3 }, { noArp: true }],
    ['down', { flags: 0x1002 }, { up: false, carrier: false }],
    ['without a cable', { attributes: attribute(33, [0]) }, { up: true, carrier: false }],
    ['that cannot broadcast', { flags: 0x11041 }, { broadcast: false }],
  ])('%s is seen as such', (_what, fields, expected) => {
    expect(decode(newLink(fields))).toMatchObject([{ link: expected }]);
  });

  test('that is not Ethernet has no place here', () => {
    expect(decode(newLink({ kind: 772 }), newLink({ mac: [1, 2, 3, 4] }))).toEqual([
      { type: 'other', interrupted: false },
      { type: 'other', interrupted: false },
    ]);
  });
});

describe('a link-local address', () => {
  test.each([
    ['fe80::200:5eff:fe00:5301', 0x80],
    ['febf::1', 0x80],
    ['fe80::1', 0x44],
  ])('%s with flags %i is read', (address, flags) => {
    expect(decode(newAddress(address, flags))).toEqual([{ type: 'linkLocal', index: 2, address }]);
  });

  test.each([
    ['one still in duplicate address detection', newAddress('fe80::1', 0xc0)],
    ['one found to be a duplicate', newAddress('fe80::1', 0x88)],
    ['a global one still in it', newAddress('2001:db8::1', 0xc0)],
  ])('%s is passed over', (_what, octets) => {
    expect(decode(octets)).toMatchObject([{ type: 'other' }]);
  });
});

test('other addresses of a link are read, of both families', () => {
  const octets = [newAddress('2001:db8::1'), newAddress('192.0.2.1', 0x80, 2)];
  expect(decode(...octets)).toEqual([
    { type: 'address', index: 2, address: '2001:db8::1' },
    { type: 'address', index: 2, address: '192.0.2.1' },
  ]);
});

test('the end of a dump, its interruption and errors are told', () => {
  expect(decode(message(3, u32(0)), message(3, u32(0), 0x12), message(2, u32(-16 >>> 0)))).toEqual([
    { type: 'done', interrupted: false },
    { type: 'done', interrupted: true },
    { type: 'error', errno: 16 },
  ]);
});

test('a request asks for a dump of links or of addresses', () => {
  const octets = [...u32(32), ...u16(18), ...u16(0x301), ...u32(5), ...Array<number>(20).fill(0)];
  expect([...encodeDumpRequest(DumpRequest.Links, 5)]).toEqual(octets);
  expect(encodeDumpRequest(DumpRequest.Addresses, 5)[4]).toBe(22);
});

test('damaged datagrams are refused as malformed or read without fault', () => {
  const whole = Uint8Array.from([...newLink(), ...newAddress('fe80::1')]);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, octet, end) => {
      try {
        expect(decodeNetlink(whole.with(at, octet).subarray(0, end)).length).toBeLessThan(9);
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
      }
    }),
  );
});
