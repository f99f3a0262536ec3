import { afterEach, beforeEach, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { announcements } from '../../src/runtime/arp/index.ts';
import type { IpAddress, MacAddress } from '../../src/runtime/net/index.ts';
import { solicit, vip, vip6, whoHas } from '../support/frames.ts';
import type { HostOptions } from '../support/link-host.ts';
import { Host, Tap } from '../support/link-lab.ts';
import { Namespace, addIpv6, connect } from '../support/netns.ts';

const [macA, macB, macC] = ['0a', '0b', '0c'].map((end) => `00:00:5e:00:53:${end}` as MacAddress);
const asker = '00:00:5e:00:53:02' as MacAddress;

let bridge: Namespace;
let nodes: Namespace[];
let running: { stop(): Promise<unknown> }[];
let tap: Tap;
let prober: Namespace;

/** A bridge, two nodes and a prober on it. */
beforeEach(async () => {
  running = [];
  bridge = new Namespace('bridge');
  bridge.ip('link', 'add', 'br0', 'type', 'bridge');
  bridge.ip('link', 'set', 'br0', 'up');
  nodes = [macA!, macB!].map((mac, index) => plugIn(`n${index}`, mac));
  prober = plugIn('prober', asker);
  tap = await Tap.start(prober, 'eth0');
  running.push(tap);
}, 20_000);

afterEach(async () => {
  for (const each of running) await each.stop();
  for (const namespace of [...nodes, prober, bridge]) namespace.delete();
});

function plugIn(name: string, mac: MacAddress): Namespace {
  const namespace = new Namespace(name);
  connect({ namespace, link: 'eth0', mac }, { namespace: bridge, link: name });
  bridge.ip('link', 'set', name, 'master', 'br0');
  return namespace;
}

async function startOn(node: Namespace, options: HostOptions): Promise<Host> {
  const host = await Host.start(node, options);
  running.push(host);
  await host.logged('createARPResponder', 'eth0');
  await host.logged('createNDPResponder', 'eth0');
  return host;
}

/** Two nodes that know each other; the first of them comes first. */
function startBoth(isMember = true): Promise<Host[]> {
  const station = (node: string, mac: MacAddress, outranks: boolean) => ({
    ...{ node, mac, isMember, outranks },
  });
  return Promise.all([
    startOn(nodes[0]!, { stations: [station('n1', macB!, false)] }),
    startOn(nodes[1]!, { stations: [station('n0', macA!, true)] }),
  ]);
}

interface Answer {
  readonly at: number;
  readonly mac: string;
}

/** Every answer to the prober about the address from a line of the transcript on. */
function answers(address: IpAddress, start: number): Answer[] {
  return tap.transcript.lines.slice(start).flatMap(({ at, frame }) => {
    const octets = Buffer.from(frame, 'hex');
    const isArp = octets.readUInt16BE(12) === 0x0806 && octets[21] === 2;
    const isNdp = octets.readUInt16BE(12) === 0x86dd && octets[54] === 136;
    const isToUs = frame.startsWith('00005e005302');
    const about = address === vip ? 'c000020a' : '20010db800000000000000000000000a';
    if (!isToUs || !(isArp || isNdp) || !frame.includes(about)) return [];
    return [{ at, mac: frame.slice(12, 24).match(/../g)!.join(':') }];
  });
}

/** How often the prober asked from a line of the transcript on. */
function questions(address: IpAddress, start: number): number {
  const question = Buffer.from(address === vip ? whoHas() : solicit()).toString('hex');
  return tap.transcript.lines.slice(start).filter(({ frame }) => frame === question).length;
}

/** Asks every 20 ms from now on until `end` resolves, with what was answered. */
async function probing(address: IpAddress, during: () => Promise<unknown>): Promise<Answer[]> {
  const start = tap.transcript.lines.length;
  const frame = address === vip ? whoHas() : solicit();
  const timer = setInterval(() => tap.send(frame), 20);
  try {
    await during();
  } finally {
    clearInterval(timer);
  }
  return answers(address, start);
}

const pause = (millis: number): Promise<unknown> =>
  new Promise((resolve) => setTimeout(resolve, millis));

test.each([vip, vip6])(
  'a hand-over of %s leaves neither a gap nor two answers for longer than a probe',
  async (address) => {
    const [old, heir] = await startBoth();
    const service = 'default/web';
    await old!.tell({ op: 'set', service, addresses: [address] });
    await pause(300);
    const start = tap.transcript.lines.length;
    const heard = await probing(address, async () => {
      await pause(500);
      await Promise.all([
        old!.tell({ op: 'handOver', service, within: 1000 }),
        pause(100).then(() => heir!.tell({ op: 'set', service, addresses: [address] })),
      ]);
      await pause(700);
    });
    // Every question was answered, however late it was asked on a busy machine; the last may still be on its way.
    expect(heard.length).toBeGreaterThanOrEqual(questions(address, start) - 1);
    const last = heard.findLast(({ mac }) => mac === macA)!.at;
    const first = heard.find(({ mac }) => mac === macB)!.at;
    expect(last - first).toBeLessThan(40);
    expect(heard.at(-1)!.mac).toBe(macB);
  },
  20_000,
);

test('an address handed over that nobody takes is let go in time', async () => {
  const [old] = await startBoth();
  await old!.tell({ op: 'set', service: 'default/web', addresses: [vip] });
  await pause(200);
  let from = 0;
  const heard = await probing(vip, async () => {
    await pause(200);
    from = performance.now();
    await old!.tell({ op: 'handOver', service: 'default/web', within: 500 });
    await pause(1000);
  });
  expect(from).toBeGreaterThan(0);
  expect(heard.at(-1)!.at - heard[0]!.at).toBeGreaterThan(500);
  expect(heard.at(-1)!.at - heard[0]!.at).toBeLessThan(1000);
}, 20_000);

test.each([
  [vip, true],
  [vip6, false],
])(
  'of two owners of %s the lower yields, and takes it back when the other died (ring knows both: %s)',
  async (address, isMember) => {
    const [higher, lower] = await startBoth(isMember);
    await Promise.all(
      [higher, lower].map((host) =>
        host!.tell({ op: 'set', service: 'default/web', addresses: [address] }),
      ),
    );
    await pause(2000);
    const both = await probing(address, () => pause(1000));
    expect(new Set(both.map(({ mac }) => mac))).toEqual(new Set([macA]));
    const conflict = await lower!.conflict('found', address);
    expect(conflict).toMatchObject({ kind: 'speaker', node: 'n0', mac: macA, outcome: 'yielded' });
    const after = await probing(address, async () => {
      await pause(300);
      higher!.signal('SIGKILL');
      await pause(6000);
    });
    const silence =
      after.find(({ mac }) => mac === macB)!.at - after.findLast(({ mac }) => mac === macA)!.at;
    expect(silence).toBeLessThan(5500);
    await lower!.conflict('ended', address);
  },
  30_000,
);

test('a kernel that answers for an address is told as such, and not yielded to', async () => {
  nodes[1]!.ip('address', 'add', `${vip}/32`, 'dev', 'lo');
  nodes[1]!.exec('sysctl', '-qw', 'net.ipv4.conf.all.arp_ignore=0');
  const [owner] = await startBoth();
  await owner!.tell({ op: 'set', service: 'default/web', addresses: [vip] });
  expect(await owner!.conflict('found', vip)).toMatchObject({
    kind: 'kernel',
    mac: macB,
    node: 'n1',
    outcome: 'kept',
    services: ['default/web'],
    interfaceName: 'eth0',
  });
  const heard = await probing(vip, () => pause(500));
  expect(heard.map(({ mac }) => mac)).toContain(macA);
}, 20_000);

test('a stranger that has an address is told as such, for both families', async () => {
  const stranger = plugIn('stranger', macC!);
  nodes.push(stranger);
  stranger.ip('address', 'add', `${vip}/32`, 'dev', 'eth0');
  addIpv6(stranger, `${vip6}/128`, 'eth0');
  const [owner] = await startBoth();
  await owner!.tell({ op: 'set', service: 'default/web', addresses: [vip, vip6] });
  for (const address of [vip, vip6]) {
    const conflict = await owner!.conflict('found', address);
    expect(conflict).toMatchObject({ kind: 'stranger', mac: macC, outcome: 'kept' });
    expect(conflict.node).toBeUndefined();
  }
}, 20_000);

test('an address that a stranger has is not taken, if new ones are probed for', async () => {
  const stranger = plugIn('stranger', macC!);
  nodes.push(stranger);
  stranger.ip('address', 'add', `${vip}/32`, 'dev', 'eth0');
  const host = await startOn(nodes[0]!, { stations: [], probeFirst: true });
  const [service, first] = ['default/web', true];
  await host.tell({ op: 'set', service, addresses: [vip, vip6], first });
  expect(await host.conflict('found', vip)).toMatchObject({ kind: 'stranger', outcome: 'refused' });
  const early = await probing(vip6, () => pause(300));
  expect(early).toEqual([]);
  const isOurs = (octets: Buffer): boolean =>
    octets[54] === 136 && octets.toString('hex', 6, 12) === macA!.replaceAll(':', '');
  await expect.poll(() => host.counted('gratuitous', vip6), { timeout: 8000 }).toBeGreaterThan(0);
  await tap.ask(solicit(), isOurs);
  const late = await probing(vip, () => pause(300));
  expect(late.map(({ mac }) => mac)).not.toContain(macA);
}, 30_000);

test('a process that was stopped answers nothing when it goes on, until it is told to', async () => {
  const host = await startOn(nodes[0]!, { pauseLimit: 1500 });
  await host.tell({ op: 'set', service: 'default/web', addresses: [vip] });
  await pause(300);
  const heard = await probing(vip, async () => {
    await pause(200);
    host.signal('SIGSTOP');
    await pause(3000);
    host.signal('SIGCONT');
    const pauseTold = await host.transcript.find('pause', ({ type }) => type === 'stoodStill');
    expect(pauseTold.type === 'stoodStill' && pauseTold.duration).toBeGreaterThan(2400);
    await pause(500);
  });
  expect(heard.length).toBeGreaterThan(0);
  expect(heard.at(-1)!.at - heard[0]!.at).toBeLessThan(600);
  await host.tell({ op: 'resume' });
  expect((await probing(vip, () => pause(300))).length).toBeGreaterThan(0);
}, 20_000);

test('a flood of forged announcements keeps nobody waiting, and nearly nothing of it is kept', async () => {
  const host = await startOn(nodes[0]!, {});
  await host.tell({ op: 'set', service: 'default/web', addresses: [vip] });
  // The burst at the takeover is over.
  await pause(6000);
  const announced = await host.counted('gratuitous', vip);
  const before = residentMegabytes(host.pid);
  const start = tap.transcript.lines.length;
  const heard = await probing(vip, async () => {
    for (let sent = 0; sent < 20_000; sent += 200) {
      for (let each = sent; each < sent + 200; each += 1) tap.send(forged(each));
      await pause(10);
    }
    const last = Buffer.from(forged(19_999)).toString('hex');
    await tap.transcript.find('the last frame', ({ frame }) => frame === last, start);
  });
  expect(heard.length).toBeGreaterThan(questions(vip, start) / 2);
  expect(residentMegabytes(host.pid) - before).toBeLessThan(30);
  await pause(1500);
  const told = host.transcript.lines.filter(({ type }) => type === 'conflict');
  expect(told.length).toBeLessThanOrEqual(8);
  // Defended once in ten seconds at most, with two frames.
  expect((await host.counted('gratuitous', vip)) - announced).toBeLessThanOrEqual(4);
}, 40_000);

/** A gratuitous reply of a station that there is not. */
function forged(number: number): Uint8Array {
  const mac = `02:00:00:00:${[number >> 8, number & 255].map((each) => each.toString(16).padStart(2, '0')).join(':')}`;
  return announcements(mac as MacAddress, vip)[1]!;
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

test('while suspended nothing is answered, and afterwards everything is announced again', async () => {
  const host = await startOn(nodes[0]!, {});
  await host.tell({ op: 'set', service: 'default/web', addresses: [vip] });
  await host.tell({ op: 'suspend' });
  await host.tell({ op: 'set', service: 'default/two', addresses: [vip6] });
  expect(await probing(vip, () => pause(300))).toEqual([]);
  expect(await probing(vip6, () => pause(300))).toEqual([]);
  const before = await host.counted('gratuitous', vip);
  await host.tell({ op: 'resume' });
  expect((await probing(vip, () => pause(300))).length).toBeGreaterThan(0);
  expect(await host.counted('gratuitous', vip)).toBeGreaterThan(before);
  expect(await host.counted('gratuitous', vip6)).toBeGreaterThan(0);
}, 20_000);

test('addresses are announced again and again, if so chosen', async () => {
  const host = await startOn(nodes[0]!, { announceEvery: 1000 });
  await host.tell({ op: 'set', service: 'default/web', addresses: [vip, vip6] });
  await pause(6000);
  const before = await host.counted('gratuitous', vip6);
  await pause(3000);
  const after = await host.counted('gratuitous', vip6);
  expect(after - before).toBeGreaterThanOrEqual(2);
  expect(after - before).toBeLessThanOrEqual(4);
}, 20_000);
