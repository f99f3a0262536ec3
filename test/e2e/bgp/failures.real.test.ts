import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { AnnouncingNode } from '../../support/bgp-peers/announcing-node.ts';
import { type BgpPeer, PeerSite, startPeer } from '../../support/bgp-peers/index.ts';
import { type Caller, type Script, ScriptedPeer } from '../../support/bgp-peers/scripted-peer.ts';

/** Milliseconds that all of them are called for. */
const SPAN = 32_000;
const PORT = 179;
/** Seconds. legacy.md §6.2 */
const WAITS: readonly number[] = [0, 1, 2, 4, 8, 16];

/** What each of them does with whoever calls, and how it is shown: kind of the error, and text of the log. */
const PEERS: readonly {
  readonly name: string;
  readonly address: string;
  readonly script: Script;
  readonly kind: string;
  readonly error: string;
  /** Seconds from each failure to the next attempt, if they are not those of an attempt that fails. */
  readonly waits?: readonly number[];
}[] = [
  {
    name: 'accepts and says nothing',
    address: '192.0.2.11',
    script: () => undefined,
    kind: 'holdTimerExpired',
    error: 'no OPEN within 10 s',
  },
  {
    name: 'hears the OPEN and resets',
    address: '192.0.2.12',
    script: async (caller) => {
      await caller.hears('open');
      caller.reset();
    },
    kind: 'connectionLost',
    error: 'read: connection reset by peer',
  },
  {
    name: 'accepts, opens and hangs up',
    address: '192.0.2.13',
    script: async (caller) => {
      await caller.hears('open');
      caller.open();
      caller.hangUp();
    },
    kind: 'connectionLost',
    error: 'connection closed by the peer',
  },
  {
    name: 'takes the session and resets it',
    address: '192.0.2.14',
    script: async (caller) => {
      await caller.establish();
      await caller.hears('update');
      caller.reset();
    },
    kind: 'connectionLost',
    error: 'read: connection reset by peer',
    waits: [1, 2, 4, 8, 16],
  },
  ...refusals([
    [0x0201, 'Unsupported version number'],
    [0x0202, 'Bad peer AS'],
    [0x0203, 'Bad BGP identifier'],
    [0x0204, 'Unsupported optional parameter'],
    [0x0206, 'Unacceptable hold time'],
    [0x0207, 'Unsupported capability'],
    [0x0605, 'Connection Rejected'],
    [0x0607, 'Connection Collision Resolution'],
    [0x0999, 'unknown code'],
  ]),
];

function refusals(codes: readonly (readonly [number, string])[]): typeof PEERS {
  return codes.map(([code, text], index) => ({
    name: `answers the OPEN with ${text}`,
    address: `192.0.2.${20 + index}`,
    script: async (caller: Caller) => {
      await caller.hears('open');
      caller.notify(code >> 8, code & 255);
      caller.hangUp();
    },
    kind: 'received',
    error: `got BGP notification code 0x${code.toString(16).padStart(4, '0')} (${text})`,
  }));
}

/** Hears of no capability but those of AS numbers. */
async function refuseCapabilities(caller: Caller): Promise<void> {
  const { capabilities } = await caller.hears('open');
  if (capabilities.length === 0) {
    await caller.establish('005a', '00');
  } else {
    caller.notify(2, 7);
    caller.hangUp();
  }
}

