import { isDeepStrictEqual } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually, never } from '../../cluster/index.ts';
import { AnnouncingNode } from '../../support/bgp-peers/announcing-node.ts';
import { PeerSite, startPeer } from '../../support/bgp-peers/index.ts';
import { BfdScene } from '../../support/bfd-scene.ts';

/** Milliseconds: far from any hold time, and enough for a busy machine. */
const AT_ONCE = 2_000;
const RELAXED = { receive: 100, transmit: 100, multiplier: 3 };
const EAGER = ['receive-interval: 100', 'transmit-interval: 100', 'detect-multiplier: 3'];
/** From one address to another: octets of any kind, half of them with the head of a control packet. */
const NOISE = `
const [from, to] = process.argv.slice(1);
const { randomBytes } = require('node:crypto');
const socket = require('node:dgram').createSocket('udp4');
socket.bind(0, from, () => {
  socket.setTTL(255);
  let left = 4000;
  for (let i = 0; i < 4000; i += 1) {
    const octets = randomBytes(i % 60);
    if (i % 2 === 0 && octets.length >= 24) octets.set([0x20 | (octets[0] & 0x1f), octets[1] & 0xc0, 3, 24]);
    socket.send(octets, i % 3 === 0 ? 4784 : 3784, to, () => (left -= 1) || socket.close());
  }
});`;

function TWO_PEERS(...addresses: readonly string[]): string {
  return `
bfd-profiles:
- name: watch
  receive-interval: 100
  transmit-interval: 100
peers:
${addresses.map((address) => `- { peer-address: '${address}', peer-asn: 64513, my-asn: 64512, hold-time: 240s, bfd-profile: watch }\n`).join('')}
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24]
`;
}

/** Milliseconds, of the router as it has agreed with us: between its packets, and until it misses ours. */
async function intervals(scene: BfdScene): Promise<{ transmit: number; detection: number }> {
  if (scene.router.kind === 'bird') {
    const shown = await scene.router.command('show', 'bfd', 'sessions');
    const [, , , , interval = '', timeout = ''] =
      shown
        .split('\n')
        .find((line) => line.startsWith(scene.ours))
        ?.split(/\s+/) ?? [];
    return { transmit: Number(interval) * 1000, detection: Number(timeout) * 1000 };
  }
  const [session] = JSON.parse(
    await scene.router.command('show bfd peers json'),
  ) as readonly Record<string, number>[];
  const { 'transmit-interval': own = 0, 'receive-interval': wanted = 0 } = session ?? {};
  const remote = (name: string): number => session?.[`remote-${name}`] ?? 0;
  return {
    transmit: Math.max(own, remote('receive-interval')),
    detection: remote('detect-multiplier') * Math.max(wanted, remote('transmit-interval')),
  };
}

const scenes: BfdScene[] = [];

afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

async function open(...settings: Parameters<typeof BfdScene.open>): Promise<BfdScene> {
  const scene = await BfdScene.open(...settings);
  scenes.push(scene);
  return scene;
}

