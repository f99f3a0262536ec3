import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BfdCounts, BfdEvents, BfdSessionSpec } from '../../src/runtime/bfd/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { bfdLayerContract, spec } from '../contract/bfd-layer.contract.ts';
import { RemoteBfd } from '../support/bfd-lab.ts';
import { Namespace, connect } from '../support/netns.ts';

const silent: BfdEvents = {
  changed: () => {},
  started: () => {},
  failed: () => {},
  counted: () => {},
};
/** The other end of a session. */
function mirrored({ local, remote, ...rest }: BfdSessionSpec): BfdSessionSpec {
  return { ...rest, local: remote, remote: local };
}

/** Two machines on one cable, 192.0.2.1 and 192.0.2.2, 2001:db8::1 and 2001:db8::2. */
class Cable {
  readonly ours = new Namespace('ours');
  readonly theirs = new Namespace('theirs');

  constructor() {
    this.plug();
  }

  plug(): void {
    const [link, plug] = ['eth0', { link: 'eth0' }];
    connect({ namespace: this.ours, ...plug }, { namespace: this.theirs, ...plug });
    this.ours.ip('address', 'add', '192.0.2.1/24', 'dev', link);
    this.theirs.ip('address', 'add', '192.0.2.2/24', 'dev', link);
    this.ours.ip('address', 'add', '2001:db8::1/64', 'dev', link, 'nodad');
    this.theirs.ip('address', 'add', '2001:db8::2/64', 'dev', link, 'nodad');
  }

  /** Throws away what the peer sends, while the links stay up. */
  cut(): void {
    this.ours.exec('iptables', '-w', '-A', 'INPUT', '-s', '192.0.2.2', '-j', 'DROP');
  }

  mend(): void {
    this.ours.exec('iptables', '-w', '-D', 'INPUT', '-s', '192.0.2.2', '-j', 'DROP');
  }

  /** The peer's packets to a port arrive as from that far, with so much of their TTL left. */
  comeFrom(ttl: number, port: number): void {
    const packets = ['-t', 'mangle', '-A', 'OUTPUT', '-p', 'udp', '--dport', `${port}`];
    this.theirs.exec('iptables', '-w', ...packets, '-j', 'TTL', '--ttl-set', `${ttl}`);
  }

  delete(): void {
    this.ours.delete();
    this.theirs.delete();
  }
}

bfdLayerContract('WorkerBfd', async () => {
  const cable = new Cable();
  const layer = await RemoteBfd.start(cable.ours);
  const peer = await RemoteBfd.start(cable.theirs);
  const end = new AbortController();
  const running = peer.run(silent, end.signal);
  return {
    layer,
    answer: () => peer.set('us', mirrored(spec)),
    cut: () => cable.cut(),
    mend: () => cable.mend(),
    retire: () => peer.delete('us'),
    close: async () => {
      end.abort();
      await running;
      cable.delete();
    },
  };
});

