import { expect, test } from 'vitest';
import type { Attributes } from '../../../src/runtime/bgp/index.ts';
import { AdjRibOut } from '../../../src/runtime/bgp/rib/adj-rib-out.ts';
import { type NodeAddresses, RouteOutlet } from '../../../src/runtime/bgp/speaker/route-outlet.ts';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import { attributesWith, hostRoutes, prefixOf } from '../../support/bgp-routes.ts';
import { agreedOn } from '../../support/fake-bgp-sessions.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { ip } from '../../support/views.ts';

const red = attributesWith('64512:1');
const DIALECT = { asnOctets: 4, internal: false } as const;

function outletOf(
  rib: AdjRibOut,
  node: NodeAddresses = {},
  logger = new RecordingLogger(),
): RouteOutlet {
  const traits = { family: 'ipv4', internal: false } as const;
  return new RouteOutlet(rib, traits, node, { logger, onObstacles: () => undefined });
}

/** Whole messages that are pulled until there are no more. */
function pulled(outlet: RouteOutlet, limit: number): { frames: Uint8Array[]; longest: number } {
  const frames: Uint8Array[] = [];
  let longest = 0;
  for (let octets = outlet.next(limit); octets; octets = outlet.next(limit)) {
    longest = Math.max(longest, octets.length);
    for (let at = 0; at < octets.length;) {
      const length = new DataView(octets.buffer, octets.byteOffset).getUint16(at + 16);
      frames.push(octets.slice(at, at + length));
      at += length;
    }
  }
  return { frames, longest };
}

test.each([4096, 16_384, 65_536])(
  '10,000 addresses leave in at most 20 UPDATEs, pulled %i octets at a time, and are withdrawn in as many',
  (limit) => {
    const rib = new AdjRibOut();
    const outlet = outletOf(rib);
    const prefixes = hostRoutes(10_000);
    for (const prefix of prefixes) rib.desire(prefix, red);
    outlet.established(agreedOn(['ipv4']), ip('192.0.2.10'));
    const up = pulled(outlet, limit);
    for (const prefix of prefixes) rib.desire(prefix, undefined);
    const down = pulled(outlet, limit);

    expect(up.frames.length - 1).toBeLessThanOrEqual(20);
    expect(down.frames.length).toBeLessThanOrEqual(20);
    expect(Math.max(up.longest, down.longest)).toBeLessThanOrEqual(limit);
    expect(up.frames.every(({ length }) => length <= 4096)).toBe(true);
  },
);

test('what was encoded for a session that is lost is not sent to the next', () => {
  const rib = new AdjRibOut();
  const outlet = outletOf(rib);
  for (const prefix of hostRoutes(3000)) rib.desire(prefix, red);
  outlet.established(agreedOn(['ipv4']), ip('192.0.2.10'));
  outlet.next(4096);
  outlet.ended();
  expect(outlet.next(65_536)).toBeUndefined();
  for (const prefix of hostRoutes(3000)) rib.desire(prefix, undefined);
  outlet.established(agreedOn(['ipv4']), ip('192.0.2.10'));

  expect(pulled(outlet, 65_536).frames).toHaveLength(1);
});

test('a peer that asks for its routes again and again gets them once for all that it asked meanwhile', () => {
  const rib = new AdjRibOut();
  const outlet = outletOf(rib);
  for (const prefix of hostRoutes(3000)) rib.desire(prefix, red);
  outlet.established(agreedOn(['ipv4']), ip('192.0.2.10'));
  outlet.next(4096);
  for (let times = 0; times < 5; times += 1) outlet.refresh('ipv4');
  const { frames } = pulled(outlet, 4096);

  // Three more of the first round, its end, and four of the second.
  expect(frames).toHaveLength(8);
});

test('attributes that fill more than a message are said, and the route as it was before is withdrawn', () => {
  const rib = new AdjRibOut();
  const logger = new RecordingLogger();
  const outlet = outletOf(rib, {}, logger);
  const web = prefixOf('198.51.100.7/32');
  rib.desire(web, red);
  outlet.established(agreedOn(['ipv4']), ip('192.0.2.10'));
  pulled(outlet, 4096);
  rib.desire(web, attributesWith(...Array.from({ length: 1100 }, (_, index) => `64512:${index}`)));
  const [frame] = pulled(outlet, 4096).frames;
  const told = frame && decodeMessage(frame, { asnOctets: 4, internal: false });

  expect(told).toMatchObject({ type: 'update', withdrawn: [{ text: web.text }], announced: [] });
  expect(logger.lines).toMatchObject([
    { level: 'error', fields: { op: 'sendUpdate', prefixes: 1 } },
  ]);
});

