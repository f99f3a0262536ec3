import { describe, expect, test } from 'vitest';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import { encodeMessage } from '../../../src/runtime/bgp/wire/encode.ts';
import { MessageReader } from '../../../src/runtime/bgp/wire/reader.ts';
import { bgpMessage, hex, toHex } from '../../support/bgp/octets.ts';

const dialect = { asnOctets: 4, internal: false } as const;
const MARKER = 'ff'.repeat(16);

describe('a header', () => {
  test.each([
    ['whose marker has a zero bit', `${'ff'.repeat(15)}fe 0013 04`, [1, 1], ''],
    ['that says 18 octets', `${MARKER} 0012 04`, [1, 2], '0012'],
    ['that says 4097 octets', `${MARKER} 1001 02`, [1, 2], '1001'],
    ['of an OPEN of 28 octets', `${MARKER} 001c 01`, [1, 2], '001c'],
    ['of an UPDATE of 22 octets', `${MARKER} 0016 02`, [1, 2], '0016'],
    ['of a NOTIFICATION of 20 octets', `${MARKER} 0014 03`, [1, 2], '0014'],
    ['of a KEEPALIVE of 20 octets', `${MARKER} 0014 04`, [1, 2], '0014'],
    ['of a ROUTE-REFRESH of 22 octets', `${MARKER} 0016 05`, [1, 2], '0016'],
    ['of type 0', `${MARKER} 0013 00`, [1, 3], '00'],
    ['of type 6', `${MARKER} 0013 06`, [1, 3], '06'],
  ])('%s is refused before what follows it', (_, octets, [code, subcode], detail) => {
    const { frames, error } = new MessageReader().read(hex(octets));
    expect(frames).toEqual([]);
    expect(error).toMatchObject({ code, subcode, data: hex(detail) });
  });

  test('is refused also where it comes octet by octet, and nothing is read after it', () => {
    const reader = new MessageReader();
    const results = [...hex(`${MARKER} 0012 04`)].map((octet) => reader.read(Uint8Array.of(octet)));
    expect(results.map(({ error }) => error?.subcode)).toEqual([
      ...Array.from({ length: 18 }, () => undefined),
      2,
    ]);
    expect(reader.read(encodeMessage({ type: 'keepalive' }))).toEqual({
      frames: [],
      error: undefined,
    });
  });

  test('that promises more than is there is malformed where the message is said to be whole', () => {
    expect(decodeMessage(hex(`${MARKER} 0017 02 0000`), dialect)).toMatchObject({
      type: 'malformed',
      error: { code: 1, subcode: 2 },
    });
    expect(decodeMessage(hex('ffff'), dialect)).toMatchObject({ type: 'malformed' });
  });
});

test('a message that is larger than any may be is never waited for', () => {
  const reader = new MessageReader();
  const longest = bgpMessage(2, Uint8Array.of(0, 0, 0x0f, 0xe9, ...new Uint8Array(4073)));
  expect(longest.length).toBe(4096);
  expect(reader.read(longest.subarray(0, 4095)).frames).toEqual([]);
  expect(reader.read(longest.subarray(4095)).frames).toEqual([longest]);
});

test('KEEPALIVE is the header alone', () => {
  expect(toHex(encodeMessage({ type: 'keepalive' }))).toBe(`${MARKER}001304`);
  expect(decodeMessage(encodeMessage({ type: 'keepalive' }), dialect)).toEqual({
    type: 'keepalive',
  });
});

describe('ROUTE-REFRESH', () => {
  test('names a family and a subtype', () => {
    const message = { type: 'routeRefresh', afi: 2, safi: 1, subtype: 0 } as const;
    expect(toHex(encodeMessage(message))).toBe(`${MARKER}00170500020001`);
    expect(decodeMessage(encodeMessage(message), dialect)).toEqual(message);
  });

  test('of a wrong length is answered as the RFC of its subtype says', () => {
    const begin = bgpMessage(5, hex('0001 01 01 00'));
    expect(decodeMessage(begin, dialect)).toMatchObject({
      error: { code: 7, subcode: 1, data: begin },
    });
    expect(decodeMessage(bgpMessage(5, hex('0001 00 01 00')), dialect)).toMatchObject({
      error: { code: 1, subcode: 2, data: hex('0018') },
    });
  });
});

test('NOTIFICATION carries code, subcode and data', () => {
  const message = { type: 'notification', code: 2, subcode: 1, data: hex('0004') } as const;
  expect(toHex(encodeMessage(message))).toBe(`${MARKER}00170302010004`);
  expect(decodeMessage(encodeMessage(message), dialect)).toEqual(message);
});

test('a NOTIFICATION about a message of full length is cut to what a message can be', () => {
  const message = {
    type: 'notification',
    code: 7,
    subcode: 1,
    data: new Uint8Array(4096),
  } as const;
  expect(encodeMessage(message).length).toBe(4096);
});
