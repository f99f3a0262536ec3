import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../cluster/index.ts';
import {
  OURS,
  RouteScene,
  THEIRS,
  expectRoutes,
  routeFrom,
} from '../../../support/bgp-peers/route-scene.ts';
import { PEER_KINDS, type PeerSite, startPeer } from '../../../support/bgp-peers/index.ts';
import { Namespace, addIpv6, connect } from '../../../support/netns.ts';

const FAR = '203.0.113.250';
const GATEWAY = '203.0.113.249';
const FAR6 = '2001:db8:ff::2';
const GATEWAY6 = '2001:db8:ff::1';
const PREFIX = '203.0.113.10/32';

describe.each(PEER_KINDS)('%s behind a router', (kind) => {
  let scene: RouteScene;
  let between: PeerSite;
  let far: Namespace;

  beforeEach(() => {
    scene = new RouteScene();
    between = scene.site('between');
    far = new Namespace('far');
    connect({ namespace: between.namespace, link: 'eth1' }, { namespace: far, link: 'eth0' });
    between.namespace.ip('address', 'add', `${GATEWAY}/30`, 'dev', 'eth1');
    addIpv6(between.namespace, `${GATEWAY6}/64`, 'eth1');
    for (const key of ['ipv4.ip_forward', 'ipv6.conf.all.forwarding']) {
      between.namespace.exec('sysctl', '-qw', `net.${key}=1`);
    }
    far.ip('address', 'add', `${FAR}/30`, 'dev', 'eth0');
    far.ip('route', 'add', 'default', 'via', GATEWAY);
    addIpv6(far, `${FAR6}/64`, 'eth0');
    far.ip('-6', 'route', 'add', 'default', 'via', GATEWAY6);
    execFileSync('ip', ['route', 'add', `${FAR}/32`, 'via', between.theirs.ipv4]);
    execFileSync('ip', ['-6', 'route', 'add', `${FAR6}/128`, 'via', between.theirs.ipv6]);
  });

  afterEach(async () => {
    await scene.end();
    far.delete();
  });

  function configuration(peerAsn: number, more = '', peer = FAR): string {
    return `
peers:
- {peer-address: '${peer}', peer-asn: ${peerAsn}, my-asn: ${OURS}${more}}
address-pools:
- {name: default, protocol: bgp, addresses: [203.0.113.0/26]}
`;
  }

  async function router(asn: number, address = between.ours.ipv4): ReturnType<typeof startPeer> {
    const families = ['ipv4'] as const;
    const started = await startPeer(kind, far, {
      asn,
      routerId: FAR,
      neighbors: [{ address, asn: OURS, families, multihop: 3 }],
    });
    scene.endsWith(() => started.stop());
    return started;
  }

  test('has the routes of native mode, which reaches as far as packets go', async () => {
    const peer = await router(THEIRS);
    const node = scene.node();
    node.configure(configuration(THEIRS));
    node.announce('default/web', ['203.0.113.10']);
    await expectRoutes(peer, 'ipv4', [routeFrom(between.ours.ipv4, PREFIX)]);
  });

  test.each([
    ['IPv4', FAR, 'ipv4'],
    ['IPv6', FAR6, 'ipv6'],
  ] as const)('over %s has those of FRR mode with ebgp-multihop alone', async (_, peer, family) => {
    const from = between.ours[family];
    const started = await router(THEIRS, from);
    const node = scene.node({ mode: 'frr', addresses: [between.ours.ipv4] });
    node.configure(configuration(THEIRS, '', peer));
    node.announce('default/web', ['203.0.113.10']);
    const failure = await eventually('the session fails', () =>
      node.logger.lines.map(({ fields }) => fields).find(({ error }) => error !== undefined),
    );
    // What the router between says of a packet that may go no further, or silence.
    expect(failure['error']).toMatch(
      /no route to host|host is unreachable|permission denied|no connection within 10 s/,
    );
    expect((await started.session(from))?.state).not.toBe('established');
    expect(await started.routes('ipv4')).toEqual([]);
    node.configure(configuration(THEIRS, ', ebgp-multihop: true', peer));
    const more = { nextHop: between.ours.ipv4, origin: 'igp', med: 0 } as const;
    await expectRoutes(started, 'ipv4', [routeFrom(from, PREFIX, more)]);
  });

  test.each([
    ['native', { origin: 'incomplete', localPref: 0 }],
    ['frr', { origin: 'igp', localPref: 100, med: 0 }],
  ] as const)('has the routes of %s mode within one AS', async (mode, attributes) => {
    const peer = await router(OURS);
    const node = scene.node({ mode });
    node.configure(configuration(OURS));
    node.announce('default/web', ['203.0.113.10']);
    await expectRoutes(peer, 'ipv4', [
      routeFrom(between.ours.ipv4, PREFIX, { asPath: [], ...attributes }),
    ]);
  });
});
