import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IpAddress, MacAddress } from '../../src/runtime/net/index.ts';
import { asker, solicit, vip, vip6, whoHas } from '../support/frames.ts';
import { Host, Tap } from '../support/link-lab.ts';
import { Namespace, connect } from '../support/netns.ts';

const MACS: Readonly<Record<string, MacAddress>> = {
  eth0: '00:00:5e:00:53:10' as MacAddress,
  eth1: '00:00:5e:00:53:11' as MacAddress,
  eth7: '00:00:5e:00:53:17' as MacAddress,
};
/** Announced on every interface that is served at all. */
const everywhere = '198.51.100.9' as IpAddress;

let ours: Namespace;
let theirs: Namespace;
let running: { stop(): Promise<unknown> }[];

beforeEach(() => {
  running = [];
  ours = new Namespace('ours');
  theirs = new Namespace('theirs');
  plugIn('eth0');
  plugIn('eth1');
});

afterEach(async () => {
  for (const each of running) await each.stop();
  ours.delete();
  theirs.delete();
});

function plugIn(link: string): void {
  const mac = macOf(link);
  connect({ namespace: ours, link, mac }, { namespace: theirs, link, mac: asker });
}

function macOf(link: string): MacAddress {
  return MACS[link] ?? asker;
}

async function startHost(options?: Parameters<typeof Host.start>[1]): Promise<Host> {
  const host = await Host.start(ours, options);
  running.push(host);
  await host.logged('createNDPResponder', 'eth0');
  await host.tell({ op: 'set', service: 'default/everywhere', addresses: [everywhere] });
  return host;
}

async function startTap(link: string): Promise<Tap> {
  const tap = await Tap.start(theirs, link);
  running.push(tap);
  return tap;
}

/** Whether a frame comes from us on that link and speaks of the address, in ARP or in a neighbor advertisement. */
function speaks(link: string, address: IpAddress, kind: 'reply' | 'any' = 'any') {
  return (frame: Buffer): boolean => {
    const text = frame.toString('hex');
    if (text.slice(12, 24) !== macOf(link).replaceAll(':', '')) return false;
    if (kind === 'reply' && text.slice(0, 12) !== asker.replaceAll(':', '')) return false;
    if (address === vip6) return frame[54] === 136 && text.includes(`20010db8${'0'.repeat(23)}a`);
    const octets = Buffer.from(address.split('.').map(Number)).toString('hex');
    return frame.readUInt16BE(12) === 0x0806 && text.slice(56, 64) === octets;
  };
}

/** Frames from us about an address of the Service that the tap saw since. */
function heard(tap: Tap, link: string, start = 0): number {
  const about = [vip, vip6].map((address) => speaks(link, address));
  return tap.transcript.lines
    .slice(start)
    .filter(({ frame }) => about.some((isIt) => isIt(Buffer.from(frame, 'hex')))).length;
}

/** Asks on the link for {@link vip}, then for an address that is answered there: whether the first was, too. */
async function isAnswered(tap: Tap, link: string): Promise<boolean> {
  const start = tap.transcript.lines.length;
  tap.send(whoHas());
  const other = whoHas({ target: { mac: '00:00:00:00:00:00' as MacAddress, ip: everywhere } });
  await tap.ask(other, speaks(link, everywhere, 'reply'));
  return tap.transcript.lines
    .slice(start)
    .some(({ frame }) => speaks(link, vip, 'reply')(Buffer.from(frame, 'hex')));
}

/** Resolves once the five announcements of both addresses were seen, those before the tap aside. */
async function lastAnnouncement(tap: Tap, link: string, start: number): Promise<void> {
  for (let count = 0, from = start; count < 2; count += 1) {
    await tap.transcript.find(
      'announcement',
      ({ frame }) => speaks(link, vip)(Buffer.from(frame, 'hex')),
      from,
    );
    from = tap.transcript.lines.length;
  }
}

