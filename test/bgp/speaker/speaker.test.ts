import { describe, expect, test } from 'vitest';
import { BgpSpeaker } from '../../../src/runtime/bgp/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import {
  advertisedPool,
  advertisement,
  announced,
  bgpConfig,
  internalPeer,
  peer,
} from '../../support/bgp.ts';
import { BgpSpeakerScene, FRR, NATIVE, lan } from '../../support/bgp-speaker-scene.ts';
import { FakeBgpSessions } from '../../support/fake-bgp-sessions.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { labeled } from '../../support/pools.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { ip } from '../../support/views.ts';

const outer = peer('outer');
const inner = internalPeer('inner');
const web = announced('default/web', 'lan', '198.51.100.7');
const mail = announced('default/mail', 'lan', '198.51.100.8');

describe('with two peers', () => {
  function running(): BgpSpeakerScene {
    const scene = new BgpSpeakerScene();
    scene.configure([outer, inner]);
    scene.speaker.announce(web);
    scene.up();
    return scene;
  }

  test('a peer that comes up is told all routes and then their end', () => {
    const scene = new BgpSpeakerScene();
    scene.configure([outer, inner]);
    scene.speaker.announce(web);
    scene.sessions.to('outer').establish(['ipv4'], ip('192.0.2.10'));
    scene.sessions.to('inner').establish(['ipv4'], ip('192.0.2.11'));

    expect(scene.sessions.to('outer').heard).toEqual(['+198.51.100.7/32', 'end ipv4']);
    expect([...scene.sessions.to('outer').routes]).toEqual([['198.51.100.7/32', 'via 192.0.2.10']]);
    expect([...scene.sessions.to('inner').routes]).toEqual([
      ['198.51.100.7/32', 'via 192.0.2.11 preference 0'],
    ]);
  });

  test('a change to one Service tells that change alone', () => {
    const scene = running();
    scene.speaker.announce(mail);
    expect(scene.heard()).toEqual({ outer: ['+198.51.100.8/32'], inner: ['+198.51.100.8/32'] });
    scene.speaker.withdraw('default/web');
    expect(scene.heard()).toEqual({ outer: ['-198.51.100.7/32'], inner: ['-198.51.100.7/32'] });
    scene.speaker.announce(mail);
    scene.speaker.withdraw('default/web');
    expect(scene.heard()).toEqual({});
  });

  test('Services that come one after the other share a message', () => {
    const scene = running();
    scene.speaker.announce(mail);
    scene.speaker.announce(announced('default/ftp', 'lan', '198.51.100.9'));

    expect(scene.heard()['outer']).toEqual(['+198.51.100.8/32 +198.51.100.9/32']);
  });

  test('what is configured for others resets no session and sends nothing', () => {
    const scene = running();
    const wan = advertisedPool('wan', ['203.0.113.0/24'], advertisement());
    scene.configure([peer('more', { address: ip('192.0.2.3') }), outer, inner], [wan, lan]);

    expect(scene.heard()).toEqual({});
    expect(scene.sessions.peers).toEqual(['outer', 'inner', 'more']);
    scene.configure([inner], [lan]);
    expect(scene.heard()).toEqual({});
    expect(scene.sessions.peers).toEqual(['inner']);
    expect(scene.sessions.all.map(({ updates }) => updates)).toEqual([0, 0, 0]);
  });

  test('another advertisement sends what differs, and withdraws only what is gone', () => {
    const scene = running();
    scene.speaker.announce(mail);
    scene.heard();
    const advertisements = [
      advertisement({ peers: ['outer'], communities: ['64512:7'] }),
      advertisement({ peers: ['inner'], aggregationLength: 24 }),
    ];
    scene.configure(
      [outer, inner],
      [advertisedPool('lan', ['198.51.100.0/24'], ...advertisements)],
    );

    expect(scene.heard()).toEqual({
      outer: ['+198.51.100.7/32 +198.51.100.8/32'],
      inner: ['+198.51.100.0/24', '-198.51.100.7/32 -198.51.100.8/32'],
    });
    expect(scene.sessions.to('outer').routes.get('198.51.100.8/32')).toBe('via 192.0.2.10 64512:7');
  });

  test('a keepalive time is taken over while the session stays', () => {
    const scene = running();
    scene.configure([{ ...outer, keepaliveTimeSeconds: 5 }, inner]);

    expect(scene.sessions.to('outer').session.peer.keepaliveTimeSeconds).toBe(5);
    expect(scene.sessions.all.map(({ updates }) => updates)).toEqual([1, 0]);
    expect(scene.heard()).toEqual({});
  });

  test('a hold time takes a new session, and the peer hears why the old one ends', () => {
    const scene = running();
    const [old] = scene.sessions.all;
    scene.configure([{ ...outer, holdTimeSeconds: 30 }, inner]);
    scene.sessions.to('outer').establish(['ipv4']);

    expect(old?.closed).toMatchObject({ subcode: 'otherConfigurationChange' });
    expect(scene.heard()).toEqual({ outer: ['+198.51.100.7/32', 'end ipv4'] });
  });

  test('a peer that was lost is told all again, as it is by then', () => {
    const scene = running();
    scene.sessions.to('outer').fail();
    scene.speaker.announce(mail);
    scene.speaker.withdraw('default/web');
    scene.heard();
    scene.sessions.to('outer').establish(['ipv4']);

    expect(scene.heard()).toEqual({ outer: ['+198.51.100.8/32', 'end ipv4'] });
  });

  test('a drain asks all peers to prefer others, those that come up later too', () => {
    const scene = running();
    scene.sessions.to('inner').fail();
    scene.speaker.drain();
    expect(scene.speaker.isDrained).toBe(false);
    expect(scene.heard()).toEqual({ outer: ['+198.51.100.7/32'] });
    expect(scene.speaker.isDrained).toBe(true);
    scene.sessions.to('inner').establish(['ipv4']);
    scene.configure([outer, inner, peer('more', { address: ip('192.0.2.3') })]);
    scene.sessions.to('more').establish(['ipv4']);

    expect(scene.sessions.alive.map(({ routes }) => [...routes.values()])).toEqual([
      ['via 192.0.2.10 65535:0'],
      ['via 192.0.2.10 preference 0 65535:0'],
      ['via 192.0.2.10 65535:0'],
    ]);
  });

  test('a stop closes every session, and all of them hear why', async () => {
    const scene = running();
    await scene.speaker.stop({ subcode: 'administrativeShutdown', reason: 'maintenance' });

    expect(scene.sessions.all.map(({ closed }) => closed)).toEqual([
      { subcode: 'administrativeShutdown', reason: 'maintenance' },
      { subcode: 'administrativeShutdown', reason: 'maintenance' },
    ]);
  });

  test('figures tell how far each peer is', () => {
    const scene = running();
    scene.sessions.to('inner').fail();
    scene.speaker.announce(mail);

    expect(
      scene.speaker.figures().map(({ session, ...counts }) => [session.peer.name, counts]),
    ).toEqual([
      ['outer', { isUp: true, desired: 2, announced: 1, pending: 1 }],
      ['inner', { isUp: false, desired: 2, announced: 0, pending: 0 }],
    ]);
  });
});

