import { describe, expect, test } from 'vitest';
import type { Attributes } from '../../../src/runtime/bgp/attributes.ts';
import type { Batch } from '../../../src/runtime/bgp/rib/adj-rib-out.ts';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import type { Update } from '../../../src/runtime/bgp/wire/message.ts';
import {
  UnsendableError,
  type UpdateContext,
  encodeEndOfRib,
  encodeUpdates,
} from '../../../src/runtime/bgp/wire/update/write.ts';
import { toHex } from '../../support/bgp/octets.ts';
import { hostRoutes, prefixOf } from '../../support/bgp-routes.ts';
import { ip } from '../../support/views.ts';

const native: Attributes = {
  text: '',
  origin: 'incomplete',
  asPath: [64512],
  nextHop: 'session',
  communities: [],
  largeCommunities: [],
};

const context = {
  dialect: { asnOctets: 4, internal: false },
  nextHops: { session: ip('127.0.0.1'), node: {} },
} as const satisfies UpdateContext;
const oldSpeaker: UpdateContext = { ...context, dialect: { asnOctets: 2, internal: false } };
const overIpv6 = {
  ...context,
  nextHops: { session: ip('2001:db8::7'), node: { ipv4: ip('192.0.2.7') } },
} as const satisfies UpdateContext;

function batch(attributes: Attributes | undefined, ...prefixes: readonly string[]): Batch {
  const [first, ...others] = prefixes.map(prefixOf);
  return { family: first!.family, attributes, prefixes: [first!, ...others] };
}

/** Without marker and length. */
function bodies(sent: Batch, over: UpdateContext = context): string[] {
  return encodeUpdates(sent, over).map((octets) => toHex(octets.subarray(19)));
}

function unspaced(text: string): string {
  return text.replaceAll(' ', '');
}

function decoded(octets: Uint8Array, { dialect }: UpdateContext = context): Update {
  const message = decodeMessage(octets, dialect);
  if (message.type !== 'update') throw new Error(`got ${message.type}`);
  return message;
}

describe('what v0.12 sent, octet by octet', () => {
  test.each<[string, Batch, UpdateContext, string]>([
    [
      'within one AS, with a preference and communities',
      batch(
        { ...native, asPath: [], localPref: 77, communities: ['64512:1', '65535:65281'] },
        '192.0.2.7/32',
      ),
      context,
      '0000 0020 40010102 400200 4003047f000001 4005040000004d c00808fc000001ffffff01 20c0000207',
    ],
    [
      'to another AS that knows no AS numbers of four octets',
      batch(native, '192.0.2.7/32'),
      oldSpeaker,
      '0000 0012 40010102 4002040201fc00 4003047f000001 20c0000207',
    ],
    [
      'to another AS from one of four octets',
      batch({ ...native, asPath: [4200000001] }, '192.0.2.7/32'),
      context,
      '0000 0014 40010102 4002060201fa56ea01 4003047f000001 20c0000207',
    ],
    ['a host withdrawn', batch(undefined, '192.0.2.7/32'), context, '0005 20c0000207 0000'],
    ['a net withdrawn', batch(undefined, '198.51.96.0/20'), context, '0004 14c63360 0000'],
  ])('%s', (_, sent, over, body) => {
    expect(bodies(sent, over)).toEqual([unspaced(body)]);
  });
});

describe('what v0.12 had no words for', () => {
  test('ORIGIN IGP, a metric, large communities: ascending by code', () => {
    const attributes: Attributes = {
      ...native,
      origin: 'igp',
      med: 0,
      communities: ['0:1'],
      largeCommunities: ['64512:1:2', '4200000001:0:0'],
    };
    expect(bodies(batch(attributes, '192.0.2.0/25', '0.0.0.0/0'))).toEqual([
      unspaced(
        `0000 003d 40010100 4002060201 0000fc00 4003047f000001 80040400000000 c0080400000001
         c02018 0000fc00 00000001 00000002 fa56ea01 00000000 00000000
         19c0000200 00`.replaceAll('\n', ''),
      ),
    ]);
  });

  test('an AS of four octets to a peer that reads two: AS_TRANS, and AS4_PATH beside it', () => {
    const sent = batch({ ...native, asPath: [4200000001] }, '192.0.2.7/32');
    expect(bodies(sent, oldSpeaker)).toEqual([
      unspaced('0000 001b 40010102 40020402015ba0 4003047f000001 c011060201fa56ea01 20c0000207'),
    ]);
    const [octets] = encodeUpdates(sent, oldSpeaker);
    expect(decoded(octets!, oldSpeaker).attributes?.asPath).toEqual([
      { kind: 'sequence', asns: [4200000001] },
    ]);
  });

  test('IPv6: MP_REACH_NLRI first, and no NEXT_HOP', () => {
    expect(bodies(batch(native, '2001:db8::1/128', '2001:db8:1::/48'), overIpv6)).toEqual([
      unspaced(
        `0000 003d
         800e2d 0002 01 10 20010db8000000000000000000000007 00
           80 20010db8000000000000000000000001 30 20010db80001
         40010102 40020602010000fc00`.replaceAll('\n', ''),
      ),
    ]);
  });

  test('IPv6 withdrawn', () => {
    expect(bodies(batch(undefined, '2001:db8:1::/48'), overIpv6)).toEqual([
      unspaced('0000 000d 800f0a 0002 01 30 20010db80001'),
    ]);
  });

  test('the link-local address beside the global one where both ends are on one link', () => {
    const nextHops = { ...overIpv6.nextHops, linkLocal: ip('fe80::7') };
    const [octets] = encodeUpdates(batch(native, '2001:db8::1/128'), { ...overIpv6, nextHops });
    expect(toHex(octets!.subarray(23, 62))).toBe(
      unspaced(
        '800e36 0002 01 20 20010db8000000000000000000000007 fe800000000000000000000000000007',
      ),
    );
    expect(decoded(octets!).attributes?.nextHop).toBe('2001:db8::7');
  });
});

