import { expect, test } from 'vitest';
import type { BgpRules } from '../../../src/runtime/bgp/index.ts';
import { peer } from '../../support/bgp.ts';
import { BgpNodeScene, FAST, RESTARTS } from '../../support/bgp-node-scene.ts';
import { PEER_OPEN } from '../../support/bgp/peering-scene.ts';
import { settle } from '../../support/manual-clock.ts';
import { ip } from '../../support/views.ts';

const FRR_V013: BgpRules = { mode: 'frr', compat: 'v0.13' };
const WEB = '198.51.100.7';
const one = peer('one');
const two = peer('two', { address: ip('192.0.2.2') });
const watched = peer('one', { bfdProfile: FAST.name });
/** A NOTIFICATION of the peer. */
const SHUTDOWN = { type: 'notification', code: 6, subcode: 2, data: new Uint8Array(0) } as const;

test('rows come and go with the sessions that the configuration asks for', async () => {
  const scene = new BgpNodeScene();
  const sessions = (): Promise<readonly string[]> => scene.rows('metallb_bgp_session_up');
  expect(await sessions()).toEqual([]);
  scene.configure(one, two);
  scene.greet();
  expect(await sessions()).toEqual([
    'metallb_bgp_session_up{peer="192.0.2.1:179"} 0',
    'metallb_bgp_session_up{peer="192.0.2.2:179"} 1',
  ]);
  scene.configure(two);
  expect(await sessions()).toEqual(['metallb_bgp_session_up{peer="192.0.2.2:179"} 1']);
  scene.configure();

  expect(await scene.rows('metallb_bgp')).toEqual([]);
});

test('rows tell what the peer is to have, and what it was sent', async () => {
  const scene = new BgpNodeScene();
  scene.configure(one);
  scene.announce(WEB, '198.51.100.8');
  const prefixes = async (): Promise<readonly string[]> =>
    (await scene.rows()).filter((row) => /prefixes_total|updates_total/.test(row));
  expect(await prefixes()).toEqual([
    'metallb_bgp_announced_prefixes_total{peer="192.0.2.1:179"} 0',
    'metallb_bgp_pending_prefixes_total{peer="192.0.2.1:179"} 2',
  ]);
  scene.greet();
  expect(await prefixes()).toEqual([
    'metallb_bgp_announced_prefixes_total{peer="192.0.2.1:179"} 2',
    'metallb_bgp_updates_total{peer="192.0.2.1:179"} 1',
    'metallb_bgp_pending_prefixes_total{peer="192.0.2.1:179"} 2',
  ]);
  scene.dialer.line.close('read: connection reset by peer');

  expect(await prefixes()).toContain(
    'metallb_bgp_announced_prefixes_total{peer="192.0.2.1:179"} 0',
  );
});

test('a session that is configured otherwise keeps its rows where it stays, and begins anew where not', async () => {
  const scene = new BgpNodeScene();
  scene.configure(one);
  scene.greet();
  scene.announce(WEB);
  scene.configure(peer('other', { keepaliveTimeSeconds: 5 }));
  expect(await scene.rows('metallb_bgp_updates_total')).toHaveLength(1);
  expect(scene.dialer.lines).toHaveLength(1);
  scene.configure(peer('other', { holdTimeSeconds: 30 }));

  expect(scene.dialer.lines).toHaveLength(2);
  expect(await scene.rows('metallb_bgp_updates_total')).toEqual([]);
  expect(await scene.rows('metallb_bgp_session_up')).toEqual([
    'metallb_bgp_session_up{peer="192.0.2.1:179"} 0',
  ]);
});

