import { describe, expect, test } from 'vitest';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import type { Dialect } from '../../../src/runtime/bgp/wire/message.ts';
import { type UpdateFields, hex } from '../../support/bgp/octets.ts';
import {
  AS_PATH,
  EXTERNAL,
  HOST,
  INTERNAL,
  KEPT,
  DISCARDED,
  LOCAL_PREF,
  MANDATORY,
  NEXT_HOP,
  OLD_SPEAKER,
  ORIGIN,
  REACH,
  UNREACH,
  WITHDRAWN,
  readUpdate,
  summary,
} from '../../support/bgp/reading.ts';

test('an UPDATE of both families is read with all that it says', () => {
  const communities = 'c00808fc000001ffffff01';
  const large = 'c0200c0000fc000000000100000002';
  const unknown = 'c0fe02abcd';
  const attributes = `${REACH}${UNREACH}${MANDATORY}80040400000005${communities}${large}${unknown}`;
  const message = readUpdate({ withdrawn: '19c0000280', attributes, nlri: `${HOST}00` });
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
  const message = readUpdate({ attributes: MANDATORY, nlri: '19cb0071ff' });
  expect(summary(message)).toMatchObject({ announced: ['203.0.113.128/25'] });
});

test('a prefix counts as those of the configuration do', () => {
  const message = readUpdate({ attributes: MANDATORY, nlri: '14c63360' });
  const [prefix] = message.type === 'update' ? message.announced : [];
  expect([prefix?.first, prefix?.last]).toEqual([0xc6336000n, 0xc6336fffn]);
});

describe('an attribute, RFC 7606 §7: what is wrong, and what follows', () => {
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
    ['AS_PATH with AS 0', `${ORIGIN}40020a02020000fc0100000000${NEXT_HOP}`, WITHDRAWN],
    [
      'AS4_PATH with AS 0',
      `${ORIGIN}4002040201fc01${NEXT_HOP}c01106020100000000`,
      DISCARDED,
      OLD_SPEAKER,
    ],
    [
      'AS4_AGGREGATOR of AS 0',
      `${ORIGIN}4002040201fc01${NEXT_HOP}c00706fc01c0000201c0120800000000c0000201`,
      DISCARDED,
      OLD_SPEAKER,
    ],
    ['AS_PATH of a confederation', `${ORIGIN}40020603010000fc01${NEXT_HOP}`, WITHDRAWN],
    [
      'AS_PATH of a confederation from inside it',
      `${ORIGIN}40020603010000fc01${NEXT_HOP}${LOCAL_PREF}`,
      KEPT,
      INTERNAL,
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
      INTERNAL,
    ],
    ['LOCAL_PREF that is missing within the AS', MANDATORY, WITHDRAWN, INTERNAL],
    ['LOCAL_PREF from another AS', `${MANDATORY}${LOCAL_PREF}`, DISCARDED],
    ['LOCAL_PREF of three octets from another AS', `${MANDATORY}400503000064`, DISCARDED],
    ['ATOMIC_AGGREGATE', `${MANDATORY}400600`, KEPT],
    ['ATOMIC_AGGREGATE of one octet', `${MANDATORY}40060100`, DISCARDED],
    ['ATOMIC_AGGREGATE that is optional', `${MANDATORY}c00600`, WITHDRAWN],
    ['AGGREGATOR', `${MANDATORY}c007080000fc01c0000201`, KEPT],
    ['AGGREGATOR that does not pass', `${MANDATORY}8007080000fc01c0000201`, WITHDRAWN],
    ['AGGREGATOR of AS 0', `${MANDATORY}c0070800000000c0000201`, DISCARDED],
    [
      'AGGREGATOR of AS 0 from an old speaker',
      `${ORIGIN}4002040201fc01${NEXT_HOP}c007060000c0000201`,
      DISCARDED,
      OLD_SPEAKER,
    ],
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
      INTERNAL,
    ],
    ['CLUSTER_LIST from another AS', `${MANDATORY}800a0400000001`, DISCARDED],
    [
      'CLUSTER_LIST of none from within the AS',
      `${MANDATORY}${LOCAL_PREF}800a00`,
      WITHDRAWN,
      INTERNAL,
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
  ])('%s', (_, attributes, expected, dialect = EXTERNAL) => {
    expect(summary(readUpdate({ attributes, nlri: HOST }, dialect))).toEqual(expected);
  });

  test('of two that stand twice, the first counts', () => {
    const attributes = `${MANDATORY}8004040000000180040400000002`;
    expect(readUpdate({ attributes, nlri: HOST })).toMatchObject({ attributes: { med: 1 } });
  });

  test('the NOTIFICATION about one carries the whole of it', () => {
    expect(readUpdate({ attributes: `${MANDATORY}40fe02abcd`, nlri: HOST })).toMatchObject({
      error: { data: hex('40fe02abcd') },
    });
    expect(readUpdate({ attributes: `${MANDATORY}800f020002`, nlri: HOST })).toMatchObject({
      error: { data: hex('800f020002') },
    });
  });
});

describe('of several things that are wrong, the worst decides', () => {
  test('withdrawing before discarding, and each is told', () => {
    const message = readUpdate({ attributes: `${AS_PATH}${NEXT_HOP}40060100`, nlri: HOST });
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
    expect(summary(readUpdate({ attributes, nlri: HOST }))).toEqual({ reset: '3/1' });
  });

  test('a family that cannot be read, beside routes of the other that can', () => {
    const unreadable = '800e1a 0002 01 10 20010db8000000000000000000000001 00 21 20010db8';
    const attributes = unreadable + ORIGIN + AS_PATH + NEXT_HOP;
    const message = readUpdate({ attributes, nlri: HOST });
    expect(summary(message)).toEqual({ ...KEPT, faults: ['disableFamily'] });
    expect(message).toMatchObject({ faults: [{ attribute: 14, family: 'ipv6' }] });
  });
});

describe('what no attribute can mend', () => {
  test.each<[string, UpdateFields]>([
    ['a prefix of 33 bits', { attributes: MANDATORY, nlri: '21cb00710700' }],
    ['a prefix that is cut', { attributes: MANDATORY, nlri: '20cb0071' }],
    ['a withdrawn prefix of 33 bits', { withdrawn: '21cb00710700' }],
    ['a withdrawn prefix that is cut', { withdrawn: '20cb' }],
  ])('%s resets the session', (_, fields) => {
    expect(summary(readUpdate(fields))).toEqual({ reset: '3/10' });
  });

  test.each(['0001 0000', '0000 0001', 'ffff ffff', '0004 00000000'])(
    'lengths that the message cannot hold, %s',
    (body) => {
      const octets = hex(body);
      const message = Uint8Array.of(...hex('ff'.repeat(16)), 0, 19 + octets.length, 2, ...octets);
      expect(decodeMessage(message, EXTERNAL)).toMatchObject({ error: { code: 3, subcode: 1 } });
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
    const message = readUpdate({ attributes });
    expect(message.type).toBe(reset === undefined ? 'update' : 'malformed');
    if (reset !== undefined) expect(summary(message)).toEqual({ reset });
  });
});