test('a stop waits for a session that was closed just before, whose peer is yet to hear why', async () => {
  let hasLeft = (): void => undefined;
  const speaker = new BgpSpeaker(NATIVE, {
    open: () => ({
      update: () => undefined,
      pull: () => undefined,
      close: () => new Promise((resolve) => (hasLeft = resolve)),
    }),
    clock: new ManualClock(),
    logger: new RecordingLogger(),
    withheld: () => undefined,
  });
  speaker.configure(bgpConfig([lan], [outer]));
  speaker.configure(bgpConfig([lan], []));
  const order: string[] = [];
  const stopped = speaker
    .stop({ subcode: 'administrativeShutdown', reason: undefined })
    .then(() => order.push('stopped'));
  await new Promise((resolve) => setImmediate(resolve));
  order.push('left');
  hasLeft();
  await stopped;

  expect(order).toEqual(['left', 'stopped']);
});

test('the end of the routes waits until every Service was looked at', () => {
  const sessions = new FakeBgpSessions();
  const clock = new ManualClock();
  const ports = {
    open: sessions.open,
    clock,
    logger: new RecordingLogger(),
    withheld: () => undefined,
  };
  const speaker = new BgpSpeaker(NATIVE, ports);
  speaker.configure(bgpConfig([lan], [outer]));
  speaker.announce(web);
  sessions.to('outer').establish(['ipv4']);
  expect(sessions.to('outer').heard).toEqual(['+198.51.100.7/32']);
  speaker.announce(mail);
  speaker.settle();
  clock.advance(seconds(1));

  expect(sessions.to('outer').heard.slice(1)).toEqual(['+198.51.100.8/32', 'end ipv4']);
});