describe('BFD between two machines', () => {
  let cable: Cable;
  let us: RemoteBfd;
  let them: RemoteBfd;
  let end: AbortController;
  let running: Promise<unknown>;
  let counts: Map<string, BfdCounts>;

  const fast = { ...spec.profile, receiveIntervalMs: 50, transmitIntervalMs: 50 };
  const quick = { ...spec, profile: fast };
  const stateOf = (layer: RemoteBfd): unknown =>
    layer.lines.findLast(({ event }) => event === 'changed')?.args[1];
  const both = (state: string): Promise<boolean> =>
    vi.waitUntil(() => stateOf(us) === state && stateOf(them) === state, { timeout: 20_000 });
  /** The states that our layer told since line `start`. */
  const toldSince = (start: number): string[] =>
    us.lines
      .slice(start)
      .flatMap(({ event, args }) => (event === 'changed' ? [String(args[1])] : []));
  const pass = (duration: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, duration));

  beforeEach(async () => {
    cable = new Cable();
    counts = new Map();
    us = await RemoteBfd.start(cable.ours);
    them = await RemoteBfd.start(cable.theirs);
    end = new AbortController();
    const counted = (told: readonly BfdCounts[]): void => {
      for (const each of told) counts.set(each.key, each);
    };
    running = Promise.all([
      us.run({ ...silent, counted }, end.signal),
      them.run(silent, end.signal),
    ]);
  });

  afterEach(async () => {
    end.abort();
    await running;
    cable.delete();
  });

  function join(session: BfdSessionSpec, theirs = mirrored(session)): Promise<boolean> {
    us.set('peer', session);
    them.set('us', theirs);
    return both('up');
  }

  // How short the intervals may be is measured by bench/bfd; here a machine that is busy itself must not matter.
  test('stays up while the main loop is busy for many times the detection time, and a cut is detected', async () => {
    const slow = { receiveIntervalMs: 400, transmitIntervalMs: 400, detectMultiplier: 3 };
    await join({ ...quick, profile: { ...fast, ...slow } });
    us.block(6_000);
    const start = us.lines.length;
    await pass(15_000);
    expect(stateOf(them)).toBe('up');
    expect(toldSince(start)).toEqual([]);
    cable.theirs.exec('iptables', '-w', '-A', 'INPUT', '-s', '192.0.2.1', '-j', 'DROP');
    await vi.waitUntil(() => stateOf(them) === 'down', { timeout: 20_000 });
    const heard = them.lines.findLast(({ event }) => event === 'changed');
    expect(heard?.args.slice(1, 3)).toEqual(['down', 1]);
  });

  test('is had over IPv6', async () => {
    const local = '2001:db8::1' as IpAddress;
    await join({ ...quick, local, remote: '2001:db8::2' as IpAddress });
    expect(stateOf(us)).toBe('up');
  });

  test('is had between link-local addresses', async () => {
    const linkLocal = ({ ip }: { ip: Namespace['ip'] }): IpAddress =>
      /inet6 (fe80[^/]*)/.exec(
        ip('address', 'show', 'dev', 'eth0', 'scope', 'link'),
      )?.[1] as IpAddress;
    const addressOf = (namespace: Namespace): Promise<IpAddress> =>
      vi.waitUntil(() => linkLocal({ ip: (...args) => namespace.ip(...args) }), {
        timeout: 10_000,
      });
    const local = await addressOf(cable.ours);
    const remote = await addressOf(cable.theirs);
    await join({ ...quick, local, remote, interface: 'eth0' });
    expect(stateOf(us)).toBe('up');
  });

  test('is had over multiple hops, from no further than the profile allows', async () => {
    const far = { ...quick, multihop: true };
    await join({ ...far, profile: { ...fast, minimumTTL: 200 } });
    cable.comeFrom(199, 4784);
    await vi.waitUntil(() => stateOf(us) === 'down', { timeout: 20_000 });
    us.set('peer', { ...far, profile: { ...fast, minimumTTL: 199 } });
    await both('up');
    expect(stateOf(us)).toBe('up');
  });

  test('does not hear a peer that is not on the link', async () => {
    await join(quick);
    cable.comeFrom(254, 3784);
    await vi.waitUntil(() => stateOf(us) === 'down', { timeout: 20_000 });
    expect(stateOf(us)).toBe('down');
  });

  test('goes down with the device that it is bound to, and begins again with another of that name', async () => {
    const bound = { ...quick, interface: 'eth0' };
    await join(bound, mirrored(quick));
    cable.ours.ip('link', 'delete', 'eth0');
    await vi.waitUntil(() => stateOf(us) === 'down', { timeout: 20_000 });
    cable.plug();
    await both('up');
    expect(us.lines.some(({ event }) => event === 'failed')).toBe(true);
  });

  test('is had with several peers at several addresses of ours', async () => {
    const also = '192.0.2.11' as IpAddress;
    const third = '192.0.2.12' as IpAddress;
    cable.ours.ip('address', 'add', `${also}/24`, 'dev', 'eth0');
    cable.theirs.ip('address', 'add', `${third}/24`, 'dev', 'eth0');
    const pairs = [quick, { ...quick, local: also }, { ...quick, remote: third }];
    for (const [index, pair] of pairs.entries()) {
      us.set(`${index}`, pair);
      them.set(`${index}`, mirrored(pair));
    }
    const isUp = (key: string): boolean => counts.get(key)?.state === 'up';
    await vi.waitUntil(() => ['0', '1', '2'].every(isUp), { timeout: 20_000 });
    us.delete('1');
    await vi.waitUntil(
      () => them.lines.some(({ args: [key, , , remote] }) => key === '1' && remote === 'adminDown'),
      { timeout: 20_000 },
    );
    expect(['0', '2'].every(isUp)).toBe(true);
  });

  test('waits for a peer that begins if it is passive', async () => {
    const passive = { ...quick, profile: { ...fast, passiveMode: true } };
    us.set('peer', passive);
    await pass(2_500);
    await us.report();
    expect(counts.get('peer')).toMatchObject({ controlOut: 0 });
    await join(passive, mirrored(quick));
    expect(stateOf(us)).toBe('up');
  });

  test('watches the path by echo packets that the peer forwards, with fewer control packets', async () => {
    for (const namespace of [cable.ours, cable.theirs]) {
      namespace.exec('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    }
    await join({ ...quick, profile: { ...fast, echoMode: true } });
    await vi.waitUntil(() => (counts.get('peer')?.echoIn ?? 0) > 20, { timeout: 20_000 });
    const before = counts.get('peer')!;
    await pass(3_000);
    await us.report();
    const after = counts.get('peer')!;
    expect(after).toMatchObject({ state: 'up', downEvents: 0 });
    expect(after.echoIn - before.echoIn).toBeGreaterThan(10);
    expect(after.controlIn - before.controlIn).toBeLessThan(10);
    const start = us.lines.length;
    // Control packets still come; what the echo needs does not.
    cable.theirs.exec('sysctl', '-qw', 'net.ipv4.ip_forward=0');
    await vi.waitUntil(() => toldSince(start).includes('down'), { timeout: 20_000 });
    const change = us.lines.slice(start).find(({ event }) => event === 'changed');
    expect(change?.args.slice(1, 3)).toEqual(['down', 2]);
  });

  test('is done without while another program has the port, which is named, and begins when it has gone', async () => {
    const holder = cable.ours.spawn(process.execPath, [
      '-e',
      "const s = require('dgram').createSocket('udp4'); s.bind(3784, () => console.log('bound'));",
    ]);
    await new Promise((resolve) => holder.stdout?.once('data', resolve));
    us.set('peer', quick);
    const failure = await vi.waitUntil(() => us.lines.find(({ event }) => event === 'failed'), {
      timeout: 20_000,
    });
    expect(failure.args[1]).toContain(`UDP port 3784 is held by node (process ${holder.pid})`);
    holder.kill();
    them.set('us', mirrored(quick));
    await both('up');
    expect(us.lines.filter(({ event }) => event === 'failed')).toHaveLength(1);
  });
});
