import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually, never } from '../../cluster/index.ts';
import { AnnouncingNode } from '../../support/bgp-peers/announcing-node.ts';
import {
  type BgpPeer,
  PEER_KINDS,
  type PeerKind,
  PeerSite,
  type RouterSettings,
  startPeer,
} from '../../support/bgp-peers/index.ts';
import { connect } from '../../support/netns.ts';

/** What differs between the routers. */
interface Traits {
  readonly daemon: string;
  /** How a NOTIFICATION that came stands in its log; absent: it logs none. */
  readonly told: { readonly badPeerAs?: RegExp; readonly shutdown: RegExp };
  /** Ends the session with a text for whoever reads our log. */
  readonly shutDown: (router: BgpPeer, neighbor: string) => Promise<unknown>;
  /** As it then stands there. */
  readonly text: string;
}

const TRAITS: Readonly<Record<PeerKind, Traits>> = {
  frr: {
    daemon: 'bgpd',
    told: {
      badPeerAs: /received from neighbor \S+ 2\/2 /,
      shutdown: /received from neighbor \S+ 6\/2 .*speaker stops/,
    },
    shutDown: (router, neighbor) =>
      router.command(
        ...['configure terminal', 'router bgp 64513'],
        `neighbor ${neighbor} shutdown message maintenance until noon`,
      ),
    text: 'maintenance until noon',
  },
  bird: {
    daemon: 'bird',
    told: {
      badPeerAs: /Received: Bad peer AS/,
      shutdown: /Received: Administrative shutdown.*speaker stops/,
    },
    shutDown: (router) => router.command('disable', 'neighbor0', '"until \u202Enoon"'),
    text: String.raw`until \u{202e}noon`,
  },
  gobgp: {
    daemon: 'gobgpd',
    told: {
      shutdown: /speaker stops/,
    },
    shutDown: (router, neighbor) =>
      router.command('neighbor', neighbor, 'shutdown', '--reason', 'until \u202Enoon'),
    text: String.raw`until \u{202e}noon`,
  },
};

const sites: PeerSite[] = [];
const routers: BgpPeer[] = [];
const nodes: AnnouncingNode[] = [];

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
  for (const router of routers.splice(0)) await router.stop();
  for (const site of sites.splice(0)) site.delete();
});

function siteOf(label: string): PeerSite {
  const site = new PeerSite(label);
  sites.push(site);
  return site;
}

async function route(
  kind: PeerKind,
  site: PeerSite,
  settings: Partial<RouterSettings> = {},
): Promise<BgpPeer> {
  const router = await startPeer(kind, site.namespace, {
    asn: 64_513,
    routerId: site.theirs.ipv4,
    neighbors: [{ address: site.ours.ipv4, asn: 64_512, families: ['ipv4', 'ipv6'] }],
    ...settings,
  });
  routers.push(router);
  if (kind === 'frr') {
    await router.command('configure terminal', 'router bgp 64513', 'bgp log-neighbor-changes');
  }
  return router;
}

/** @param peer - in place of what is right, as in a ConfigMap */
function speak(site: PeerSite, peer: Readonly<Record<string, string>> = {}): AnnouncingNode {
  const node = new AnnouncingNode({ addresses: [site.ours.ipv4, site.ours.ipv6] });
  nodes.push(node);
  const { ipv4 } = site.theirs;
  const fields = { 'peer-address': ipv4, 'peer-asn': '64513', 'my-asn': '64512', ...peer };
  const lines = Object.entries(fields).map(([key, value]) => `${key}: ${value}`);
  node.announce('default/web', ['203.0.113.10']);
  node.configure(`
peers:
- {${lines.join(', ')}}
address-pools:
- {name: default, protocol: bgp, addresses: [203.0.113.0/24]}
`);
  node.settle();
  return node;
}

function has(router: BgpPeer, within = 15_000): Promise<unknown> {
  return eventually(
    `${router.kind} has the route`,
    async () => (await router.routes('ipv4')).length === 1,
    within,
  );
}

function errorsOf(node: AnnouncingNode): readonly unknown[] {
  return node.logger.lines.flatMap(({ fields }) => fields['error'] ?? []);
}

function signal(site: PeerSite, program: string, name: NodeJS.Signals): void {
  const pids = execFileSync('ip', ['netns', 'pids', site.namespace.name], { encoding: 'utf8' });
  for (const pid of pids.split('\n').filter(Boolean)) {
    const command = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    if (command === program) process.kill(Number(pid), name);
  }
}