test('messages are counted as FRR of v0.13 does, each when it leaves or has come', async () => {
  const scene = new BgpNodeScene({ rules: FRR_V013 });
  scene.configure(one);
  const counts = async (): Promise<Readonly<Record<string, string>>> => {
    const rows = (await scene.rows('metallb_bgp_')).filter((row) => /_(sent|received)\{/.test(row));
    return Object.fromEntries(
      rows.map((row) => row.replace('{peer="192.0.2.1:179",vrf="default"}', '').split(' ')),
    ) as Readonly<Record<string, string>>;
  };
  const before = await counts();
  scene.greet();
  scene.dialer.line.say(SHUTDOWN);
  const refused = await counts();
  scene.retry();
  scene.greet();
  scene.dialer.line.data(Buffer.from('HTTP/1.1 400 Bad Request\r\n'));

  expect(new Set(Object.values(before))).toEqual(new Set(['0']));
  expect(refused).toEqual({
    metallb_bgp_opens_sent: '1',
    metallb_bgp_opens_received: '1',
    metallb_bgp_notifications_sent: '0',
    metallb_bgp_keepalives_sent: '1',
    metallb_bgp_keepalives_received: '1',
    metallb_bgp_route_refresh_sent: '0',
    metallb_bgp_updates_total_received: '0',
    metallb_bgp_total_sent: '2',
    metallb_bgp_total_received: '3',
  });
  expect(await counts()).toMatchObject({
    metallb_bgp_notifications_sent: '1',
    metallb_bgp_total_sent: '5',
    metallb_bgp_total_received: '5',
  });
});

test('a peer that is not reached is sent no OPEN and no NOTIFICATION', async () => {
  const scene = new BgpNodeScene({ rules: FRR_V013 });
  scene.configure(one);
  scene.dialer.line.close('connect: connection refused');
  scene.retry();
  scene.pass(20_000);

  expect(await scene.rows('metallb_bgp_total_sent')).toEqual([
    'metallb_bgp_total_sent{peer="192.0.2.1:179",vrf="default"} 0',
  ]);
});

test('what BFD sees go down ends the session at once, and the peer is told', async () => {
  const scene = new BgpNodeScene({ rules: FRR_V013 });
  scene.configure(watched);
  scene.greet();
  const bfd = await scene.bfd();
  bfd.answer(watched.address);
  bfd.cut(watched.address);

  expect(scene.dialer.line.received.at(-1)).toMatchObject({ code: 6, subcode: 10 });
  expect(scene.events.lines).toEqual([
    'Warning /alpha bgpSessionDown: BGP session with 192.0.2.1:179 is down: BFD session is down',
  ]);
  expect(await scene.rows('metallb_bgp_session_last_error')).toEqual([
    'metallb_bgp_session_last_error{peer="192.0.2.1:179",vrf="default",reason="bfdDown"} 1',
  ]);
  expect(await scene.rows('metallb_bfd_session_down_events')).toEqual([
    'metallb_bfd_session_down_events{peer="192.0.2.1",vrf="default"} 1',
  ]);
});

test('a peer is told of the end of BGP before it sees the end of BFD', async () => {
  const scene = new BgpNodeScene({ rules: FRR_V013 });
  scene.configure(watched);
  scene.greet();
  const bfd = await scene.bfd();
  bfd.answer(watched.address);
  scene.configure();

  expect(scene.dialer.line.received.at(-1)).toMatchObject({ code: 6, subcode: 3 });
  expect(bfd.specs.size).toBe(1);
  scene.dialer.line.close('connection closed by the peer');
  await settle();
  expect(bfd.specs.size).toBe(0);
});

test('at a stop BFD goes on until the peer has hung up', async () => {
  const scene = new BgpNodeScene({ rules: FRR_V013 });
  scene.configure(watched);
  scene.greet();
  const bfd = await scene.bfd();
  const stopping = scene.stop();
  await settle();

  expect(scene.dialer.line.received.at(-1)).toMatchObject({ code: 6, subcode: 2 });
  expect(bfd.isRunning).toBe(true);
  scene.dialer.line.close('connection closed by the peer');
  await stopping;
  expect(bfd.isRunning).toBe(false);
});

test('a session stays where BFD is not to be had, and the holder of the port is named once', async () => {
  const scene = new BgpNodeScene({ rules: FRR_V013 });
  const holder = 'bind: address already in use: bfdd (pid 42)';
  scene.denyBfd(holder);
  scene.configure(watched);
  scene.greet();
  for (let life = 0; life < 4; life += 1) {
    (await scene.bfd()).die(new Error(holder));
    await settle();
    scene.pass(60_000);
    scene.dialer.line.say({ type: 'keepalive' });
  }

  expect(scene.layers.length).toBeGreaterThanOrEqual(4);
  expect(await scene.rows('metallb_bgp_session_up')).toEqual([
    'metallb_bgp_session_up{peer="192.0.2.1:179",vrf="default"} 1',
  ]);
  expect(scene.events.lines).toEqual([
    `Warning /alpha bfdUnavailable: the BGP session with 192.0.2.1 goes on without BFD: ${holder}`,
  ]);
  const told = scene.logged('msg').map(String);
  expect(told.filter((msg) => msg.includes('BFD is not to be had'))).toHaveLength(1);
});

test('a port that is taken anew after BFD was up is told anew', async () => {
  const scene = new BgpNodeScene({ rules: FRR_V013 });
  scene.configure(watched);
  scene.greet();
  for (let life = 0; life < 2; life += 1) {
    const bfd = await scene.bfd();
    bfd.answer(watched.address);
    bfd.die(new Error('out of memory'));
    await settle();
    scene.pass(5000);
  }

  expect(scene.events.lines.filter((line) => line.includes('bfdUnavailable'))).toHaveLength(2);
});

test('graceful restart is asked for with the time of the flag, in the first OPEN as one that restarted', () => {
  const scene = new BgpNodeScene({ gracefulRestart: 120_000 });
  scene.configure(one);
  scene.greet();
  const restart = {
    kind: 'gracefulRestart',
    notification: true,
    restartTime: 120,
    families: [
      { afi: 1, safi: 1, forwarding: true },
      { afi: 2, safi: 1, forwarding: true },
    ],
  };
  expect(scene.dialer.line.received[0]).toMatchObject({
    capabilities: expect.arrayContaining([{ ...restart, restarted: true }]) as unknown,
  });
  scene.dialer.line.close('read: connection reset by peer');
  scene.retry();
  scene.greet();

  expect(scene.dialer.line.received[0]).toMatchObject({
    capabilities: expect.arrayContaining([{ ...restart, restarted: false }]) as unknown,
  });
});

test('a peer that is configured once all Services are known sees no restart', () => {
  const scene = new BgpNodeScene({ gracefulRestart: 120_000 });
  scene.announce(WEB);
  scene.configure(one);
  scene.greet();
  const capabilities = expect.arrayContaining([
    expect.objectContaining({ kind: 'gracefulRestart', restarted: false }),
  ]) as unknown;

  expect(scene.dialer.line.received[0]).toMatchObject({ capabilities });
});

test('at a restart a peer that keeps routes in silence only is told nothing', async () => {
  const scene = new BgpNodeScene({ gracefulRestart: 120_000 });
  scene.configure(one);
  scene.greet(scene.dialer.line, [...PEER_OPEN.capabilities, RESTARTS]);
  await scene.stop();

  expect(scene.dialer.line.isEnded).toBe(true);
  expect(scene.dialer.line.received.map(({ type }) => type)).not.toContain('notification');
});

test('the end of the routes is told to a peer that knows graceful restart, and to no other', () => {
  const ends = (capabilities: typeof PEER_OPEN.capabilities): number => {
    const scene = new BgpNodeScene();
    scene.configure(one);
    scene.announce(WEB);
    scene.greet(scene.dialer.line, capabilities);
    return scene.dialer.line.received.filter(
      (message) => message.type === 'update' && message.endOfRib !== undefined,
    ).length;
  };

  expect(ends(PEER_OPEN.capabilities)).toBe(0);
  expect(ends([...PEER_OPEN.capabilities, RESTARTS])).toBe(1);
});

test('the other family goes out from the address of the own Node, once it is known', () => {
  const scene = new BgpNodeScene({ rules: FRR_V013 });
  const nextHops = (): readonly unknown[] =>
    scene.dialer.line.received.flatMap((message) =>
      message.type === 'update' && message.announced.length > 0
        ? [message.attributes?.nextHop]
        : [],
    );
  scene.configure(one);
  scene.greet(scene.dialer.line, [
    ...PEER_OPEN.capabilities,
    { kind: 'multiprotocol', afi: 2, safi: 1, family: 'ipv6' },
  ]);
  scene.announce('2001:db8:1::7');
  expect(nextHops()).toEqual([]);
  const addresses = [ip('192.0.2.10'), ip('2001:db8::10'), ip('2001:db8::11')];
  scene.bgp.placed({ name: 'alpha', labels: {}, networkUnavailable: false, addresses });
  scene.pass(1000);

  expect(nextHops()).toEqual(['2001:db8::10']);
});

test('the router id over IPv6 is the first IPv4 address of the interface that the session leaves by', () => {
  const scene = new BgpNodeScene({
    rules: FRR_V013,
    interfaces: [
      { name: 'eth0', addresses: [ip('203.0.113.9')], networks: [] },
      { name: 'eth1', addresses: [ip('2001:db8::10'), ip('198.51.100.1')], networks: [] },
    ],
  });
  scene.configure(peer('one', { address: ip('2001:db8::1') }));
  scene.dialer.line.accept('2001:db8::10');

  expect(scene.dialer.line.received).toMatchObject([{ identifier: 0xc6_33_64_01 }]);
});

test('router-id 0.0.0.0 is taken as none, and the log says so', () => {
  const scene = new BgpNodeScene();
  scene.configure(peer('one', { routerID: ip('0.0.0.0') }));
  scene.dialer.line.accept('192.0.2.10');

  expect(scene.dialer.line.received).toMatchObject([{ identifier: 0xc0_00_02_0a }]);
  expect(scene.logged('event')).toContain('routerIdIgnored');
});