describe('the log', () => {
  const here = { ...outer, nodeSelectors: [labeled({ rack: 'x' })] };

  test('says which peers come and go, and why', () => {
    const scene = new BgpSpeakerScene();
    scene.configure([here, inner]);
    scene.speaker.place({ labels: { rack: 'x' }, addresses: {} });
    scene.speaker.place({ labels: { rack: 'x' }, addresses: { ipv4: ip('192.0.2.10') } });
    scene.speaker.place({ labels: { rack: 'y' }, addresses: {} });
    scene.configure([here, { ...inner, port: 1179 }]);
    scene.configure([here]);

    expect(scene.logged('event', 'peer', 'reason', 'fields')).toEqual([
      ['nodeLabelsChanged', undefined, undefined, undefined],
      ['peerAdded', '192.0.2.2', undefined, undefined],
      ['nodeLabelsChanged', undefined, undefined, undefined],
      ['peerAdded', '192.0.2.1', undefined, undefined],
      ['nodeLabelsChanged', undefined, undefined, undefined],
      ['peerRemoved', '192.0.2.1', 'filteredByNodeSelector', undefined],
      ['peerRemoved', '192.0.2.2', 'removedFromConfig', ['port']],
      ['peerAdded', '192.0.2.2', undefined, undefined],
      ['peerRemoved', '192.0.2.2', 'removedFromConfig', undefined],
    ]);
    expect(scene.logged('msg')).toContainEqual(['peer configured, starting BGP session']);
    expect(scene.logged('msg')).toContainEqual(['peer deconfigured, closing BGP session']);
  });

  test('counts the advertisements of a Service when they change', () => {
    const scene = new BgpSpeakerScene();
    const two = advertisedPool(
      'lan',
      ['198.51.100.0/24'],
      advertisement(),
      advertisement({ aggregationLength: 24 }),
    );
    scene.configure([], [two]);
    scene.speaker.announce(web);
    scene.speaker.announce(web);
    scene.speaker.announce(announced('default/web', 'lan', '198.51.100.7', '198.51.100.9'));

    expect(scene.logged('event', 'service', 'numAds').slice(1)).toEqual([
      ['updatedAdvertisements', 'default/web', 2],
      ['updatedAdvertisements', 'default/web', 4],
    ]);
  });
});

describe('where there is more to do than in one turn', () => {
  function busy(rules = NATIVE): BgpSpeakerScene {
    const scene = new BgpSpeakerScene(rules, 1);
    scene.configure([outer, inner]);
    scene.speaker.announce(web);
    scene.speaker.announce(mail);
    scene.pass();
    return scene;
  }

  test('a peer that comes up meanwhile is told the end only after all routes', () => {
    const scene = busy();
    const late = peer('late', { address: ip('192.0.2.3') });
    scene.speaker.configure(bgpConfig([lan], [outer, inner, late]));
    scene.sessions.to('late').establish(['ipv4']);
    expect(scene.sessions.to('late').heard).toEqual(['+198.51.100.7/32']);
    scene.pass();
    expect(scene.sessions.to('late').heard).toEqual([
      '+198.51.100.7/32',
      '+198.51.100.8/32',
      'end ipv4',
    ]);
  });

  test('what changes meanwhile comes after what was configured', () => {
    const scene = busy();
    scene.up();
    const tagged = advertisedPool('lan', ['198.51.100.0/24'], advertisement({ localPref: 7 }));
    scene.speaker.configure(bgpConfig([tagged], [inner]));
    scene.speaker.withdraw('default/mail');
    scene.speaker.configure(bgpConfig([lan], [inner]));
    scene.pass();
    expect([...scene.sessions.to('inner').routes]).toEqual([
      ['198.51.100.7/32', 'via 192.0.2.10 preference 0'],
    ]);
  });

  test('a node that moves tells each peer its other address', () => {
    const scene = busy(FRR);
    const six = announced('default/six', 'lan', '2001:db8::7');
    scene.speaker.announce(six);
    scene.speaker.place({ labels: {}, addresses: { ipv6: ip('2001:db8:ff::10') } });
    scene.pass();
    scene.up();
    scene.speaker.place({ labels: {}, addresses: { ipv6: ip('2001:db8:ff::20') } });
    scene.pass();
    for (const name of ['outer', 'inner']) {
      expect(scene.sessions.to(name).heard).toEqual(['+2001:db8::7/128']);
      expect(scene.sessions.to(name).routes.get('2001:db8::7/128')).toMatch('via 2001:db8:ff::20');
    }
  });

  test('a drain is over only when every peer was asked', () => {
    const scene = busy();
    scene.up();
    scene.speaker.drain();
    expect(scene.speaker.isDrained).toBe(false);
    scene.pass();
    expect(scene.speaker.isDrained).toBe(true);
    expect([...scene.sessions.to('outer').routes.values()]).toEqual([
      'via 192.0.2.10 65535:0',
      'via 192.0.2.10 65535:0',
    ]);
  });
});
