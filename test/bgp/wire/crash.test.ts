import { describe, expect, test } from 'vitest';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import type { Dialect } from '../../../src/runtime/bgp/wire/message.ts';
import { openMessage, updateMessage } from '../../support/bgp/octets.ts';

const external: Dialect = { asnOctets: 4, internal: false };
const MANDATORY = '40010100 40020602010000fc01 400304c0000201';
const HOST = '20cb007107';
const KEPT = { type: 'update', announced: [{ length: 32 }], withdrawn: [], faults: [] };

/** Messages that ended other daemons, and what the RFCs have a speaker do with them. */
describe('an OPEN that reads beyond its end', () => {
  const unspecific = { type: 'malformed', error: { code: 2, subcode: 0 } };

  test.each([
    // A parameter of type 255 of whose three octets (with the extended length) only two, or one, are there.
    ['CVE-2022-40302: extended parameters, cut within the length', '02 ff00', unspecific],
    ['CVE-2022-40302: extended parameters, cut after the type', '01 ff', unspecific],
    [
      'CVE-2022-40302: an extended parameter, cut within its length',
      'ff ff 0002 02 00',
      unspecific,
    ],
    ['CVE-2022-40302: an extended parameter, cut after its type', 'ff ff 0001 02', unspecific],
    // Length checks that hold for one form of the length, applied to the other.
    ['CVE-2022-40318: an extended parameter longer than all', 'ff ff 0004 02 0005 02', unspecific],
    [
      'CVE-2022-40318: extended parameters longer than the OPEN',
      'ff ff ffff 02 0002 0200',
      unspecific,
    ],
    [
      'CVE-2022-40318: 255 in the place of a later type',
      '05 0200 ff 00 00',
      { error: { code: 2 } },
    ],
    // The message ends where the length of the parameters, or of the extended ones, is to stand.
    ['CVE-2022-43681: the OPEN ends after the length of its parameters', '02', unspecific],
    ['CVE-2022-43681: the OPEN ends after 255 parameters', 'ff', unspecific],
    ['CVE-2022-43681: the OPEN ends after the extended type', 'ff ff', unspecific],
  ])('%s', (_, parameters, answer) => {
    expect(decodeMessage(openMessage({ parameters }), external)).toMatchObject(answer);
  });

  test('CVE-2022-43681: a header that claims an OPEN without the length of its parameters', () => {
    const cut = Uint8Array.of(...openMessage().slice(0, 28)).with(17, 28);
    expect(decodeMessage(cut, external)).toMatchObject({ error: { code: 1, subcode: 2 } });
  });
});

describe('CVE-2023-46752: MP_REACH_NLRI that lies about its parts', () => {
  test.each([
    ['a next hop longer than the attribute', '800e05 0002 01 ff 00', 'disableFamily'],
    [
      'a next hop that leaves no reserved octet',
      `800e14 0002 01 10 ${'20'.repeat(16)}`,
      'disableFamily',
    ],
    [
      'a prefix longer than the attribute',
      `800e16 0002 01 10 ${'20'.repeat(16)} 00 80`,
      'disableFamily',
    ],
    ['a next hop of no octet', '800e05 0002 01 00 00', 'disableFamily'],
  ])('%s', (_, reach, severity) => {
    const attributes = `${reach} 40010100 40020602010000fc01`;
    expect(decodeMessage(updateMessage({ attributes }), external)).toMatchObject({
      type: 'update',
      announced: [],
      faults: [{ severity }],
    });
  });

  test.each(['800e00', '800e04 0002 01 00', '900e0001 00'])(
    'no room for its fixed part, %s',
    (reach) => {
      const attributes = `${reach} 40010100 40020602010000fc01`;
      expect(decodeMessage(updateMessage({ attributes }), external)).toMatchObject({
        error: { code: 3, subcode: 9 },
      });
    },
  );

  test('no attribute but an unknown one, and a route: withdrawn (CVE-2023-46753)', () => {
    const message = updateMessage({ attributes: `c01f10 ${'00'.repeat(16)}`, nlri: HOST });
    expect(decodeMessage(message, external)).toMatchObject({
      announced: [],
      withdrawn: [{ length: 32 }],
      faults: [{ attribute: 1 }, { attribute: 2 }, { attribute: 3 }],
    });
  });
});

describe('VU#347067: damaged attributes that somebody passes on do not end the session', () => {
  test.each([
    ['an entropy label, long withdrawn, that is cut', 'e01c00'],
    ['a tunnel encapsulation of nothing', 'c01700'],
    ['PMSI_TUNNEL of one octet', 'c01601 ff'],
    ['BGP-LS of one octet', '801d01 ff'],
    ['AIGP that says it is longer', '801a04 01ffff00'],
    ['BGP Prefix-SID of one octet', 'c02801 ff'],
    ['ATTR_SET of nothing', 'e08000'],
    ['an attribute reserved for tests', 'e0ff03 ffffff'],
  ])('%s is passed over', (_, attribute) => {
    const message = updateMessage({ attributes: `${MANDATORY} ${attribute}`, nlri: HOST });
    expect(decodeMessage(message, external)).toMatchObject(KEPT);
  });

  test.each([
    ['COMMUNITIES', 'e00803 ffffff'],
    ['EXTENDED COMMUNITIES', 'e01001 ff'],
    ['IPv6 EXTENDED COMMUNITIES', 'e01901 ff'],
    ['LARGE_COMMUNITY', 'e02001 ff'],
  ])('%s costs the route alone', (_, attribute) => {
    const message = updateMessage({ attributes: `${MANDATORY} ${attribute}`, nlri: HOST });
    expect(decodeMessage(message, external)).toMatchObject({
      type: 'update',
      announced: [],
      withdrawn: [{ length: 32 }],
    });
  });

  test.each(['e00705 ffffffffff', 'e01204 ffffffff', 'e01103 ffffff', '400601 ff'])(
    '%s, of which nothing hangs, is discarded',
    (attribute) => {
      const message = updateMessage({ attributes: `${MANDATORY} ${attribute}`, nlri: HOST });
      expect(decodeMessage(message, external)).toMatchObject({
        type: 'update',
        announced: [{ length: 32 }],
        faults: [{ severity: 'attributeDiscard' }],
      });
    },
  );
});

test('as many attributes, and as many prefixes, as a message can hold, are a message', () => {
  const attributes = `${MANDATORY}${'c0fe00'.repeat(1300)}`;
  expect(decodeMessage(updateMessage({ attributes, nlri: HOST }), external)).toMatchObject({
    type: 'update',
    announced: [{ length: 32 }],
  });
  const many = decodeMessage(updateMessage({ withdrawn: '00'.repeat(4073) }), external);
  expect(many.type === 'update' && many.withdrawn.length).toBe(4073);
});