describe('an address is announced', () => {
  test('on the interfaces of its advertisements only, with either protocol', async () => {
    const host = await startHost();
    const [eth0, eth1] = [await startTap('eth0'), await startTap('eth1')];
    await host.logged('createNDPResponder', 'eth1');
    await host.tell({ op: 'configure', pool: 'teal', lists: [['eth1'], ['eth1', 'eth9']] });
    expect([await isAnswered(eth0, 'eth0'), await isAnswered(eth1, 'eth1')]).toEqual([false, true]);
    await eth1.ask(solicit(), speaks('eth1', vip6, 'reply'));
    await lastAnnouncement(eth1, 'eth1', eth1.transcript.lines.length);
    eth0.send(solicit());
    expect(await isAnswered(eth0, 'eth0')).toBe(false);
    expect(heard(eth0, 'eth0')).toBe(0);
    expect(await host.said('nodeAssigned')).toContain('with protocol "layer2"');
  }, 20_000);

  test('on all of them if one advertisement names none', async () => {
    const host = await startHost();
    const eth0 = await startTap('eth0');
    await host.tell({ op: 'configure', pool: 'teal', lists: [['eth1'], []] });
    expect(await isAnswered(eth0, 'eth0')).toBe(true);
  });

  test('on an interface more, while the others hear nothing of the change', async () => {
    const host = await startHost();
    await host.tell({ op: 'configure', pool: 'teal', lists: [['eth0']] });
    const [eth0, eth1] = [await startTap('eth0'), await startTap('eth1')];
    await quiet(host, eth0, 'eth0');
    const before = eth0.transcript.lines.length;
    await host.tell({ op: 'configure', pool: 'teal', lists: [['eth0', 'eth1']] });
    await lastAnnouncement(eth1, 'eth1', 0);
    expect(heard(eth0, 'eth0', before)).toBe(0);
    expect([await isAnswered(eth0, 'eth0'), await isAnswered(eth1, 'eth1')]).toEqual([true, true]);
  }, 30_000);

  test('not any more on an interface that its list has lost', async () => {
    const host = await startHost();
    await host.tell({ op: 'configure', pool: 'teal', lists: [['eth0', 'eth1']] });
    const eth0 = await startTap('eth0');
    expect(await isAnswered(eth0, 'eth0')).toBe(true);
    await host.tell({ op: 'configure', pool: 'teal', lists: [['eth1']] });
    expect(await isAnswered(eth0, 'eth0')).toBe(false);
  });

  test('on an interface that comes later, which says so by itself', async () => {
    const host = await startHost();
    await host.tell({ op: 'configure', pool: 'teal', lists: [['eth7']] });
    expect(await host.said('announceFailed')).toBe(
      `the interfaces specified by LB IP "${vip}" doesn't exist in assigned node "n1" with protocol "layer2"`,
    );
    await host.said('nodeAssigned');
    const start = host.transcript.lines.length;
    plugIn('eth7');
    const eth7 = await startTap('eth7');
    await host.said('nodeAssigned', start);
    await lastAnnouncement(eth7, 'eth7', 0);
    expect(await isAnswered(eth7, 'eth7')).toBe(true);
    const again = host.transcript.lines.length;
    ours.ip('link', 'delete', 'eth7');
    await host.said('announceFailed', again);
  }, 20_000);
});

test('an interface that is excluded answers for nothing', async () => {
  const host = await startHost({ excluded: ['eth1'] });
  const [eth0, eth1] = [await startTap('eth0'), await startTap('eth1')];
  await host.tell({ op: 'configure', pool: 'teal', lists: [[]] });
  expect(await isAnswered(eth0, 'eth0')).toBe(true);
  eth1.send(whoHas());
  eth1.send(solicit());
  await lastAnnouncement(eth0, 'eth0', 0);
  expect(heard(eth1, 'eth1')).toBe(0);
}, 20_000);

test('a configuration that announces as the one before sends no frame', async () => {
  const host = await startHost();
  await host.tell({ op: 'configure', pool: 'teal', lists: [['eth0', 'eth1'], ['eth0']] });
  const tap = await startTap('eth0');
  await quiet(host, tap, 'eth0');
  const [before, told] = [tap.transcript.lines.length, host.transcript.lines.length];
  for (let round = 0; round < 10; round += 1) {
    await host.tell({ op: 'configure', pool: 'other', lists: [['eth0'], ['eth1', 'eth0']] });
    await host.tell({ op: 'configure', pool: 'teal', lists: [['eth0', 'eth1'], ['eth0']] });
  }
  expect(await isAnswered(tap, 'eth0')).toBe(true);
  expect(heard(tap, 'eth0', before)).toBe(1);
  const loud = host.transcript.lines
    .slice(told)
    .filter((line) => line.type === 'event' || (line.type === 'log' && line.level !== 'debug'));
  expect(loud).toEqual([]);
}, 30_000);

/**
 * Resolves when announcements that began before it are over: those of two others, one after the other, have taken
 * longer than the five seconds of the first.
 */
async function quiet(host: Host, tap: Tap, link: string): Promise<void> {
  for (const marker of ['198.51.100.77', '198.51.100.78'] as IpAddress[]) {
    await host.tell({ op: 'set', service: 'default/marker', addresses: [marker] });
    // A request and a reply each, at least five times.
    for (let count = 0, from = 0; count < 10; count += 1) {
      const next = await tap.transcript.find(
        'marker',
        ({ frame }) => speaks(link, marker)(Buffer.from(frame, 'hex')),
        from,
      );
      from = tap.transcript.lines.indexOf(next) + 1;
    }
  }
  await host.tell({ op: 'delete', service: 'default/marker' });
}
