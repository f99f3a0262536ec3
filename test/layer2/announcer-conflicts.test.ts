import { beforeEach, describe, expect, test } from 'vitest';
import type { AnnouncerOptions } from '../../src/runtime/layer2/announcer.ts';
import { Announcer } from '../../src/runtime/layer2/index.ts';
import type { IpAddress, MacAddress } from '../../src/runtime/net/index.ts';
import { type Duration, type Link, millis, seconds } from '../../src/runtime/platform/ports.ts';
import { FakeLinkLayer, aLink } from '../support/fake-link-layer.ts';
import { vip, vip6 } from '../support/frames.ts';
import { KnownStations } from '../support/known-stations.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const other = '192.0.2.11' as IpAddress;
const sibling = '00:00:5e:00:53:0b' as MacAddress;
const stranger = '00:00:5e:00:53:66' as MacAddress;

let clock: ManualClock;
let logger: RecordingLogger;
let layer: FakeLinkLayer;
let stations: KnownStations;
let told: string[];
let announcer: Announcer;
let end: AbortController;
let running: Promise<void>;

const watching = (): Partial<AnnouncerOptions> => ({
  conflicts: {
    rivals: stations,
    observer: {
      found: ({ kind, outcome }) => told.push(`found ${kind} ${outcome}`),
      ended: ({ kind, outcome }) => told.push(`ended ${kind} ${outcome}`),
    },
  },
});

async function start(options: Partial<AnnouncerOptions> = {}, watched = watching()): Promise<void> {
  announcer = new Announcer({
    layer,
    clock,
    logger,
    observer: { requestReceived() {}, responseSent() {}, gratuitousSent() {} },
    ...watched,
    ...options,
  });
  end = new AbortController();
  running = announcer.run(end.signal);
  await settle();
}

const announced = (address: IpAddress): number =>
  layer.announced.filter((each) => each.address === address).length;
const asked = (address: IpAddress): number =>
  layer.asked.filter((each) => each.address === address).length;
const events = (): unknown[] =>
  logger.lines
    .map(({ fields }) => fields['event'])
    .filter((event) => String(event).startsWith('address'));

beforeEach(() => {
  clock = new ManualClock();
  logger = new RecordingLogger();
  layer = new FakeLinkLayer([aLink()], clock);
  stations = new KnownStations();
  stations.nodes.set(sibling, 'n2');
  stations.members.add('n2');
  told = [];
});

