import { describe, expect, test } from 'vitest';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import { encodeMessage } from '../../../src/runtime/bgp/wire/encode.ts';
import type { Capability, Open } from '../../../src/runtime/bgp/wire/message.ts';
import { type OpenFields, hex, openMessage, toHex } from '../../support/bgp/octets.ts';

const dialect = { asnOctets: 4, internal: false } as const;

const IPV4 = { kind: 'multiprotocol', afi: 1, safi: 1, family: 'ipv4' } as const;
const IPV6 = { kind: 'multiprotocol', afi: 2, safi: 1, family: 'ipv6' } as const;

function decode(fields: OpenFields): ReturnType<typeof decodeMessage> {
  return decodeMessage(openMessage(fields), dialect);
}

function capabilitiesOf(parameters: string): readonly Capability[] | undefined {
  const message = decode({ parameters });
  return message.type === 'open' ? message.capabilities : undefined;
}

describe('the OPEN of v0.12, octet by octet', () => {
  test.each([
    [64512, 64512, '04 fc00 005a 0a010203 14 0212 0104 00010001 0104 00020001 4104 0000fc00'],
    [4200000001, 23456, '04 5ba0 005a 0a010203 14 0212 0104 00010001 0104 00020001 4104 fa56ea01'],
  ])('AS %i', (asn, asn2, body) => {
    const open: Open = {
      type: 'open',
      asn: asn2,
      holdTime: 90,
      identifier: 0x0a010203,
      capabilities: [IPV4, IPV6, { kind: 'fourOctetAsn', asn }],
    };
    const octets = encodeMessage(open);
    expect(octets.length).toBe(49);
    expect(toHex(octets)).toBe(`${'ff'.repeat(16)}003101${body.replaceAll(' ', '')}`);
    expect(decodeMessage(octets, dialect)).toEqual(open);
  });
});

describe('an OPEN is taken', () => {
  test('of 29 octets, without any parameter', () => {
    expect(decode({})).toEqual({
      type: 'open',
      asn: 64513,
      holdTime: 90,
      identifier: 0xc0000201,
      capabilities: [],
    });
  });

  test('with a hold time of none', () => {
    expect(decode({ holdTime: '0000' })).toMatchObject({ holdTime: 0 });
  });

  test('with each capability in a parameter of its own, in their order, and twice the same', () => {
    expect(capabilitiesOf('14 0206 010400020001 0202 0200 0206 010400020001')).toEqual([
      IPV6,
      { kind: 'routeRefresh' },
      IPV6,
    ]);
  });

  test('with capabilities that nobody here knows, which are kept', () => {
    expect(capabilitiesOf('0c 020a 4600 4906 05726f757465')).toEqual([
      { kind: 'unknown', code: 70, value: hex('') },
      { kind: 'unknown', code: 73, value: hex('05726f757465') },
    ]);
    expect(capabilitiesOf('08 0206 0104 00190046')).toEqual([
      { kind: 'multiprotocol', afi: 25, safi: 70, family: undefined },
    ]);
  });

  test('with graceful restart, RFC 4724, and the N bit of RFC 8538', () => {
    expect(capabilitiesOf('0e 020c 400a c078 00010180 00020100')).toEqual([
      {
        kind: 'gracefulRestart',
        restarted: true,
        notification: true,
        restartTime: 120,
        families: [
          { afi: 1, safi: 1, forwarding: true },
          { afi: 2, safi: 1, forwarding: false },
        ],
      },
    ]);
  });

  test('with lengths of two octets, whatever the length of one octet says: RFC 9072', () => {
    const parameters = (length: string): string =>
      `${length} ff 000c 02 0006 0104 00010001 02 0000`;
    expect(capabilitiesOf(parameters('ff'))).toEqual([IPV4]);
    expect(capabilitiesOf(parameters('04'))).toEqual([IPV4]);
  });
});

describe('an OPEN is refused', () => {
  test.each<[string, OpenFields, number, string]>([
    ['of another version', { version: '03' }, 1, '0004'],
    ['of AS 0', { asn: '0000' }, 2, ''],
    ['of AS 0 in four octets', { parameters: '08 0206 4104 00000000' }, 2, ''],
    ['without an identifier', { identifier: '00000000' }, 3, ''],
    ['with a hold time of one second', { holdTime: '0001' }, 6, ''],
    ['with a hold time of two seconds', { holdTime: '0002' }, 6, ''],
    ['with authentication, long withdrawn', { parameters: '03 0101 00' }, 4, ''],
    ['with an unknown parameter', { parameters: '02 0300' }, 4, ''],
    ['with an extended length that is not first', { parameters: '04 0200 ff00' }, 4, ''],
    ['whose parameters are longer than it is', { parameters: '05 0202 0200' }, 0, ''],
    ['whose parameters are shorter than it is', { parameters: '03 0202 0200' }, 0, ''],
    ['with octets beyond no parameters', { parameters: '00 0202 0200' }, 0, ''],
    ['whose parameter is longer than all of them', { parameters: '04 0203 0200' }, 0, ''],
    ['whose capability is longer than its parameter', { parameters: '04 0202 0201' }, 0, ''],
    ['with half a capability', { parameters: '03 0201 02' }, 0, ''],
    ['with an AS number of two octets in code 65', { parameters: '06 0204 4102 fc01' }, 0, ''],
    ['with a family of five octets', { parameters: '09 0207 0105 0001000100' }, 0, ''],
    ['with a family cut from graceful restart', { parameters: '07 0205 4003 0078 00' }, 0, ''],
    ['with a route refresh that says something', { parameters: '05 0203 0201 00' }, 0, ''],
  ])('%s', (_, fields, subcode, detail) => {
    expect(decode(fields)).toMatchObject({
      type: 'malformed',
      error: { code: 2, subcode, data: hex(detail) },
    });
  });
});

describe('an OPEN whose capabilities need more than 255 octets', () => {
  const long: Open = {
    type: 'open',
    asn: 64512,
    holdTime: 90,
    identifier: 1,
    capabilities: [
      { kind: 'unknown', code: 128, value: new Uint8Array(200) },
      { kind: 'unknown', code: 129, value: new Uint8Array(49) },
    ],
  };

  test('keeps the old form up to there', () => {
    // 29 octets, two of the parameter, and 253 of the capabilities.
    const octets = encodeMessage(long);
    expect(octets.length).toBe(29 + 255);
    expect(octets[28]).toBe(255);
    expect(octets[29]).toBe(2);
    expect(decodeMessage(octets, dialect)).toEqual(long);
  });

  test('is written in the extended form, and read back', () => {
    const longer = {
      ...long,
      capabilities: [...long.capabilities, { kind: 'routeRefresh' }],
    } as const;
    const octets = encodeMessage(longer);
    expect(toHex(octets.subarray(28, 35))).toBe('ffff01020200ff');
    expect(octets.length).toBe(29 + 3 + 3 + 255);
    expect(decodeMessage(octets, dialect)).toEqual(longer);
  });
});
