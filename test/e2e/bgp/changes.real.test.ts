import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readLegacyConfig } from '../../../src/config-legacy/index.ts';
import type { BgpMode } from '../../../src/runtime/bgp/index.ts';
import { eventually } from '../../cluster/index.ts';
import { AnnouncingNode } from '../../support/bgp-peers/announcing-node.ts';
import { type BgpPeer, PeerSite, startPeer } from '../../support/bgp-peers/index.ts';

const PAGE = new URL('../../../docs/operator/bgp.md', import.meta.url);
/** An address of this end that is on no link to the router. */
const OTHER_SOURCE = '198.51.100.254';
const OTHER_PORT = 1790;
const PASSWORD = 's3cret';

/** Keys of a peer in a ConfigMap, as YAML. */
type Fields = Readonly<Record<string, string>>;

/** One field that changes while the session is up. */
interface Change {
  /** As the page calls it. */
  readonly field: string;
  /** What changes, where the field alone does not say it. */
  readonly how?: string;
  readonly becomes: 'another session' | 'the same session' | 'no session';
  readonly mode?: BgpMode;
  readonly before?: Fields;
  readonly after: Fields;
  readonly profile?: { readonly before: string; readonly after: string };
  /** Of the device, which no ConfigMap knows. */
  readonly vrf?: boolean;
  /** Another peer stands first from then on. */
  readonly moved?: boolean;
  /** Which neighbor of the router this end is after the change. */
  readonly as?: 'ipv6' | 'other';
  /** Told to the router after the change, about this neighbor; and taken back in the end. */
  readonly router?: string;
  /** Awaited of what FRR says of the neighbor: the new value is in force. */
  readonly inForce?: (now: Neighbor, before: Neighbor) => boolean;
}

/** `show bgp neighbors ADDRESS json` */
interface Neighbor {
  readonly remoteAs: number;
  readonly localAs: number;
  readonly remoteRouterId: string;
  readonly bgpState: string;
  readonly connectionsEstablished: number;
  readonly bgpTimerHoldTimeMsecs: number;
  readonly messageStats: { readonly keepalivesRecv: number; readonly updatesRecv: number };
  /** `show bfd peers json`, added. */
  readonly bfd: { readonly status: string; readonly 'remote-receive-interval': number } | undefined;
}

type Sessions = readonly ({ readonly peer: string } & NonNullable<Neighbor['bfd']>)[];

const PROFILE = `
bfd-profiles:
- {name: fast, receive-interval: 200, transmit-interval: 200, detect-multiplier: 5}
`;

const CHANGES: readonly Change[] = [
  { field: 'address of the peer', becomes: 'another session', after: {}, as: 'ipv6' },
  { field: 'port', becomes: 'another session', after: { 'peer-port': `${OTHER_PORT}` } },
  {
    field: 'address to call from',
    becomes: 'another session',
    after: { 'source-address': OTHER_SOURCE },
    as: 'other',
  },
  { field: 'VRF', becomes: 'another session', after: {}, vrf: true },
  {
    field: 'own AS',
    becomes: 'another session',
    after: { 'my-asn': '4200000001' },
    inForce: ({ remoteAs }) => remoteAs === 4_200_000_001,
  },
  {
    field: 'AS of the peer',
    becomes: 'another session',
    after: { 'peer-asn': '64999' },
    router: 'local-as 64999 no-prepend replace-as',
    inForce: ({ localAs }) => localAs === 64_999,
  },
  {
    field: 'router id',
    becomes: 'another session',
    after: { 'router-id': '192.0.2.77' },
    inForce: ({ remoteRouterId }) => remoteRouterId === '192.0.2.77',
  },
  {
    field: 'hold time',
    becomes: 'another session',
    after: { 'hold-time': '12s' },
    inForce: ({ bgpTimerHoldTimeMsecs }) => bgpTimerHoldTimeMsecs === 12_000,
  },
  {
    field: 'keepalive time',
    becomes: 'the same session',
    before: { 'keepalive-time': '20s' },
    after: { 'keepalive-time': '1s' },
    inForce: (now, before) => keepalivesOf(now) >= keepalivesOf(before) + 4,
  },
  {
    field: 'password',
    becomes: 'another session',
    after: { password: PASSWORD },
    router: `password ${PASSWORD}`,
  },
  {
    field: 'BFD profile, and what it says',
    how: 'a peer gets one',
    becomes: 'the same session',
    after: { 'bfd-profile': 'fast' },
    inForce: ({ bfd }) => bfd?.status === 'up',
  },
  {
    field: 'BFD profile, and what it says',
    how: 'the profile says something else',
    becomes: 'the same session',
    before: { 'bfd-profile': 'fast' },
    after: { 'bfd-profile': 'fast' },
    profile: { before: 'receive-interval: 200', after: 'receive-interval: 400' },
    inForce: ({ bfd }) => bfd?.status === 'up' && bfd['remote-receive-interval'] === 400,
  },
  {
    field: 'multihop',
    how: 'in FRR mode',
    becomes: 'another session',
    after: { 'ebgp-multihop': 'true' },
  },
  {
    field: 'multihop',
    how: 'in native mode',
    mode: 'native',
    becomes: 'the same session',
    after: { 'ebgp-multihop': 'true' },
  },
  {
    field: 'selected nodes',
    how: 'this one no longer',
    becomes: 'no session',
    after: { 'node-selectors': '[{match-labels: {rack: b}}]' },
  },
  {
    field: 'selected nodes',
    how: 'this one by something else',
    becomes: 'the same session',
    after: { 'node-selectors': '[{match-labels: {rack: a}}]' },
  },
  { field: 'name, or place in the list', becomes: 'the same session', after: {}, moved: true },
];