test('over link-local addresses the next hop is the node’s own, with the link-local one beside it', () => {
  const rib = new AdjRibOut();
  const own = ip('2001:db8::10');
  const outlet = new RouteOutlet(
    rib,
    { family: 'ipv6', internal: false },
    { ipv6: own },
    { logger: new RecordingLogger(), onObstacles: () => undefined },
  );
  const attributes: Attributes = red;
  rib.desire(prefixOf('2001:db8:1::7/128'), attributes);
  outlet.established(agreedOn(['ipv6']), ip('fe80::10'));
  const [frame] = pulled(outlet, 4096).frames;
  const hex = Buffer.from(frame ?? []).toString('hex');

  expect(hex).toContain(
    '20' + '20010db8000000000000000000000010' + 'fe800000000000000000000000000010',
  );
});

/** A session over IPv6 link-local addresses, with one route on it, and the first UPDATE of what is pulled. */
function overLinkLocal(node: NodeAddresses): {
  outlet: RouteOutlet;
  hex: () => string;
} {
  const rib = new AdjRibOut();
  const traits = { family: 'ipv6', internal: false } as const;
  const outlet = new RouteOutlet(rib, traits, node, {
    logger: new RecordingLogger(),
    onObstacles: () => undefined,
  });
  rib.desire(prefixOf('2001:db8:1::7/128'), red);
  outlet.established(agreedOn(['ipv6']), ip('fe80::10'));
  return { outlet, hex: () => Buffer.from(pulled(outlet, 4096).frames[0] ?? []).toString('hex') };
}

test('over link-local addresses a node that gets another address tells the routes anew with it', () => {
  const { outlet, hex } = overLinkLocal({ ipv6: ip('2001:db8::10') });
  hex();
  outlet.moveTo({ ipv6: ip('2001:db8::11') });

  expect(hex()).toContain('20010db8000000000000000000000011fe80');
});

test('a peer is told the end of a family that has no next hop yet: what it kept of an earlier run may go', () => {
  const rib = new AdjRibOut();
  const outlet = outletOf(rib, {});
  rib.desire(prefixOf('2001:db8:1::7/128'), { ...red, nextHop: 'node' });
  outlet.established(agreedOn(), ip('192.0.2.10'));
  const ends = pulled(outlet, 4096).frames.map((frame) => decodeMessage(frame, DIALECT));
  outlet.moveTo({ ipv6: ip('2001:db8::10') });
  const later = pulled(outlet, 4096).frames.map((frame) => decodeMessage(frame, DIALECT));

  expect(ends).toMatchObject([{ endOfRib: 'ipv4' }, { endOfRib: 'ipv6' }]);
  expect(later).toMatchObject([{ announced: [{ text: '2001:db8:1::7/128' }] }]);
});

test('what was encoded and not pulled yet still waits', () => {
  const rib = new AdjRibOut();
  const outlet = outletOf(rib);
  for (const prefix of hostRoutes(3000)) rib.desire(prefix, red);
  expect(outlet.isWaiting).toBe(false);
  outlet.established(agreedOn(['ipv4']), ip('192.0.2.10'));
  expect(outlet.isWaiting).toBe(true);
  outlet.next(4096);

  expect(outlet.isWaiting).toBe(true);
  pulled(outlet, 4096);
  expect(outlet.isWaiting).toBe(false);
});

test('a peer that says nothing of graceful restart is sent no end of a family', () => {
  const rib = new AdjRibOut();
  const outlet = outletOf(rib);
  rib.desire(prefixOf('198.51.100.7/32'), red);
  outlet.established({ ...agreedOn(), peerRestart: undefined }, ip('192.0.2.10'));
  const messages = pulled(outlet, 4096).frames.map((frame) => decodeMessage(frame, DIALECT));

  expect(messages).toMatchObject([{ announced: [{ text: '198.51.100.7/32' }] }]);
});
