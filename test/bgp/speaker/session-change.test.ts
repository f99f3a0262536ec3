import { describe, expect, test } from 'vitest';
import { changeOf } from '../../../src/runtime/bgp/speaker/session-change.ts';
import { pairSessions } from '../../../src/runtime/bgp/speaker/session-pairs.ts';
import { type Session, sessionsOn } from '../../../src/runtime/bgp/session.ts';
import { type BfdProfile, type Peer, Secret } from '../../../src/runtime/model/index.ts';
import { bgpConfig, peer } from '../../support/bgp.ts';
import { labeled } from '../../support/pools.ts';
import { ip } from '../../support/views.ts';

const fast: BfdProfile = {
  name: 'fast',
  receiveIntervalMs: 50,
  transmitIntervalMs: 50,
  detectMultiplier: 3,
  echoIntervalMs: 50,
  echoMode: false,
  passiveMode: false,
  minimumTTL: 254,
};

function sessions(
  peers: readonly Peer[],
  ...bfdProfiles: readonly BfdProfile[]
): readonly Session[] {
  return sessionsOn({ ...bgpConfig([], peers), bfdProfiles }, {});
}

function session(over: Partial<Peer> = {}, ...profiles: readonly BfdProfile[]): Session {
  const [one] = sessions([peer('router', over)], ...profiles);
  if (one === undefined) throw new Error('no session');
  return one;
}

describe('of a session that is up,', () => {
  test.each<readonly [keyof Peer, Partial<Peer>, 'none' | 'live' | 'reopen']>([
    ['name', { name: 'other' }, 'live'],
    ['myASN', { myASN: 64999 }, 'reopen'],
    ['peerASN', { peerASN: 64999 }, 'reopen'],
    ['address', { address: ip('192.0.2.9') }, 'reopen'],
    ['port', { port: 1179 }, 'reopen'],
    ['sourceAddress', { sourceAddress: ip('192.0.2.10') }, 'reopen'],
    ['routerID', { routerID: ip('192.0.2.10') }, 'reopen'],
    ['holdTimeSeconds', { holdTimeSeconds: 30 }, 'reopen'],
    ['keepaliveTimeSeconds', { keepaliveTimeSeconds: 5 }, 'live'],
    ['password', { password: new Secret('sesame') }, 'reopen'],
    ['bfdProfile', { bfdProfile: 'fast' }, 'live'],
    ['ebgpMultiHop', { ebgpMultiHop: true }, 'reopen'],
    ['vrf', { vrf: 'red' }, 'reopen'],
    ['nodeSelectors', { nodeSelectors: [labeled({})] }, 'none'],
  ])('another %s: %o is taken over by %s', (field, over, disruption) => {
    const [before, after] = [session({}, fast), session(over, fast)];
    const fields = disruption === 'none' ? [] : [field];

    expect(changeOf(before, after, 'frr')).toEqual({ disruption, fields });
    expect(changeOf(after, before, 'frr')).toEqual({ disruption, fields });
    expect(changeOf(after, after, 'frr')).toEqual({ disruption: 'none', fields: [] });
  });

  test('multihop means nothing in native mode, where it never had an effect', () => {
    expect(changeOf(session(), session({ ebgpMultiHop: true }), 'native').disruption).toBe('none');
  });

  test('a password that is written anew and is the same is no change', () => {
    const [before, after] = ['sesame', 'sesame'].map((text) =>
      session({ password: new Secret(text) }),
    );

    expect(before && after && changeOf(before, after, 'native').disruption).toBe('none');
    expect(
      before && changeOf(before, session({ password: new Secret('open') }), 'native').disruption,
    ).toBe('reopen');
  });

  test('a BFD profile that says something else under the same name is taken over live', () => {
    const slow = { ...fast, detectMultiplier: 10 };
    const [before, after] = [fast, slow].map((one) => session({ bfdProfile: 'fast' }, one));

    expect(before && after && changeOf(before, after, 'frr').disruption).toBe('live');
  });

  test('the worst change decides, and only what brings it about is named', () => {
    const change = changeOf(session(), session({ name: 'other', port: 1179, vrf: 'red' }), 'frr');

    expect(change).toEqual({ disruption: 'reopen', fields: ['port', 'vrf'] });
  });
});

test('peers that differ in their timers only each go on as what they were, whatever they are called now', () => {
  const before = sessions([
    peer('peer1', { holdTimeSeconds: 90 }),
    peer('peer2', { holdTimeSeconds: 30 }),
  ]);
  const after = sessions([peer('peer1', { holdTimeSeconds: 30 })]);
  const { kept, closed, opened } = pairSessions(before, after, 'native');

  expect(kept.map((one) => [one.before.peer.name, one.after.peer.name])).toEqual([
    ['peer2', 'peer1'],
  ]);
  expect(closed.map((one) => one.before.peer.name)).toEqual(['peer1']);
  expect(opened).toEqual([]);
});