test('every field that the page names is changed here', () => {
  const rows = readFileSync(PAGE, 'utf8').split('\n');
  const start = rows.findIndex((row) => /^\| field +\| ConfigMap/.test(row));
  const end = rows.findIndex((row, index) => index > start && !row.startsWith('|'));
  const fields = rows.slice(start + 2, end).map((row) => row.split('|')[1]?.trim());
  expect(new Set(fields)).toEqual(new Set(CHANGES.map(({ field }) => field)));
});

describe('a session with FRR that is up', () => {
  let site: PeerSite;
  let router: BgpPeer;
  let node: AnnouncingNode;
  const undo: string[] = [];

  beforeAll(async () => {
    site = new PeerSite('changes');
    const { namespace, ours, theirs } = site;
    execFileSync('ip', ['address', 'add', `${OTHER_SOURCE}/32`, 'dev', 'lo']);
    namespace.ip('route', 'add', `${OTHER_SOURCE}/32`, 'via', ours.ipv4);
    namespace.exec(
      'iptables',
      ...['-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '--dport', `${OTHER_PORT}`],
      ...['-j', 'REDIRECT', '--to-ports', '179'],
    );
    const neighbors = neighborsOf(site);
    router = await startPeer('frr', namespace, {
      asn: 64_513,
      routerId: theirs.ipv4,
      neighbors: neighbors.map((address) => ({
        ...{ address, asn: 64_512, families: ['ipv4', 'ipv6'] as const },
        ...(address === OTHER_SOURCE && { multihop: 2 }),
        bfd: { receive: 200, transmit: 200, multiplier: 5 },
      })),
    });
    const lines = neighbors.map((address) => `neighbor ${address} remote-as external`);
    await tell(['bgp log-neighbor-changes', ...lines]);
  });

  afterEach(async () => {
    await node.stop();
    await tell(undo.splice(0));
  });

  afterAll(async () => {
    await router.stop();
    execFileSync('ip', ['address', 'del', `${OTHER_SOURCE}/32`, 'dev', 'lo']);
    site.delete();
  });

  async function tell(lines: readonly string[]): Promise<void> {
    await router.command('configure terminal', 'router bgp 64513', ...lines);
  }

  async function neighbor(address: string): Promise<Neighbor> {
    const json = await router.command(`show bgp neighbors ${address} json`);
    const found = (JSON.parse(json) as Record<string, Neighbor>)[address]!;
    const bfd = JSON.parse(await router.command('show bfd peers json')) as readonly unknown[];
    return { ...found, bfd: (bfd as Sessions).find(({ peer }) => peer === address) };
  }

  function heard(address: string): Promise<Neighbor> {
    return eventually(
      `FRR has the route of ${address}`,
      async () => {
        const routes = await router.routes('ipv4');
        if (!routes.some(({ from }) => from === address)) return undefined;
        const found = await neighbor(address);
        return found.bgpState === 'Established' ? found : undefined;
      },
      40_000,
    );
  }

  function follow(change: Change, when: 'before' | 'after'): void {
    const { mode = 'frr', profile } = change;
    const isAfter = when === 'after';
    const fields = { ...change.before, ...(isAfter && change.after) };
    const address = isAfter && change.as === 'ipv6' ? site.theirs.ipv6 : site.theirs.ipv4;
    const profiles = mode === 'native' ? '' : PROFILE;
    const said = isAfter && profile ? profiles.replace(profile.before, profile.after) : profiles;
    const text = configurationOf(address, fields, isAfter && change.moved === true) + said;
    const reading = readLegacyConfig(text, { compat: 'v0.12', mode });
    if (reading.kind === 'refused') throw new Error(reading.message);
    const { config } = reading;
    const vrf = isAfter && change.vrf === true ? { vrf: site.ours.link } : {};
    node.apply({ ...config, peers: config.peers.map((peer) => ({ ...peer, ...vrf })) });
  }

  test.each(CHANGES.map((change) => ({ title: titleOf(change), change })))(
    '$title',
    async ({ change }) => {
      const { mode = 'frr', becomes, inForce } = change;
      node = new AnnouncingNode({ mode, labels: { rack: 'a' }, addresses: [site.ours.ipv4] });
      node.announce('default/web', ['203.0.113.10']);
      follow(change, 'before');
      const old = site.ours.ipv4;
      const before = await heard(old);
      const now = { ipv6: site.ours.ipv6, other: OTHER_SOURCE, same: old }[change.as ?? 'same'];
      const lives = (await neighbor(now)).connectionsEstablished;

      const { length } = router.log();
      follow(change, 'after');
      if (becomes !== 'the same session') {
        const told = becomes === 'no session' ? '6/3' : '6/6';
        await eventually('FRR is told why', () =>
          router.log().slice(length).includes(`received from neighbor ${old} ${told} `),
        );
      }
      if (becomes === 'no session') {
        await eventually('the route is gone', async () =>
          (await router.routes('ipv4')).length === 0 ? true : undefined,
        );
        expect((await neighbor(old)).bgpState).not.toBe('Established');
        return;
      }
      if (change.router !== undefined) {
        await tell([`neighbor ${now} ${change.router}`]);
        undo.push(`no neighbor ${now} ${change.router}`);
      }
      const after = await heard(now);
      if (inForce !== undefined) {
        await eventually('the new value is in force', async () =>
          inForce(await neighbor(now), before) ? true : undefined,
        );
      }
      if (becomes === 'the same session') {
        const still = await neighbor(now);
        expect(still.connectionsEstablished).toBe(before.connectionsEstablished);
        expect(still.messageStats.updatesRecv).toBe(before.messageStats.updatesRecv);
        expect(node.logged('sessionDown')).toEqual([]);
        expect(node.logged('peerRemoved')).toEqual([]);
      } else {
        expect(after.connectionsEstablished).toBe(lives + 1);
        expect(node.logged('peerRemoved')).toHaveLength(1);
        expect((await router.routes('ipv4')).map(({ from }) => from)).toEqual([now]);
      }
    },
  );
});

function keepalivesOf({ messageStats }: Neighbor): number {
  return messageStats.keepalivesRecv;
}

function titleOf({ field, how, becomes }: Change): string {
  return `${field}${how === undefined ? '' : `, ${how}`}: ${becomes}`;
}

function neighborsOf({ ours }: PeerSite): readonly string[] {
  return [ours.ipv4, ours.ipv6, OTHER_SOURCE];
}

function configurationOf(address: string, fields: Fields, second: boolean): string {
  const peer = { 'peer-address': address, 'peer-asn': '64513', 'my-asn': '64512', ...fields };
  const entry = Object.entries(peer).map(([key, value]) => `${key}: ${quoted(value)}`);
  // Nobody is there.
  const other = '- {peer-address: 192.0.2.250, peer-asn: 64513, my-asn: 64512}\n';
  return `
peers:
${second ? other : ''}- {${entry.join(', ')}}
address-pools:
- {name: default, protocol: bgp, addresses: [203.0.113.0/24]}
`;
}

function quoted(value: string): string {
  return value.includes(':') && !value.startsWith('[') ? `"${value}"` : value;
}
