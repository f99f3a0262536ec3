import { describe, expect, test } from 'vitest';
import { type Malformed, decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import type { Dialect, Update } from '../../../src/runtime/bgp/wire/message.ts';
import { type UpdateFields, hex, updateMessage } from '../../support/bgp/octets.ts';

const external: Dialect = { asnOctets: 4, internal: false };
const internal: Dialect = { asnOctets: 4, internal: true };
const old: Dialect = { asnOctets: 2, internal: false };

const ORIGIN = '40010100';
const AS_PATH = '40020602010000fc01';
const NEXT_HOP = '400304c0000201';
const LOCAL_PREF = '40050400000064';
const MANDATORY = ORIGIN + AS_PATH + NEXT_HOP;
const HOST = '20cb007107';

/** The IPv6 prefix 2001:db8::/32 by 2001:db8::1, and without any. */
const REACH = '800e1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8'.replaceAll(
  ' ',
  '',
);
const UNREACH = '800f08 0002 01 20 20010db8'.replaceAll(' ', '');

function read(fields: UpdateFields, dialect: Dialect = external): Update | Malformed {
  const message = decodeMessage(updateMessage(fields), dialect);
  if (message.type !== 'update' && message.type !== 'malformed') throw new Error(message.type);
  return message;
}

/** Routes as texts, and what was wrong. */
function summary(message: Update | Malformed): object {
  if (message.type === 'malformed') {
    return { reset: `${message.error.code}/${message.error.subcode}` };
  }
  return {
    announced: message.announced.map(({ text }) => text),
    withdrawn: message.withdrawn.map(({ text }) => text),
    faults: message.faults.map(({ severity }) => severity),
  };
}

const KEPT = { announced: ['203.0.113.7/32'], withdrawn: [], faults: [] };
const WITHDRAWN = { announced: [], withdrawn: ['203.0.113.7/32'], faults: ['treatAsWithdraw'] };
const DISCARDED = { ...KEPT, faults: ['attributeDiscard'] };

test('an UPDATE of both families is read with all that it says', () => {
  const communities = 'c00808fc000001ffffff01';
  const large = 'c0200c0000fc000000000100000002';
  const unknown = 'c0fe02abcd';
  const attributes = `${REACH}${UNREACH}${MANDATORY}80040400000005${communities}${large}${unknown}`;
  const message = read({ withdrawn: '19c0000280', attributes, nlri: `${HOST}00` });
  expect(summary(message)).toEqual({
    announced: ['203.0.113.7/32', '0.0.0.0/0', '2001:db8::/32'],
    withdrawn: ['192.0.2.128/25', '2001:db8::/32'],
    faults: [],
  });
  expect(message).toMatchObject({
    type: 'update',
    endOfRib: undefined,
    attributes: {
      origin: 'igp',
      asPath: [{ kind: 'sequence', asns: [64513] }],
      nextHop: '192.0.2.1',
      med: 5,
      localPref: undefined,
      communities: ['64512:1', '65535:65281'],
      largeCommunities: ['64512:1:2'],
      others: [{ code: 254, flags: 0xc0, value: hex('abcd') }],
    },
  });
});

test('bits of a prefix beyond its length say nothing', () => {
  const message = read({ attributes: MANDATORY, nlri: '19cb0071ff' });
  expect(summary(message)).toMatchObject({ announced: ['203.0.113.128/25'] });
});

test('a prefix counts as those of the configuration do', () => {
  const message = read({ attributes: MANDATORY, nlri: '14c63360' });
  const [prefix] = message.type === 'update' ? message.announced : [];
  expect([prefix?.first, prefix?.last]).toEqual([0xc6336000n, 0xc6336fffn]);
});

describe('an attribute, RFC 7606 §7: what is wrong, and what follows', () => {
  /** With a sound list beside it, from which what it replaces is missing. */
  test.each<[string, string, object, Dialect?]>([
    ['ORIGIN of two octets', `4001020000${AS_PATH}${NEXT_HOP}`, WITHDRAWN],
    ['ORIGIN of no octet', `400100${AS_PATH}${NEXT_HOP}`, WITHDRAWN],
    ['ORIGIN 3', `40010103${AS_PATH}${NEXT_HOP}`, WITHDRAWN],
    ['ORIGIN that is missing', `${AS_PATH}${NEXT_HOP}`, WITHDRAWN],
    ['ORIGIN that is optional', `c0010100${AS_PATH}${NEXT_HOP}`, WITHDRAWN],
    ['ORIGIN with the bits that mean nothing', `7f01000100${AS_PATH}${NEXT_HOP}`, KEPT],
    ['AS_PATH of nothing', `${ORIGIN}400200${NEXT_HOP}`, KEPT],
    ['AS_PATH that is missing', `${ORIGIN}${NEXT_HOP}`, WITHDRAWN],
    ['AS_PATH with a segment of type 5', `${ORIGIN}40020605010000fc01${NEXT_HOP}`, WITHDRAWN],
    ['AS_PATH with an empty segment', `${ORIGIN}4002020200${NEXT_HOP}`, WITHDRAWN],
    ['AS_PATH with a segment too long', `${ORIGIN}40020602020000fc01${NEXT_HOP}`, WITHDRAWN],
    ['AS_PATH with half a segment', `${ORIGIN}40020702010000fc0102${NEXT_HOP}`, WITHDRAWN],
    ['AS_PATH of two-octet numbers', `${ORIGIN}4002040201fc01${NEXT_HOP}`, WITHDRAWN],
    ['AS_PATH of a confederation', `${ORIGIN}40020603010000fc01${NEXT_HOP}`, WITHDRAWN],
    [
      'AS_PATH of a confederation from inside it',
      `${ORIGIN}40020603010000fc01${NEXT_HOP}${LOCAL_PREF}`,
      KEPT,
      internal,
    ],
    ['NEXT_HOP of 16 octets', `${ORIGIN}${AS_PATH}400310${'00'.repeat(16)}`, WITHDRAWN],
    ['NEXT_HOP that is missing', `${ORIGIN}${AS_PATH}`, WITHDRAWN],
    ['NEXT_HOP 0.0.0.0', `${ORIGIN}${AS_PATH}40030400000000`, WITHDRAWN],
    ['NEXT_HOP that is a group', `${ORIGIN}${AS_PATH}400304e0000001`, WITHDRAWN],
    ['MULTI_EXIT_DISC of three octets', `${MANDATORY}800403000000`, WITHDRAWN],
    [
      'LOCAL_PREF of three octets from within the AS',
      `${MANDATORY}400503000064`,
      WITHDRAWN,
      internal,
    ],
    ['LOCAL_PREF that is missing within the AS', MANDATORY, WITHDRAWN, internal],
    ['LOCAL_PREF from another AS', `${MANDATORY}${LOCAL_PREF}`, DISCARDED],
    ['LOCAL_PREF of three octets from another AS', `${MANDATORY}400503000064`, DISCARDED],
    ['ATOMIC_AGGREGATE', `${MANDATORY}400600`, KEPT],
    ['ATOMIC_AGGREGATE of one octet', `${MANDATORY}40060100`, DISCARDED],
    ['ATOMIC_AGGREGATE that is optional', `${MANDATORY}c00600`, DISCARDED],
    ['AGGREGATOR', `${MANDATORY}c007080000fc01c0000201`, KEPT],
    ['AGGREGATOR as to old speakers', `${MANDATORY}c00706fc01c0000201`, DISCARDED],
    ['COMMUNITIES of six octets', `${MANDATORY}c00806000000000000`, WITHDRAWN],
    ['COMMUNITIES of none', `${MANDATORY}c00800`, WITHDRAWN],
    ['COMMUNITIES that do not pass', `${MANDATORY}8008040000fc01`, WITHDRAWN],
    ['COMMUNITIES that somebody did not know', `${MANDATORY}e008040000fc01`, KEPT],
    ['ORIGINATOR_ID from another AS', `${MANDATORY}800903000000`, DISCARDED],
    [
      'ORIGINATOR_ID of three octets from within the AS',
      `${MANDATORY}${LOCAL_PREF}800903000000`,
      WITHDRAWN,
      internal,
    ],
    ['CLUSTER_LIST from another AS', `${MANDATORY}800a0400000001`, DISCARDED],
    [
      'CLUSTER_LIST of none from within the AS',
      `${MANDATORY}${LOCAL_PREF}800a00`,
      WITHDRAWN,
      internal,
    ],
    ['EXTENDED COMMUNITIES of seven octets', `${MANDATORY}c01007${'00'.repeat(7)}`, WITHDRAWN],
    ['AS4_PATH from a new speaker', `${MANDATORY}c0110602010000fc01`, DISCARDED],
    ['AS4_AGGREGATOR from a new speaker', `${MANDATORY}c012080000fc01c0000201`, DISCARDED],
    ['LARGE_COMMUNITY of 13 octets', `${MANDATORY}c0200d${'00'.repeat(13)}`, WITHDRAWN],
    ['LARGE_COMMUNITY of none', `${MANDATORY}c02000`, WITHDRAWN],
    ['MULTI_EXIT_DISC twice', `${MANDATORY}8004040000000180040400000002`, DISCARDED],
    ['an unknown one twice', `${MANDATORY}c0fe00c0fe00`, DISCARDED],
    ['an unknown one that is well-known', `${MANDATORY}40fe00`, { reset: '3/2' }],
    ['MP_REACH_NLRI twice', `${MANDATORY}${REACH}${REACH}`, { reset: '3/1' }],
    ['MP_UNREACH_NLRI twice', `${MANDATORY}${UNREACH}${UNREACH}`, { reset: '3/1' }],
    ['MP_REACH_NLRI of four octets', `${MANDATORY}800e0400020100`, { reset: '3/9' }],
    ['MP_UNREACH_NLRI of two octets', `${MANDATORY}800f020002`, { reset: '3/9' }],
    ['a length beyond the list', `${MANDATORY}8004ff00000001`, WITHDRAWN],
    ['a list that ends within flags, code and length', `${MANDATORY}8004`, WITHDRAWN],
    ['a list that ends within a length of two octets', `${MANDATORY}900400`, WITHDRAWN],
  ])('%s', (_, attributes, expected, dialect = external) => {
    expect(summary(read({ attributes, nlri: HOST }, dialect))).toEqual(expected);
  });

  test('of two that stand twice, the first counts', () => {
    const attributes = `${MANDATORY}8004040000000180040400000002`;
    expect(read({ attributes, nlri: HOST })).toMatchObject({ attributes: { med: 1 } });
  });

  test('the NOTIFICATION about one carries the whole of it', () => {
    expect(read({ attributes: `${MANDATORY}40fe02abcd`, nlri: HOST })).toMatchObject({
      error: { data: hex('40fe02abcd') },
    });
    expect(read({ attributes: `${MANDATORY}800f020002`, nlri: HOST })).toMatchObject({
      error: { data: hex('800f020002') },
    });
  });
});

describe('of several things that are wrong, the worst decides', () => {
  test('withdrawing before discarding, and each is told', () => {
    const message = read({ attributes: `${AS_PATH}${NEXT_HOP}40060100`, nlri: HOST });
    expect(summary(message)).toEqual({
      ...WITHDRAWN,
      faults: ['treatAsWithdraw', 'attributeDiscard'],
    });
    expect(message).toMatchObject({
      attributes: undefined,
      faults: [{ attribute: 1, reason: 'ORIGIN: missing' }, { attribute: 6 }],
    });
  });

  test('resetting before all, wherever it stands', () => {
    const attributes = `40010103${AS_PATH}${NEXT_HOP}40060100${REACH}${REACH}`;
    expect(summary(read({ attributes, nlri: HOST }))).toEqual({ reset: '3/1' });
  });

  test('a family that cannot be read, beside routes of the other that can', () => {
    const unreadable = '800e1a 0002 01 10 20010db8000000000000000000000001 00 21 20010db8';
    const attributes = unreadable + ORIGIN + AS_PATH + NEXT_HOP;
    const message = read({ attributes, nlri: HOST });
    expect(summary(message)).toEqual({ ...KEPT, faults: ['disableFamily'] });
    expect(message).toMatchObject({ faults: [{ attribute: 14, family: 'ipv6' }] });
  });
});

describe('routes in attributes, RFC 4760', () => {
  test('need no NEXT_HOP, and a wrong one beside them says nothing', () => {
    for (const nextHop of ['', NEXT_HOP, '400303c00002']) {
      const message = read({ attributes: REACH + ORIGIN + AS_PATH + nextHop });
      expect(summary(message)).toEqual({
        announced: ['2001:db8::/32'],
        withdrawn: [],
        faults: [],
      });
      expect(message).toMatchObject({ attributes: { nextHop: '2001:db8::1' } });
    }
  });

  test('are withdrawn where an attribute says so', () => {
    expect(summary(read({ attributes: REACH + AS_PATH }))).toEqual({
      announced: [],
      withdrawn: ['2001:db8::/32'],
      faults: ['treatAsWithdraw'],
    });
    expect(summary(read({ attributes: `4${REACH.slice(1)}${ORIGIN}${AS_PATH}` }))).toEqual({
      announced: [],
      withdrawn: ['2001:db8::/32'],
      faults: ['treatAsWithdraw'],
    });
  });

  test.each([
    ['a next hop of four octets for IPv6', `800e0e 0002 01 04 c0000201 00 20 20010db8`],
    ['a next hop longer than the attribute', `800e05 0002 01 10 00`],
    ['no octet after the next hop', `800e14 0002 01 10 ${'20'.repeat(16)}`],
    ['a prefix of 129 bits', `800e26 0002 01 10 ${'20'.repeat(16)} 00 81 ${'00'.repeat(16)}`],
    ['a prefix that is cut', `800e17 0002 01 10 ${'20'.repeat(16)} 00 20 20`],
    ['IPv4 of 33 bits', `800e0f 0001 01 04 c0000201 00 21 0000000000`],
    ['IPv4 by an IPv6 next hop, which nobody asked for', `800e15 0001 01 10 ${'20'.repeat(16)} 00`],
  ])('disable their family for %s', (_, attribute) => {
    const attributes = attribute + ORIGIN + AS_PATH;
    expect(summary(read({ attributes }))).toEqual({
      announced: [],
      withdrawn: [],
      faults: ['disableFamily'],
    });
  });

  test('of a family that nobody here knows are passed over', () => {
    const attributes = `800e05 0019 46 00 00 800f03 0019 46${ORIGIN}${AS_PATH}`;
    expect(summary(read({ attributes }))).toEqual({ announced: [], withdrawn: [], faults: [] });
  });
});

describe('what no attribute can mend', () => {
  test.each<[string, UpdateFields]>([
    ['a prefix of 33 bits', { attributes: MANDATORY, nlri: '21cb00710700' }],
    ['a prefix that is cut', { attributes: MANDATORY, nlri: '20cb0071' }],
    ['a withdrawn prefix of 33 bits', { withdrawn: '21cb00710700' }],
    ['a withdrawn prefix that is cut', { withdrawn: '20cb' }],
  ])('%s resets the session', (_, fields) => {
    expect(summary(read(fields))).toEqual({ reset: '3/10' });
  });

  test.each(['0001 0000', '0000 0001', 'ffff ffff', '0004 00000000'])(
    'lengths that the message cannot hold, %s',
    (body) => {
      const octets = hex(body);
      const message = Uint8Array.of(...hex('ff'.repeat(16)), 0, 19 + octets.length, 2, ...octets);
      expect(decodeMessage(message, external)).toMatchObject({ error: { code: 3, subcode: 1 } });
    },
  );

  test.each<[string, string, string | undefined]>([
    ['an attribute to withdraw for', `40010103${AS_PATH}`, '3/1'],
    ['a length beyond the list', `${ORIGIN}4002ff`, '3/1'],
    ['octets after MP_UNREACH_NLRI', `${UNREACH}00`, '3/1'],
    ['an attribute to discard', `${ORIGIN}${AS_PATH}40060100`, undefined],
    ['nothing wrong', `${ORIGIN}${AS_PATH}`, undefined],
    ['MP_UNREACH_NLRI alone that is to be withdrawn', `c${UNREACH.slice(1)}`, undefined],
  ])('attributes of no route, with %s: nobody knows what to withdraw', (_, attributes, reset) => {
    const message = read({ attributes });
    expect(message.type).toBe(reset === undefined ? 'update' : 'malformed');
    if (reset !== undefined) expect(summary(message)).toEqual({ reset });
  });
});

describe('AS numbers of four octets from an old speaker, RFC 6793', () => {
  const path = (attributes: string): unknown => {
    const message = read({ attributes: ORIGIN + NEXT_HOP + attributes, nlri: HOST }, old);
    return message.type === 'update'
      ? { path: message.attributes?.asPath, faults: message.faults.map(({ severity }) => severity) }
      : message;
  };
  const sequence = (...asns: readonly number[]): object => ({ kind: 'sequence', asns });

  test('stand in AS4_PATH; what AS_PATH has more comes first', () => {
    expect(path('4002080203fc015ba05ba0 c0110a0202fa56ea01fa56ea02')).toEqual({
      path: [sequence(64513), sequence(4200000001, 4200000002)],
      faults: [],
    });
  });

  test('a set counts once', () => {
    expect(path('40020a0201fc010102fc02fc03 c0110602010000fc09')).toEqual({
      path: [sequence(64513), sequence(64521)],
      faults: [],
    });
  });

  test('an AS4_PATH that is longer is of another path', () => {
    expect(path('4002040201fc01 c0110a0202fa56ea01fa56ea02')).toEqual({
      path: [sequence(64513)],
      faults: [],
    });
  });

  test('confederations in AS4_PATH are left out', () => {
    expect(path('4002040201 5ba0 c0110c0301000000010201fa56ea01')).toEqual({
      path: [sequence(4200000001)],
      faults: [],
    });
  });

  test('a malformed AS4_PATH is discarded', () => {
    expect(path('4002040201fc01 c0110602020000fc09')).toEqual({
      path: [sequence(64513)],
      faults: ['attributeDiscard'],
    });
    expect(path('4002040201fc01 c011020200')).toMatchObject({ faults: ['attributeDiscard'] });
  });

  test('an old speaker that aggregated later has the last word', () => {
    const aggregators = (asn: string): string => `c00706${asn}c0000201 c01208fa56ea01c0000201`;
    const attributes = '4002040201 5ba0 c011060201fa56ea01';
    expect(path(attributes + aggregators('fc01'))).toMatchObject({ path: [sequence(23456)] });
    expect(path(attributes + aggregators('5ba0'))).toMatchObject({ path: [sequence(4200000001)] });
  });
});

describe('the end of all routes, RFC 4724', () => {
  test.each<[string, UpdateFields, string | undefined]>([
    ['nothing at all', {}, 'ipv4'],
    ['MP_UNREACH_NLRI of no IPv6 route', { attributes: '800f03000201' }, 'ipv6'],
    ['MP_UNREACH_NLRI with a long length', { attributes: '900f0003000201' }, 'ipv6'],
    ['MP_UNREACH_NLRI of an unknown family', { attributes: '800f03001946' }, undefined],
    ['MP_UNREACH_NLRI of a route', { attributes: UNREACH }, undefined],
    ['routes withdrawn beside it', { withdrawn: HOST, attributes: '800f03000201' }, undefined],
    ['an attribute beside it', { attributes: `800f03000201${ORIGIN}` }, undefined],
  ])('%s', (_, fields, family) => {
    expect(read(fields)).toMatchObject({ type: 'update', endOfRib: family });
  });
});