describe('a route of the family that the session does not run over', () => {
  const other = { ...native, nextHop: 'node' } as const;

  test('goes by the address of the node', () => {
    const [octets] = encodeUpdates(batch(other, '198.51.100.1/32'), overIpv6);
    expect(decoded(octets!).attributes?.nextHop).toBe('192.0.2.7');
    const nextHops = { session: ip('192.0.2.7'), node: { ipv6: ip('2001:db8::7') } };
    const [ipv6] = encodeUpdates(batch(other, '2001:db8:1::/48'), { ...context, nextHops });
    expect(decoded(ipv6!).attributes?.nextHop).toBe('2001:db8::7');
  });

  test('is refused where the node has none, and never goes by an address of the other family', () => {
    const refused = new UnsendableError('nextHop', 'ipv6');
    expect(() => encodeUpdates(batch(other, '2001:db8::1/128'), overIpv6)).toThrow(refused);
    expect(() => encodeUpdates(batch(native, '2001:db8::1/128'), context)).toThrow(refused);
  });

  test('is withdrawn nonetheless', () => {
    expect(encodeUpdates(batch(undefined, '2001:db8::1/128'), context)).toHaveLength(1);
  });
});

describe('many prefixes', () => {
  const routes = hostRoutes(10_000);

  test('10,000 hosts are told in 13 messages of at most 4096 octets, and arrive in their order', () => {
    const sent = encodeUpdates({ family: 'ipv4', attributes: native, prefixes: routes }, context);
    expect(sent).toHaveLength(13);
    expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(4096);
    const arrived = sent.flatMap((octets) => decoded(octets).announced.map(({ text }) => text));
    expect(arrived).toEqual(routes.map(({ text }) => text));
  });

  test('and withdrawn in as many, where the original wrote one message that was too long', () => {
    const sent = encodeUpdates(
      { family: 'ipv4', attributes: undefined, prefixes: routes },
      context,
    );
    expect(sent).toHaveLength(13);
    const arrived = sent.flatMap((octets) => decoded(octets).withdrawn.map(({ text }) => text));
    expect(arrived).toEqual(routes.map(({ text }) => text));
  });

  test('of IPv6 fill their messages, too', () => {
    const prefixes = Array.from({ length: 1000 }, (_, index) =>
      prefixOf(`2001:db8::${index.toString(16)}/128`),
    );
    for (const attributes of [native, undefined]) {
      const sent = encodeUpdates({ family: 'ipv6', attributes, prefixes }, overIpv6);
      // 17 octets each.
      expect(sent).toHaveLength(5);
      expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(4096);
      const updates = sent.map((octets) => decoded(octets));
      const arrived = updates.flatMap(({ announced, withdrawn }) => [...announced, ...withdrawn]);
      expect(arrived.map(({ text }) => text)).toEqual(prefixes.map(({ text }) => text));
    }
  });

  test('none are no message', () => {
    expect(encodeUpdates({ family: 'ipv4', attributes: native, prefixes: [] }, context)).toEqual(
      [],
    );
  });
});

test('attributes that fill more than a message are refused, whole', () => {
  const largeCommunities = Array.from({ length: 338 }, (_, index) => `64512:0:${index}`);
  expect(() =>
    encodeUpdates(batch({ ...native, largeCommunities }, '192.0.2.7/32'), context),
  ).toThrow(new UnsendableError('length', 'ipv4'));
  const fitting = { ...native, largeCommunities: largeCommunities.slice(1) };
  const [octets] = encodeUpdates(batch(fitting, '192.0.2.7/32'), context);
  expect(decoded(octets!).attributes?.largeCommunities).toEqual(fitting.largeCommunities);
});

test('a path of more AS numbers than a segment holds is cut into segments', () => {
  const asPath = Array.from({ length: 300 }, (_, index) => 64512 + index);
  const [octets] = encodeUpdates(batch({ ...native, asPath }, '192.0.2.7/32'), context);
  expect(decoded(octets!).attributes?.asPath).toEqual([
    { kind: 'sequence', asns: asPath.slice(0, 255) },
    { kind: 'sequence', asns: asPath.slice(255) },
  ]);
});

test('the end of all routes of a family is an UPDATE of nothing, RFC 4724', () => {
  expect(toHex(encodeEndOfRib('ipv4').subarray(16))).toBe('00170200000000');
  expect(toHex(encodeEndOfRib('ipv6').subarray(16))).toBe('001d0200000006800f03000201');
  expect(decoded(encodeEndOfRib('ipv4')).endOfRib).toBe('ipv4');
  expect(decoded(encodeEndOfRib('ipv6')).endOfRib).toBe('ipv6');
});
