import { expect, test } from 'vitest';
import { openPeer } from '../../../src/runtime/bgp/peering/open-peer.ts';
import { type PeeringFeatures, peerSettings } from '../../../src/runtime/bgp/peering/settings.ts';
import { Turns } from '../../../src/runtime/bgp/peering/turns.ts';
import type { Session } from '../../../src/runtime/bgp/session.ts';
import { type Peer, Secret } from '../../../src/runtime/model/index.ts';
import { parseIp } from '../../../src/runtime/net/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { FakeDialer } from '../../support/bgp/fake-dialer.ts';
import { Heard, PEER_OPEN, StockedOutlet } from '../../support/bgp/peering-scene.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const NATIVE: PeeringFeatures = { mode: 'native', routeRefresh: false, ttlSecurity: 0 };
const FRR: PeeringFeatures = { mode: 'frr', routeRefresh: true, ttlSecurity: 0 };

test('a password and a source address go with every call', () => {
  const session = sessionWith({
    password: new Secret('hunter2'),
    sourceAddress: parseIp('192.0.2.1')!,
    vrf: 'red',
  });
  expect(peerSettings(session, NATIVE).target).toEqual({
    address: '192.0.2.9',
    port: 179,
    source: '192.0.2.1',
    password: 'hunter2',
    device: 'red',
  });
});

test.each([
  ['native', 'external', false, undefined],
  ['frr', 'external', false, 1],
  ['frr', 'external', true, undefined],
  ['frr', 'internal', false, undefined],
] as const)(
  'in mode %s an %s peer, multihop %s, is called with TTL %s',
  (mode, kind, multihop, ttl) => {
    const session = { ...sessionWith({ ebgpMultiHop: multihop }), kind };
    expect(peerSettings(session, { ...NATIVE, mode }).target.ttl).toBe(ttl);
  },
);

test.each([
  ['native', 1, 255],
  ['frr', 1, 255],
  ['frr', 3, 253],
] as const)(
  'in mode %s with peers that may be %i hops away, nothing below TTL %i is heard',
  (mode, ttlSecurity, minTtl) => {
    const { target } = peerSettings(sessionWith({}), { ...NATIVE, mode, ttlSecurity });
    expect(target).toMatchObject({ ttl: 255, minTtl });
  },
);

test('a hold time of more than 16 bits wraps, as it did', () => {
  expect(peerSettings(sessionWith({ holdTimeSeconds: 70_000 }), NATIVE).holdTime).toBe(4464);
});

test('only what is switched on is added to the OPEN of the original', () => {
  const kinds = (features: PeeringFeatures): readonly string[] =>
    peerSettings(sessionWith({}), features).capabilities.map(({ kind }) => kind);
  expect(kinds(NATIVE)).toEqual(['multiprotocol', 'multiprotocol']);
  expect(kinds(FRR)).toEqual(['multiprotocol', 'multiprotocol', 'routeRefresh']);
});

test('the lines of a session say which it is', () => {
  const { dialer, logger } = opened(sessionWith({ address: parseIp('2001:db8::9')!, port: 1179 }));
  dialer.line.close('connection refused');
  expect(logger.lines.at(-1)?.fields).toMatchObject({
    peer: '[2001:db8::9]:1179',
    localASN: 64512,
    peerASN: 64513,
  });
});

test('the configured router id is in the OPEN', () => {
  const { dialer } = opened(sessionWith({ routerID: parseIp('10.1.2.3')! }));
  dialer.line.accept();
  expect(dialer.line.received).toMatchObject([{ type: 'open', identifier: 0x0a_01_02_03 }]);
});

test('another keepalive time is taken over without a new session', () => {
  const { dialer, link, clock } = opened(sessionWith({}));
  dialer.line.accept();
  dialer.line.say(PEER_OPEN, { type: 'keepalive' });
  const before = dialer.line.written.length;
  link.update(sessionWith({ keepaliveTimeSeconds: 5 }));
  clock.advance(seconds(20));
  expect(dialer.lines).toHaveLength(1);
  expect(dialer.line.written.length - before).toBeGreaterThanOrEqual(4);
});

function opened(session: Session): {
  readonly dialer: FakeDialer;
  readonly logger: RecordingLogger;
  readonly clock: ManualClock;
  readonly link: ReturnType<typeof openPeer>;
} {
  const [dialer, logger, clock] = [new FakeDialer(), new RecordingLogger(), new ManualClock()];
  const world = {
    dialer,
    logger,
    clock,
    turns: new Turns(clock),
    random: new SeededRandom(),
    features: NATIVE,
    nodeName: 'worker-1',
    links: () => [],
    observe: () => new Heard(),
  };
  return { dialer, logger, clock, link: openPeer(world, session, new StockedOutlet()) };
}

function sessionWith(changes: Partial<Peer>): Session {
  const peer: Peer = {
    name: 'peer1',
    myASN: 64512,
    peerASN: 64513,
    address: parseIp('192.0.2.9')!,
    port: 179,
    holdTimeSeconds: 90,
    keepaliveTimeSeconds: 30,
    ebgpMultiHop: false,
    nodeSelectors: [],
    ...changes,
  };
  return { key: 'peer', kind: 'external', peer };
}

test.each([
  ['native', false],
  ['frr', true],
] as const)('in %s mode, AS_TRANS for peers that know no more: %s', (mode, served) => {
  const settings = peerSettings(sessionWith({}), { ...NATIVE, mode });
  expect(settings.servesOldPeers).toBe(served);
});
