import { describe, expect, test } from 'vitest';
import { type UpdateFields } from '../../support/bgp/octets.ts';
import {
  AS_PATH,
  HOST,
  NEXT_HOP,
  OLD_SPEAKER,
  ORIGIN,
  REACH,
  UNREACH,
  readUpdate,
  summary,
} from '../../support/bgp/reading.ts';

describe('routes in attributes, RFC 4760', () => {
  test('need no NEXT_HOP, and a wrong one beside them says nothing', () => {
    for (const nextHop of ['', NEXT_HOP, '400303c00002']) {
      const message = readUpdate({ attributes: REACH + ORIGIN + AS_PATH + nextHop });
      expect(summary(message)).toEqual({
        announced: ['2001:db8::/32'],
        withdrawn: [],
        faults: [],
      });
      expect(message).toMatchObject({ attributes: { nextHop: '2001:db8::1' } });
    }
  });

  test('are withdrawn where an attribute says so', () => {
    expect(summary(readUpdate({ attributes: REACH + AS_PATH }))).toEqual({
      announced: [],
      withdrawn: ['2001:db8::/32'],
      faults: ['treatAsWithdraw'],
    });
    expect(summary(readUpdate({ attributes: `4${REACH.slice(1)}${ORIGIN}${AS_PATH}` }))).toEqual({
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
    expect(summary(readUpdate({ attributes }))).toEqual({
      announced: [],
      withdrawn: [],
      faults: ['disableFamily'],
    });
  });

  test('of a family that nobody here knows are passed over', () => {
    const attributes = `800e05 0019 46 00 00 800f03 0019 46${ORIGIN}${AS_PATH}`;
    expect(summary(readUpdate({ attributes }))).toEqual({
      announced: [],
      withdrawn: [],
      faults: [],
    });
  });
});

describe('AS numbers of four octets from an old speaker, RFC 6793', () => {
  const path = (attributes: string): unknown => {
    const message = readUpdate(
      { attributes: ORIGIN + NEXT_HOP + attributes, nlri: HOST },
      OLD_SPEAKER,
    );
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
    expect(readUpdate(fields)).toMatchObject({ type: 'update', endOfRib: family });
  });
});