describe.each(['frr', 'bird'] as const)('BFD with %s', (kind) => {
  test('ends BGP at once when the cable is pulled, and both come back', async () => {
    const scene = await open(kind);
    scene.configure();
    await scene.up();
    scene.site.cut();
    expect(await scene.down()).toBeLessThan(AT_ONCE);
    expect(scene.reasons).toEqual(['BFD session is down']);
    expect(await scene.node.metrics()).toMatch(
      /^metallb_bgp_session_last_error\{.*reason="bfdDown".*\} 1$/m,
    );
    expect(await scene.node.metric('metallb_bfd_session_up')).toBe(0);
    expect(await scene.node.metric('metallb_bfd_session_down_events')).toBe(1);
    scene.site.mend();
    await scene.up();
  }, 90_000);

  test.each(['ipv4', 'ipv6'] as const)(
    'ends BGP over %s at once when packets get lost, and both come back',
    async (family) => {
      const scene = await open(kind, { family });
      scene.configure();
      await scene.up();
      scene.silence();
      expect(await scene.down()).toBeLessThan(AT_ONCE);
      expect(scene.reasons).toEqual(['BFD session is down']);
      expect(scene.changes.at(-1)).toBe('down: control detection time expired');
      scene.hear();
      await scene.up();
    },
    90_000,
  );

  test('ends BGP at once when the router hangs, and both come back', async () => {
    const scene = await open(kind);
    scene.configure();
    await scene.up();
    const program = kind === 'frr' ? 'bfdd' : 'bird';
    scene.signal(program, 'SIGSTOP');
    expect(await scene.down()).toBeLessThan(AT_ONCE);
    expect(scene.reasons).toEqual(['BFD session is down']);
    scene.signal(program, 'SIGCONT');
    await scene.up();
  }, 90_000);

  test('waits for the router to begin where the profile is passive', async () => {
    const scene = await open(kind, { neighbor: { bfd: { ...RELAXED, passive: true } } });
    scene.configure(['passive-mode: true', ...EAGER]);
    await eventually('BGP is up', () => scene.bgpUp(), 30_000);
    await never(
      'a packet is sent',
      async () => (await scene.counter('control_packet_output')) > 0,
      2_500,
    );
    scene.configure(EAGER);
    await scene.up();
    expect(scene.reasons).toEqual([]);
  }, 90_000);

  test('comes up with a router that begins where the profile is passive', async () => {
    const scene = await open(kind);
    scene.configure(['passive-mode: true', ...EAGER]);
    await scene.up();
    scene.silence();
    expect(await scene.down()).toBeLessThan(AT_ONCE);
  });

  test('takes over a changed profile while it is up', async () => {
    const scene = await open(kind);
    scene.configure();
    await scene.up();
    scene.configure(['receive-interval: 400', 'transmit-interval: 250', 'detect-multiplier: 7']);
    await eventually('the router knows', async () =>
      isDeepStrictEqual(await intervals(scene), { transmit: 400, detection: 7 * 250 }),
    );
    scene.configure(['receive-interval: 60', 'transmit-interval: 70', 'detect-multiplier: 5']);
    await eventually('the router knows', async () =>
      isDeepStrictEqual(await intervals(scene), { transmit: 100, detection: 5 * 100 }),
    );
    expect(scene.changes.filter((change) => change.startsWith('down'))).toEqual([]);
    expect(scene.reasons).toEqual([]);
    scene.silence();
    expect(await scene.down()).toBeLessThan(AT_ONCE);
  });

  test.each(['ipv4', 'ipv6'] as const)(
    'does not hear a neighbor over %s whose packets come from further than the link',
    async (family) => {
      const scene = await open(kind, { family });
      scene.configure();
      await scene.up();
      scene.comeFrom(254);
      expect(await scene.down()).toBeLessThan(AT_ONCE);
    },
  );

  test('crosses as many hops as the profile allows', async () => {
    const scene = await open(kind, { neighbor: { multihop: 5 } });
    scene.comeFrom(251);
    scene.configure([...EAGER, 'minimum-ttl: 251'], ['ebgp-multihop: true']);
    await scene.up();
    scene.configure([...EAGER, 'minimum-ttl: 252'], ['ebgp-multihop: true']);
    await scene.down();
    expect(scene.changes.at(-1)).toBe('down: control detection time expired');
  });

  test('is not disturbed by what else comes to its ports', async () => {
    const scene = await open(kind);
    scene.configure();
    await scene.up();
    scene.site.namespace.exec(process.execPath, '-e', NOISE, scene.theirs, scene.ours);
    const heard = await scene.counter('control_packet_input');
    await eventually(
      'it goes on',
      async () => (await scene.counter('control_packet_input')) > heard,
    );
    expect(scene.changes.filter((change) => change.startsWith('down'))).toEqual([]);
    expect(scene.reasons).toEqual([]);
  });

  test('watches two sessions of one router apart', async () => {
    const site = new PeerSite(kind);
    const bfd = RELAXED;
    const families = ['ipv4', 'ipv6'] as const;
    const router = await startPeer(kind, site.namespace, {
      asn: 64_513,
      routerId: site.theirs.ipv4,
      neighbors: families.map((family) => ({
        address: site.ours[family],
        asn: 64_512,
        families,
        bfd,
      })),
    });
    const node = new AnnouncingNode({ mode: 'frr', addresses: [site.ours.ipv4, site.ours.ipv6] });
    try {
      node.configure(TWO_PEERS(site.theirs.ipv4, site.theirs.ipv6));
      for (const family of families) {
        await eventually(`${family} is watched`, () => router.bfdUp(site.ours[family]), 40_000);
      }
      site.namespace.exec('ip6tables', '-w', '-I', 'OUTPUT', '-j', 'DROP');
      const down = await eventually('one went down', () => node.logged('sessionDown')[0]);
      expect(down).toMatchObject({ reason: 'BFD session is down' });
      await never('both went down', () => node.logged('sessionDown').length > 1, 2_000);
      const rows = (await node.metrics()).split('\n');
      expect(rows).toContain(`metallb_bfd_session_up{peer="${site.theirs.ipv4}"} 1`);
      expect(rows).toContain(`metallb_bfd_session_up{peer="${site.theirs.ipv6}"} 0`);
    } finally {
      await node.stop();
      await router.stop();
      site.delete();
    }
  });
});
