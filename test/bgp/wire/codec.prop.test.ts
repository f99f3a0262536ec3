import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Attributes } from '../../../src/runtime/bgp/attributes.ts';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import { encodeMessage } from '../../../src/runtime/bgp/wire/encode.ts';
import { familyFor } from '../../../src/runtime/bgp/wire/family.ts';
import type { Capability, Message, Open } from '../../../src/runtime/bgp/wire/message.ts';
import { encodeUpdates } from '../../../src/runtime/bgp/wire/update/write.ts';
import { type Prefix, ipFromBytes } from '../../../src/runtime/net/index.ts';
import { prefixOf } from '../../support/bgp-routes.ts';
import { ip } from '../../support/views.ts';

const octet = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const octets = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });

const capability: fc.Arbitrary<Capability> = fc.oneof(
  fc.record({ afi: u16, safi: octet }).map(({ afi, safi }) => ({
    kind: 'multiprotocol' as const,
    afi,
    safi,
    family: familyFor(afi, safi),
  })),
  fc.constant({ kind: 'routeRefresh' as const }),
  fc.record({
    kind: fc.constant('gracefulRestart' as const),
    restarted: fc.boolean(),
    notification: fc.boolean(),
    restartTime: fc.nat(0xfff),
    families: fc.array(fc.record({ afi: u16, safi: octet, forwarding: fc.boolean() })),
  }),
  fc.record({
    kind: fc.constant('fourOctetAsn' as const),
    asn: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  }),
  fc.record({
    kind: fc.constant('unknown' as const),
    code: fc.integer({ min: 70, max: 255 }),
    value: octets(255),
  }),
);

const open: fc.Arbitrary<Open> = fc.record({
  type: fc.constant('open' as const),
  asn: fc.integer({ min: 1, max: 0xffff }),
  holdTime: fc.oneof(fc.constant(0), fc.integer({ min: 3, max: 0xffff })),
  identifier: fc.integer({ min: 1, max: 0xffffffff }),
  capabilities: fc.array(capability),
});

const message: fc.Arbitrary<Exclude<Message, { type: 'update' }>> = fc.oneof(
  open,
  fc.record({
    type: fc.constant('notification' as const),
    code: octet,
    subcode: octet,
    data: octets(300),
  }),
  fc.record({ type: fc.constant('routeRefresh' as const), afi: u16, safi: octet, subtype: octet }),
  fc.constant({ type: 'keepalive' as const }),
);

test('a message is read as it was written, in octets that nobody else keeps', () => {
  fc.assert(
    fc.property(message, (sent) => {
      const encoded = encodeMessage(sent);
      const received = decodeMessage(encoded, { asnOctets: 4, internal: false });
      encoded.fill(0);
      expect(received).toEqual(sent);
    }),
  );
});

const PREFIXES = {
  ipv4: fc
    .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat(32))
    .map(([address, length]) => prefixOf(`${ipFromBytes(address)}/${length}`)),
  ipv6: fc
    .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(128))
    // Not in ::ffff:0:0/96, which the configuration has for IPv4.
    .map(([address, length]) => prefixOf(`${ipFromBytes(address.with(0, 0x20))}/${length}`)),
} as const;

const attributes: fc.Arbitrary<Attributes> = fc.record(
  {
    text: fc.constant(''),
    origin: fc.constantFrom('igp', 'incomplete'),
    asPath: fc.array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { maxLength: 4 }),
    nextHop: fc.constant('node'),
    med: u32,
    communities: fc.array(fc.tuple(u16, u16).map((parts) => parts.join(':'))),
    largeCommunities: fc.array(fc.tuple(u32, u32, u32).map((parts) => parts.join(':'))),
  },
  { requiredKeys: ['text', 'origin', 'asPath', 'nextHop', 'communities', 'largeCommunities'] },
);

test('routes arrive with their attributes, whatever their number and the width of AS numbers', () => {
  const nextHops = {
    session: ip('192.0.2.9'),
    node: { ipv4: ip('192.0.2.7'), ipv6: ip('2001:db8::7') },
  };
  fc.assert(
    fc.property(
      fc.constantFrom('ipv4', 'ipv6').chain((family) =>
        fc.record({
          family: fc.constant(family),
          attributes: fc.option(attributes, { nil: undefined }),
          prefixes: fc.array<Prefix>(PREFIXES[family], { minLength: 1, maxLength: 400 }),
        }),
      ),
      fc.constantFrom<2 | 4>(2, 4),
      (batch, asnOctets) => {
        const dialect = { asnOctets, internal: false };
        const sent = encodeUpdates(batch, { dialect, nextHops });
        const arrived: string[] = [];
        for (const encoded of sent) {
          expect(encoded.length).toBeLessThanOrEqual(4096);
          const update = decodeMessage(encoded, dialect);
          if (update.type !== 'update') throw new Error(JSON.stringify(update));
          expect(update.faults).toEqual([]);
          const told = batch.attributes === undefined ? update.withdrawn : update.announced;
          arrived.push(...told.map(({ text }) => text));
          if (batch.attributes === undefined) continue;
          const { origin, asPath, med, communities, largeCommunities } = batch.attributes;
          expect(update.attributes).toMatchObject({
            origin,
            asPath: asPath.length === 0 ? [] : [{ kind: 'sequence', asns: asPath }],
            nextHop: nextHops.node[batch.family],
            med,
            communities,
            largeCommunities,
          });
        }
        expect(arrived).toEqual(batch.prefixes.map(({ text }) => text));
      },
    ),
    { numRuns: 60 },
  );
});