describe.each(PEER_KINDS)('%s', (kind) => {
  const { daemon, told, shutDown, text } = TRAITS[kind];
  let site: PeerSite;

  beforeEach(() => {
    site = siteOf(kind);
  });

  function isTold(router: BgpPeer, what: RegExp): Promise<unknown> {
    return eventually(`${kind} is told ${what.source}`, () => what.test(router.log()));
  }

  test('that stands still is given up after the hold time, and found again', async () => {
    const router = await route(kind, site);
    const node = speak(site, { 'hold-time': '3s' });
    await has(router);
    expect((await router.session(site.ours.ipv4))?.holdTime).toBe(3);
    signal(site, daemon, 'SIGSTOP');
    const begin = performance.now();
    await eventually('the session is over', () => node.logged('sessionDown').length === 1);
    const passed = (performance.now() - begin) / 1000;
    signal(site, daemon, 'SIGCONT');
    // Its last keepalive was at most a second old.
    expect(passed).toBeGreaterThan(1.9);
    expect(passed).toBeLessThan(4);
    expect(node.logged('sessionDown')).toMatchObject([{ reason: 'nothing heard for 3 s' }]);
    await eventually(
      'there is another session',
      () => node.logged('sessionUp').length === 2,
      45_000,
    );
    await has(router);
  });

  test('of another AS than is configured is refused, and told so', async () => {
    const router = await route(kind, site);
    const node = speak(site, { 'peer-asn': '64999' });
    await eventually('it is refused', () =>
      errorsOf(node).includes('unexpected peer ASN 64513, want 64999'),
    );
    if (told.badPeerAs !== undefined) await isTold(router, told.badPeerAs);
    expect(await node.metric('metallb_bgp_session_last_error')).toBe(1);
  });

  test('that wants another AS of this end refuses it, and the log says so', async () => {
    const router = await route(kind, site);
    const node = speak(site, { 'my-asn': '64998' });
    await eventually('it refuses', () =>
      errorsOf(node).some((error) => String(error).includes('0x0202 (Bad peer AS)')),
    );
    expect((await router.session(site.ours.ipv4))?.state).not.toBe('established');
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'that restarts by %s has its routes soon',
    async (by) => {
      const router = await route(kind, site);
      const node = speak(site);
      await has(router);
      await router.restart(by);
      const begin = performance.now();
      await has(router, 30_000);
      expect(performance.now() - begin).toBeLessThan(10_000);
      expect(node.logged('sessionDown')).toHaveLength(1);
      expect(await node.metric('metallb_bgp_retries_suppressed_total')).toBeLessThan(6);
    },
  );

  test('is told that the speaker stops', async () => {
    const router = await route(kind, site);
    const node = speak(site);
    await has(router);
    await node.stop();
    await isTold(router, told.shutdown);
    await eventually('the route is gone', async () => (await router.routes('ipv4')).length === 0);
  });

  test('that is shut down says why, and the log quotes it in one harmless line', async () => {
    const router = await route(kind, site);
    const node = speak(site);
    await has(router);
    await shutDown(router, site.ours.ipv4);
    await eventually('the session is over', () => node.logged('sessionDown').length === 1);
    const words = `Administrative Shutdown: "${text}"`;
    expect(node.logged('sessionDown')).toMatchObject([{ reason: words }]);
    expect(node.logged('peerNotification')).toMatchObject([
      { error: `got BGP notification code 0x0602 (Administrative Shutdown): "${text}"` },
    ]);
  });

  test('that restarts gracefully gets all routes again, and the end of them', async () => {
    const router = await route(kind, site, {
      gracefulRestart: { restartTime: 60, staleTime: 60 },
    });
    const node = speak(site);
    await has(router);
    const { length } = router.log();
    await router.restart('SIGKILL');
    const begin = performance.now();
    await has(router, 30_000);
    expect(node.logged('malformedUpdate')).toEqual([]);
    expect(node.logged('peerNotification')).toEqual([]);
    if (kind !== 'bird') return;
    // It waits 10 s for peers that do not end.
    await eventually('it is done', () =>
      router.log().slice(length).includes('Graceful restart done'),
    );
    expect(performance.now() - begin).toBeLessThan(9000);
  });
});

test('a router behind one that restarts gracefully keeps the route all the time', async () => {
  const [near, far] = [siteOf('near'), siteOf('far')];
  connect({ namespace: near.namespace, link: 'far' }, { namespace: far.namespace, link: 'near' });
  near.namespace.ip('addr', 'add', '198.18.0.1/30', 'dev', 'far');
  far.namespace.ip('addr', 'add', '198.18.0.2/30', 'dev', 'near');
  const gracefulRestart = { restartTime: 60, staleTime: 60 };
  const families = ['ipv4'] as const;
  const router = await route('frr', near, {
    gracefulRestart,
    neighbors: [
      { address: near.ours.ipv4, asn: 64_512, families },
      { address: '198.18.0.2', asn: 64_514, families },
    ],
  });
  const behind = await startPeer('frr', far.namespace, {
    asn: 64_514,
    routerId: '198.18.0.2',
    gracefulRestart,
    neighbors: [{ address: '198.18.0.1', asn: 64_513, families }],
  });
  routers.push(behind);
  const calling = ['no neighbor 198.18.0.1 passive', 'neighbor 198.18.0.1 timers connect 1'];
  await behind.command('configure terminal', 'router bgp 64514', ...calling);
  speak(near);
  await has(behind, 30_000);
  const stale = async (): Promise<boolean> => {
    const json = await behind.command('show bgp ipv4 unicast 203.0.113.10/32 json');
    const { paths } = JSON.parse(json) as { paths?: readonly { stale?: boolean }[] };
    return paths?.some((path) => path.stale === true) === true;
  };
  const restarted = router.restart('SIGKILL');
  let flapped = false;
  const watched = never(
    'the route is gone',
    async () => {
      const isGone = (await behind.routes('ipv4')).length === 0;
      flapped ||= isGone;
      return isGone;
    },
    15_000,
  );
  await restarted;
  await Promise.all([
    watched,
    eventually('the route is fresh again', async () => !(await stale()), 15_000),
  ]);
  expect(flapped).toBe(false);
});
