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
import { Namespace, connect } from '../../../support/netns.ts';

const FAR = '203.0.113.250';
const GATEWAY = '203.0.113.249';
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
    between.namespace.exec('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    far.ip('address', 'add', `${FAR}/30`, 'dev', 'eth0');
    far.ip('route', 'add', 'default', 'via', GATEWAY);
    execFileSync('ip', ['route', 'add', `${FAR}/32`, 'via', between.theirs.ipv4]);
  });

  afterEach(async () => {
    await scene.end();
    far.delete();
  });

  function configuration(peerAsn: number, more = ''): string {
    return `
peers:
- {peer-address: ${FAR}, peer-asn: ${peerAsn}, my-asn: ${OURS}${more}}
address-pools:
- {name: default, protocol: bgp, addresses: [203.0.113.0/26]}
`;
  }

  async function router(asn: number): ReturnType<typeof startPeer> {
    const address = between.ours.ipv4;
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

  test('has those of FRR mode with ebgp-multihop alone', async () => {
    const peer = await router(THEIRS);
    const node = scene.node({ mode: 'frr' });
    node.configure(configuration(THEIRS));
    node.announce('default/web', ['203.0.113.10']);
    const failure = await eventually('the session fails', () =>
      node.logger.lines.map(({ fields }) => fields).find(({ error }) => error !== undefined),
    );
    // What the router between says of a packet that may go no further, or silence.
    expect(failure['error']).toMatch(
      /no route to host|host is unreachable|no connection within 10 s/,
    );
    expect((await peer.session(between.ours.ipv4))?.state).not.toBe('established');
    expect(await peer.routes('ipv4')).toEqual([]);
    node.configure(configuration(THEIRS, ', ebgp-multihop: true'));
    await expectRoutes(peer, 'ipv4', [
      routeFrom(between.ours.ipv4, PREFIX, { origin: 'igp', med: 0 }),
    ]);
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
