import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually, never } from '../../cluster/index.ts';
import { BfdScene } from '../../support/bfd-scene.ts';

const EAGER = ['receive-interval: 100', 'transmit-interval: 100', 'detect-multiplier: 3'];
const ECHOING = [...EAGER, 'echo-mode: true', 'echo-interval: 60'];
/** UDP port 3784 as in proc(5). */
const PORT_IN_TABLE = ':0EC8 ';
const BFD = { receive: 100, transmit: 100, multiplier: 3 };

function echoes(scene: BfdScene): Promise<number> {
  return scene.counter('echo_packet_input');
}

async function counters({ router }: BfdScene): Promise<readonly Record<string, number>[]> {
  const json = await router.command('show bfd peers counters json');
  return JSON.parse(json) as readonly Record<string, number>[];
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

describe('BFD with frr', () => {
  test('ends BGP at once when bfdd dies', async () => {
    const scene = await open('frr');
    scene.configure();
    await scene.up();
    scene.signal('bfdd', 'SIGKILL');
    expect(await scene.down()).toBeLessThan(2_000);
    expect(scene.reasons[0]).toBe('BFD session is down');
  });

  test('leaves BGP alone when the router ends BFD on purpose, and goes on when it begins again', async () => {
    const scene = await open('frr');
    scene.configure();
    await scene.up();
    const router = scene.router;
    await router.command('configure terminal', 'bfd', 'profile neighbor-0', 'shutdown');
    await eventually('BFD is down', async () => !(await scene.bfdUp()));
    await never('BGP goes down', () => scene.reasons.length > 0, 2_000);
    expect(await scene.bgpUp()).toBe(true);
    expect(scene.changes.at(-1)).toBe('down: neighbor signaled session down');
    await router.command('configure terminal', 'bfd', 'profile neighbor-0', 'no shutdown');
    await scene.up();
    expect(scene.reasons).toEqual([]);
  });

  test('exchanges echo packets that both ends count, and a path that swallows them is down', async () => {
    execFileSync('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
    const scene = await open('frr', { neighbor: { bfd: { ...BFD, echo: 60 } } });
    scene.site.namespace.exec('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    scene.configure(ECHOING);
    await scene.up();
    await eventually('ours come back', async () => (await echoes(scene)) > 20);
    const [theirs] = await counters(scene);
    expect(theirs?.['echo-packet-output']).toBeGreaterThan(10);
    expect(theirs?.['echo-packet-input']).toBeGreaterThan(10);
    const before = [await scene.counter('control_packet_input'), await echoes(scene)] as const;
    await eventually('fifty more', async () => (await echoes(scene)) > before[1] + 50);
    // Echo packets watch the path, so that one control packet a second does.
    expect((await scene.counter('control_packet_input')) - before[0]).toBeLessThan(15);
    expect(scene.reasons).toEqual([]);
    scene.site.namespace.exec('iptables', '-w', '-I', 'FORWARD', '-j', 'DROP');
    expect(await scene.down()).toBeLessThan(2_000);
    expect(scene.changes).toContain('down: echo function failed');
  });

  test('is asked for no echo by a node that forwards nothing', async () => {
    execFileSync('sysctl', ['-qw', 'net.ipv4.ip_forward=0']);
    const scene = await open('frr', { neighbor: { bfd: { ...BFD, echo: 60 } } });
    scene.site.namespace.exec('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    scene.configure(ECHOING);
    await scene.up();
    await eventually('ours come back', async () => (await echoes(scene)) > 20);
    expect((await counters(scene))[0]).toMatchObject({ 'echo-packet-output': 0 });
    expect(scene.reasons).toEqual([]);
  });
});

describe('BFD with bird', () => {
  test('goes without echo packets where the router returns none', async () => {
    const scene = await open('bird');
    scene.configure(ECHOING);
    await scene.up();
    await never('BGP goes down', () => scene.reasons.length > 0, 1_500);
    expect(await scene.counter('echo_packet_output')).toBe(0);
    scene.silence();
    expect(await scene.down()).toBeLessThan(2_000);
  });

  test('misses a router that ends BFD without a word once, and BGP comes back without it', async () => {
    const scene = await open('bird');
    scene.configure();
    await scene.up();
    await scene.router.command('disable', 'bfd1');
    await scene.down();
    await eventually('BGP is back', () => scene.bgpUp(), 30_000);
    await never('BGP goes down again', () => scene.reasons.length > 1, 2_000);
  }, 60_000);
});

describe('BFD beside an FRR that was left running on the node', () => {
  let left: ChildProcess | undefined;
  let folder = '';

  afterEach(() => {
    left?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  test('is done without, which is said with the name of its program, until that ends', async () => {
    folder = mkdtempSync(join(tmpdir(), 'left-'));
    chmodSync(folder, 0o755);
    execFileSync('chown', ['-R', 'frr:frr', folder]);
    const places = [
      '-i',
      `${folder}/bfdd.pid`,
      '-z',
      `${folder}/zserv.api`,
      '--vty_socket',
      folder,
    ];
    const rest = [
      '--bfdctl',
      `${folder}/bfdd.sock`,
      '-A',
      '127.0.0.1',
      '-P',
      '0',
      '-f',
      '/dev/null',
    ];
    left = spawn('/usr/lib/frr/bfdd', [...places, ...rest], { stdio: 'ignore' });
    const { pid } = left;
    await eventually('it holds the port', () =>
      readFileSync('/proc/net/udp', 'utf8').includes(PORT_IN_TABLE),
    );
    const scene = await open('frr');
    const { node } = scene;
    scene.configure();
    await eventually('BGP is up', () => scene.bgpUp(), 30_000);
    const holder = `UDP port 3784 is held by bfdd (process ${pid})`;
    await eventually('the Event is there', () =>
      node.events.lines.some((line) => line.includes(holder)),
    );
    const remarks = node.events.lines.filter((line) => line.includes(' bfdUnavailable: '));
    expect(remarks).toHaveLength(1);
    expect(remarks[0]).toMatch(/^Warning \/n1 bfdUnavailable: /);
    expect(remarks[0]).toContain(`the BGP session with ${scene.theirs} goes on without BFD`);
    const warnings = node.logger.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ fields }) => fields['error'])).toEqual([
      expect.stringContaining(holder),
    ]);
    expect(scene.reasons).toEqual([]);
    left.kill('SIGKILL');
    await scene.up();
    expect(scene.reasons).toEqual([]);
  }, 90_000);
});