describe('peers that fail, beside one that does not', () => {
  const scripted = new Map<string, ScriptedPeer>();
  let old: ScriptedPeer;
  let silent: PeerSite;
  let site: PeerSite;
  let router: BgpPeer;
  let node: AnnouncingNode;
  let upAfter = 0;
  let metrics = '';

  beforeAll(async () => {
    silent = new PeerSite('silent');
    silent.namespace.exec(
      'iptables',
      ...['-A', 'INPUT', '-p', 'tcp', '--syn', '--dport', `${PORT}`, '-j', 'DROP'],
    );
    site = new PeerSite('frr');
    router = await startPeer('frr', site.namespace, {
      asn: 64_513,
      routerId: site.theirs.ipv4,
      neighbors: [{ address: site.ours.ipv4, asn: 64_512, families: ['ipv4'] }],
    });
    for (const { address, script } of PEERS) {
      scripted.set(address, await ScriptedPeer.start(address, script));
    }
    old = await ScriptedPeer.start('192.0.2.40', refuseCapabilities);
    // Half of the jitter: a peer sees the end of a call later than the speaker does, and the wait by as much too short.
    const random = { float: () => 0.5, bytes: (length: number) => new Uint8Array(length) };
    node = new AnnouncingNode({ random });
    const addresses = [silent.theirs.ipv4, old.address, ...scripted.keys(), site.theirs.ipv4];
    const begin = performance.now();
    node.announce('default/web', ['203.0.113.10']);
    node.configure(configurationWith(addresses));
    await eventually('the router has the route', async () =>
      (await router.routes('ipv4')).length === 1 ? true : undefined,
    );
    upAfter = performance.now() - begin;
    await new Promise((resolve) => setTimeout(resolve, SPAN - upAfter));
    metrics = await node.metrics();
  });

  afterAll(async () => {
    await node.stop();
    for (const peer of [...scripted.values(), old]) peer.stop();
    await router.stop();
    silent.delete();
    site.delete();
  });

  function valueOf(name: string, address: string, more = ''): number {
    const row = `${name}{peer="${address}:${PORT}"${more}} `;
    const found = metrics.split('\n').find((line) => line.startsWith(row));
    return Number(found?.slice(row.length));
  }

  function errorsOf(address: string): readonly unknown[] {
    return node.logger.lines
      .filter(({ fields }) => fields['peer'] === `${address}:${PORT}`)
      .flatMap(({ fields }) => fields['error'] ?? fields['reason'] ?? []);
  }

  test('the one that does not has its routes at once, and keeps its session', () => {
    expect(upAfter).toBeLessThan(2000);
    expect(valueOf('metallb_bgp_session_up', site.theirs.ipv4)).toBe(1);
    const downs = node.logged('sessionDown').map(({ peer }) => peer);
    expect(downs).not.toContain(`${site.theirs.ipv4}:${PORT}`);
  });

  test('one that never answers is given up after 10 s, and called again later and later', () => {
    const { ipv4: address } = silent.theirs;
    // 0 s, 10 s, and after a second of waiting at 21 s.
    expect(errorsOf(address)).toEqual(Array.from({ length: 3 }, () => 'no connection within 10 s'));
    expect(valueOf('metallb_bgp_retries_suppressed_total', address)).toBe(2);
    expect(valueOf('metallb_bgp_session_last_error', address, ',reason="connectFailed"')).toBe(1);
  });

  test('one that knows no capabilities is called without them at once, and has its routes', () => {
    expect(old.callers).toHaveLength(2);
    expect(old.caller?.heard.filter(({ type }) => type === 'update')).toMatchObject([
      { announced: [{ text: '203.0.113.10/32' }], attributes: { asPath: [{ asns: [64_512] }] } },
    ]);
    expect(valueOf('metallb_bgp_session_up', old.address)).toBe(1);
    expect(node.logged('capabilitiesRefused').map(({ peer }) => peer)).toContain(
      `${old.address}:${PORT}`,
    );
  });

  test.each(PEERS)('one that $name: the reason is shown', ({ address, kind, error }) => {
    expect(new Set(errorsOf(address))).toEqual(new Set([error]));
    expect(valueOf('metallb_bgp_session_up', address)).toBe(0);
    expect(valueOf('metallb_bgp_session_last_error', address, `,reason="${kind}"`)).toBe(1);
  });

  test.each(PEERS)('one that $name: it is called later and later', ({ address, waits = WAITS }) => {
    const callers = scripted.get(address)?.callers ?? [];
    expect(callers.length).toBeGreaterThanOrEqual(3);
    expect(callers.length).toBeLessThanOrEqual(6);
    for (const [index, { since }] of callers.slice(1).entries()) {
      const waited = (since - (callers[index]?.ended ?? 0)) / 1000;
      const least = waits[index] ?? 0;
      expect(waited).toBeGreaterThanOrEqual(least);
      expect(waited).toBeLessThan(1.25 * least + 0.5);
    }
    const held = waits.slice(0, callers.length).filter((wait) => wait > 0).length;
    expect(valueOf('metallb_bgp_retries_suppressed_total', address)).toBe(held);
  });
});

function configurationWith(addresses: readonly string[]): string {
  const peers = addresses.map(
    (address) => `- {peer-address: ${address}, peer-asn: 64513, my-asn: 64512}`,
  );
  return `
peers:
${peers.join('\n')}
address-pools:
- {name: default, protocol: bgp, addresses: [203.0.113.0/24]}
`;
}