describe('an address handed over', () => {
  test('is answered for until a successor announces it, and announced no more', async () => {
    await start();
    announcer.set('ns/web', [vip, vip6]);
    announcer.handOver('ns/web', seconds(1));
    expect([layer.ask(vip), layer.ask(vip6), announcer.owns(vip)]).toEqual([true, true, false]);
    layer.hear(vip, sibling, 'announcement');
    expect([layer.ask(vip), layer.ask(vip6)]).toEqual([false, true]);
    clock.advance(seconds(10));
    expect([layer.ask(vip6), announced(vip), announced(vip6)]).toEqual([false, 1, 1]);
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('still hears what is asked about it: its group is left only when that is over', async () => {
    await start();
    announcer.set('ns/web', [vip6]);
    announcer.handOver('ns/web', seconds(1));
    expect(layer.memberships).toHaveLength(1);
    layer.hear(vip6, sibling, 'announcement');
    expect(layer.memberships).toEqual([]);
  });

  test('stays ours if it is set again, or if another Service has it', async () => {
    await start();
    announcer.set('ns/web', [vip, other]);
    announcer.set('ns/dns', [other]);
    announcer.handOver('ns/web', seconds(1));
    announcer.set('ns/web', [vip]);
    clock.advance(seconds(3));
    expect([layer.ask(vip), layer.ask(other)]).toEqual([true, true]);
  });

  test('keeps the announcer running until it is let go', async () => {
    await start();
    announcer.set('ns/web', [vip]);
    announcer.handOver('ns/web', seconds(1));
    let isOver = false;
    void running.then(() => (isOver = true));
    end.abort();
    await settle();
    expect([isOver, layer.ask(vip)]).toEqual([false, true]);
    layer.hear(vip, sibling, 'announcement');
    await running;
    await announcer.settled();
  });

  test('is over at once where no links are served any more', async () => {
    layer = new FakeLinkLayer([aLink()]);
    await start();
    announcer.set('ns/web', [vip]);
    layer.die(new Error('the thread is gone'));
    await expect(running).rejects.toThrow('the thread is gone');
    announcer.handOver('ns/web', seconds(1));
    let isOver = false;
    void announcer.settled().then(() => (isOver = true));
    await clock.advanceAsync(seconds(10));
    expect(isOver).toBe(true);
  });

  test('is over in time though the links say nothing', async () => {
    layer = new FakeLinkLayer([aLink()]);
    await start();
    announcer.set('ns/web', [vip]);
    announcer.handOver('ns/web', seconds(1));
    const settled = announcer.settled();
    clock.advance(seconds(2));
    await expect(settled).resolves.toBeUndefined();
  });
});

describe('an address that a speaker announces which comes first', () => {
  beforeEach(async () => {
    stations.higher.add('n2');
    await start();
    announcer.set('ns/web', [vip]);
    clock.advance(seconds(10));
    layer.announced.length = layer.asked.length = 0;
    layer.answering.set(vip, sibling);
    layer.hear(vip, sibling, 'announcement');
  });

  test('is left to it, however often the Service is set again', async () => {
    expect([layer.ask(vip), announcer.owns(vip)]).toEqual([false, true]);
    announcer.set('ns/web', [vip]);
    await clock.advanceAsync(seconds(5));
    expect([layer.ask(vip), announced(vip), asked(vip)]).toEqual([false, 0, 6]);
    expect(told).toEqual(['found speaker yielded']);
  });

  test('is taken back and announced when the other is silent, and all of it is logged', async () => {
    await clock.advanceAsync(seconds(2));
    layer.answering.clear();
    await clock.advanceAsync(seconds(4));
    expect(layer.ask(vip)).toBe(true);
    expect(announced(vip)).toBeGreaterThan(0);
    expect(told).toEqual(['found speaker yielded', 'ended speaker yielded']);
    expect(events()).toEqual([
      ...['addressYielded', 'addressConflict', 'addressConflictEnded', 'addressTakenBack'],
    ]);
  });

  test('is let go without a hand-over when the ring says so too', () => {
    announcer.handOver('ns/web', seconds(1));
    expect([layer.ask(vip), announcer.owns(vip)]).toEqual([false, false]);
    clock.advance(seconds(10));
    expect(clock.pending).toBe(0);
  });
});

test('who else has an address is asked between one and two seconds after it was gained', async () => {
  await start();
  announcer.set('ns/web', [vip, vip6]);
  clock.advance(millis(999));
  expect(layer.asked).toEqual([]);
  clock.advance(millis(1001));
  expect([asked(vip), asked(vip6)]).toEqual([1, 1]);
  clock.advance(seconds(60));
  expect(layer.asked).toHaveLength(2);
});

test('nobody is asked, and nothing said, where conflicts are not watched for', async () => {
  await start({}, {});
  announcer.set('ns/web', [vip]);
  layer.hear(vip, stranger, 'announcement');
  clock.advance(seconds(60));
  expect(layer.asked).toEqual([]);
  expect(layer.ask(vip)).toBe(true);
});

test('a stranger is told with its hardware address and what to do', async () => {
  await start();
  announcer.set('ns/web', [vip]);
  layer.answering.set(vip, stranger);
  await clock.advanceAsync(seconds(5));
  expect(told).toEqual(['found stranger kept']);
  const line = logger.lines.find(({ fields }) => fields['event'] === 'addressConflict');
  expect(line?.level).toBe('warn');
  expect(line?.fields).toMatchObject({
    ip: vip,
    mac: stranger,
    kind: 'stranger',
    interface: 'eth0',
  });
  expect(line?.fields['msg']).toBe(
    `${vip} is also spoken for by ${stranger}, a stranger: a machine outside the cluster uses the address, take it away there or take it out of the pool`,
  );
});

describe('while suspended', () => {
  test('nothing is answered or announced, and afterwards what is still ours is announced', async () => {
    await start({ announceEvery: seconds(30) });
    announcer.set('ns/web', [vip]);
    announcer.set('ns/dns', [other]);
    clock.advance(seconds(10));
    announcer.suspend();
    layer.announced.length = 0;
    announcer.delete('ns/dns');
    announcer.set('ns/six', [vip6]);
    clock.advance(seconds(60));
    expect([layer.ask(vip), layer.ask(vip6), layer.announced]).toEqual([false, false, []]);
    announcer.resume();
    expect([layer.ask(vip), layer.ask(vip6), layer.ask(other)]).toEqual([true, true, false]);
    clock.advance(seconds(5));
    expect([announced(vip) >= 5, announced(vip6) >= 5, announced(other)]).toEqual([true, true, 0]);
  });

  test('an address that was left to another is ours again afterwards, until it is heard again', async () => {
    stations.higher.add('n2');
    await start();
    announcer.set('ns/web', [vip]);
    layer.hear(vip, sibling, 'announcement');
    announcer.suspend();
    announcer.resume();
    expect(layer.ask(vip)).toBe(true);
    layer.hear(vip, sibling, 'announcement');
    expect(layer.ask(vip)).toBe(false);
  });
});

test('links that stood still longer than allowed are silent until told to go on', async () => {
  const pauses: Duration[] = [];
  await start();
  announcer.set('ns/web', [vip]);
  let limit = seconds(5);
  announcer.watchPauses(
    () => limit,
    (duration) => pauses.push(duration),
  );
  layer.standStill(seconds(4));
  expect([pauses, layer.ask(vip)]).toEqual([[], true]);
  limit = seconds(3);
  layer.change([aLink()]);
  layer.standStill(seconds(4));
  expect([pauses, layer.ask(vip)]).toEqual([[seconds(4)], false]);
  announcer.set('ns/dns', [other]);
  expect(announced(other)).toBe(0);
  announcer.resume();
  expect([layer.ask(vip), announced(other)]).toEqual([true, 1]);
});

test('everything is announced once more on demand', async () => {
  await start();
  announcer.set('ns/web', [vip, vip6]);
  clock.advance(seconds(10));
  layer.announced.length = 0;
  announcer.refresh();
  expect(layer.announced.map(({ address }) => address)).toEqual([vip, vip6]);
});

test('every address is announced and asked about again each interval', async () => {
  await start({ announceEvery: seconds(60) });
  announcer.set('ns/web', [vip, vip6]);
  clock.advance(seconds(10));
  layer.announced.length = layer.asked.length = 0;
  clock.advance(seconds(120));
  expect([announced(vip), announced(vip6), asked(vip), asked(vip6)]).toEqual([2, 2, 2, 2]);
  announcer.delete('ns/web');
  expect(clock.pending).toBe(0);
});

describe('addresses are probed for before their first use, if so chosen', () => {
  const probeFirst = { float: () => 0, bytes: () => new Uint8Array() };

  test('and taken after three questions that nobody answered', async () => {
    await start({ probeFirst });
    announcer.set('ns/web', [vip], undefined, true);
    clock.advance(millis(3999));
    expect([layer.ask(vip), asked(vip), announced(vip)]).toEqual([false, 3, 0]);
    announcer.set('ns/web', [vip]);
    expect(layer.ask(vip)).toBe(false);
    clock.advance(millis(1));
    expect([layer.ask(vip), announced(vip)]).toEqual([true, 1]);
  });

  test('but not those that are ours already, or that the Service had before', async () => {
    await start({ probeFirst });
    announcer.set('ns/web', [vip]);
    announcer.set('ns/dns', [vip, other], undefined, true);
    announcer.set('ns/six', [vip6]);
    expect([layer.ask(vip), layer.ask(other), layer.ask(vip6)]).toEqual([true, false, true]);
  });

  test('and left alone for a minute where somebody has them', async () => {
    layer.answering.set(vip, stranger);
    await start({ probeFirst });
    announcer.set('ns/web', [vip], undefined, true);
    await clock.advanceAsync(seconds(50));
    expect([layer.ask(vip), told]).toEqual([false, ['found stranger refused']]);
    layer.answering.clear();
    await clock.advanceAsync(seconds(20));
    expect([layer.ask(vip), told.at(-1)]).toEqual([true, 'ended stranger refused']);
  });
});

test('what the links are is told as soon as it is known, and whenever they were looked at again', async () => {
  const seen: (readonly Link[])[] = [];
  await start();
  announcer.watchLinks((links) => seen.push(links));
  layer.change([aLink({ carrier: false })]);
  expect(seen.map(([link]) => link?.carrier)).toEqual([true, false]);
});
