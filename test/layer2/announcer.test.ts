import { beforeEach, describe, expect, test } from 'vitest';
import { Announcer } from '../../src/runtime/layer2/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { millis } from '../../src/runtime/platform/ports.ts';
import { FakeLinkLayer, aLink } from '../support/fake-link-layer.ts';
import { vip, vip6 } from '../support/frames.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const eth1 = aLink({ index: 3, name: 'eth1' });
const other = '192.0.2.11' as IpAddress;

let clock: ManualClock;
let logger: RecordingLogger;
let layer: FakeLinkLayer;
let counted: string[];
let announcer: Announcer;
let running: Promise<void>;
let end: AbortController;

async function start(
  interfaces?: readonly string[],
  excluded?: (name: string) => boolean,
): Promise<void> {
  const count = (what: string) => (address: IpAddress, by: number) =>
    void counted.push(`${what} ${address} +${by}`);
  announcer = new Announcer({
    layer,
    clock,
    logger,
    observer: {
      requestReceived: count('request'),
      responseSent: count('response'),
      gratuitousSent: count('gratuitous'),
    },
    ...(interfaces && { interfaces }),
    ...(excluded && { excluded }),
  });
  end = new AbortController();
  running = announcer.run(end.signal);
  await settle();
}

const announcedOn = (link: string): string[] =>
  layer.announced.filter(({ on }) => on === link).map(({ address }) => address);
const logged = (): string[] =>
  logger.lines.map(
    ({ fields }) => `${String(fields['event'] ?? fields['op'])} ${String(fields['interface'])}`,
  );

beforeEach(() => {
  clock = new ManualClock();
  logger = new RecordingLogger();
  layer = new FakeLinkLayer();
  counted = [];
});

describe('an address', () => {
  test('is answered for from being set until it is deleted', async () => {
    await start();
    expect(layer.ask(vip)).toBe(false);
    announcer.set('ns/web', [vip, vip6]);
    expect([layer.ask(vip), layer.ask(vip6), announcer.owns(vip)]).toEqual([true, true, true]);
    announcer.delete('ns/web');
    expect([layer.ask(vip), layer.ask(vip6), announcer.owns(vip)]).toEqual([false, false, false]);
  });

  test('stays with the Service that shares it', async () => {
    await start();
    announcer.set('ns/web', [vip]);
    announcer.set('ns/dns', [vip]);
    announcer.delete('ns/web');
    expect(layer.ask(vip)).toBe(true);
    expect(announcer.addressesOf('ns/dns')).toEqual([vip]);
  });

  test('is announced five times when set, and not when lost', async () => {
    await start();
    announcer.set('ns/web', [vip]);
    clock.advance(millis(10_000));
    expect(announcedOn('eth0')).toEqual(Array(5).fill(vip));
    announcer.delete('ns/web');
    clock.advance(millis(10_000));
    expect(announcedOn('eth0')).toHaveLength(5);
    expect(clock.pending).toBe(0);
  });

  test('is not announced any more once lost, its window open or not', async () => {
    await start();
    announcer.set('ns/web', [vip]);
    clock.advance(millis(2000));
    announcer.delete('ns/web');
    clock.advance(millis(10_000));
    expect(announcedOn('eth0')).toHaveLength(2);
  });

  test('is spoken for on the interfaces of its Service only', async () => {
    layer = new FakeLinkLayer([aLink(), eth1]);
    await start();
    announcer.set('ns/web', [vip, vip6], ['eth1']);
    expect([layer.ask(vip, 'eth0'), layer.ask(vip, 'eth1')]).toEqual([false, true]);
    expect(announcedOn('eth0')).toEqual([]);
    expect(announcedOn('eth1')).toEqual([vip, vip6]);
    expect(layer.memberships).toEqual(['eth1 ff02::1:ff00:a']);
  });

  test('is counted', async () => {
    await start();
    announcer.set('ns/web', [vip]);
    layer.ask(vip);
    layer.ask(vip);
    await announcer.report();
    expect(counted).toEqual([`request ${vip} +2`, `response ${vip} +2`, `gratuitous ${vip} +2`]);
  });
});

describe('a link', () => {
  test('that comes up hears about every address for five seconds', async () => {
    await start();
    announcer.set('ns/web', [vip, vip6]);
    clock.advance(millis(10_000));
    layer.change([aLink(), eth1]);
    await settle();
    clock.advance(millis(10_000));
    expect(announcedOn('eth1').filter((address) => address === vip)).toHaveLength(5);
    expect(announcedOn('eth1').filter((address) => address === vip6)).toHaveLength(5);
    expect(announcedOn('eth0')).toHaveLength(10);
  });

  test('whose cable is plugged in again hears about every address', async () => {
    layer = new FakeLinkLayer([aLink({ carrier: false })]);
    await start();
    announcer.set('ns/web', [vip]);
    clock.advance(millis(10_000));
    layer.announced.length = 0;
    layer.change([aLink()]);
    expect(announcedOn('eth0')).toEqual([vip]);
  });

  test('hears an address that was set shortly before it came up no more often than others', async () => {
    await start();
    announcer.set('ns/web', [vip]);
    clock.advance(millis(10_000));
    layer.change([aLink(), eth1]);
    await settle();
    announcer.set('ns/web', [vip]);
    clock.advance(millis(10_000));
    expect(announcedOn('eth1')).toHaveLength(6);
    expect(announcedOn('eth0')).toHaveLength(10);
  });

  test('joins the groups of addresses announced before it came, and leaves them', async () => {
    await start();
    announcer.set('ns/web', [vip6]);
    announcer.set('ns/two', ['2001:db8:1::a' as IpAddress]);
    layer.change([aLink(), eth1]);
    expect(layer.memberships.filter((each) => each.startsWith('eth1'))).toEqual(
      Array(2).fill('eth1 ff02::1:ff00:a'),
    );
    announcer.delete('ns/web');
    expect(layer.memberships).toEqual(['eth0 ff02::1:ff00:a', 'eth1 ff02::1:ff00:a']);
    layer.change([]);
    expect(layer.memberships).toEqual([]);
  });

  test('is logged when its responders come and go', async () => {
    await start();
    layer.change([]);
    expect(logged()).toEqual([
      'createARPResponder eth0',
      'createNDPResponder eth0',
      'deleteARPResponder eth0',
      'deleteNDPResponder eth0',
    ]);
  });

  test('that cannot be served does not keep others from it, and is tried again', async () => {
    layer = new FakeLinkLayer([aLink(), eth1]);
    layer.broken.add('eth0');
    await start();
    announcer.set('ns/web', [vip]);
    expect([layer.ask(vip, 'eth0'), layer.ask(vip, 'eth1')]).toEqual([false, true]);
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
    expect(logger.lines[0]?.fields).toEqual({
      op: 'createARPResponder',
      interface: 'eth0',
      error: 'bind: ENODEV',
      msg: 'failed to create ARP responder',
    });
    layer.broken.clear();
    layer.change([aLink(), eth1]);
    await settle();
    expect(layer.ask(vip, 'eth0')).toBe(true);
  });

  test('is left alone if only others are to be served', async () => {
    layer = new FakeLinkLayer([aLink(), eth1]);
    await start(['eth1']);
    announcer.set('ns/web', [vip]);
    expect([layer.ask(vip, 'eth0'), layer.ask(vip, 'eth1')]).toEqual([false, true]);
  });
});

describe('the interfaces of a Service', () => {
  const eth2 = aLink({ index: 4, name: 'eth2' });

  beforeEach(async () => {
    layer = new FakeLinkLayer([aLink(), eth1, eth2]);
    await start();
    announcer.set('ns/web', [vip, vip6], ['eth0', 'eth1']);
    clock.advance(millis(10_000));
    layer.announced.length = 0;
  });

  test('change: those that are new hear of it for five seconds, those that stay hear nothing', () => {
    announcer.set('ns/web', [vip, vip6], ['eth1', 'eth2']);
    clock.advance(millis(10_000));
    expect([layer.ask(vip, 'eth0'), layer.ask(vip, 'eth1'), layer.ask(vip, 'eth2')]).toEqual([
      false,
      true,
      true,
    ]);
    expect(announcedOn('eth0')).toEqual([]);
    expect(announcedOn('eth1')).toEqual([]);
    expect(announcedOn('eth2').filter((address) => address === vip)).toHaveLength(5);
    expect(announcedOn('eth2').filter((address) => address === vip6)).toHaveLength(5);
    expect(layer.memberships).toEqual(['eth1 ff02::1:ff00:a', 'eth2 ff02::1:ff00:a']);
    expect(clock.pending).toBe(0);
  });

  test('become fewer: nobody hears anything', () => {
    announcer.set('ns/web', [vip, vip6], ['eth1']);
    clock.advance(millis(10_000));
    expect(layer.announced).toEqual([]);
    expect(layer.ask(vip, 'eth0')).toBe(false);
  });

  test('are not looked at where a Service that shares the address names others', () => {
    announcer.set('ns/dns', [vip], ['eth2']);
    clock.advance(millis(10_000));
    layer.announced.length = 0;
    announcer.set('ns/web', [vip, vip6], ['eth2']);
    clock.advance(millis(10_000));
    expect(announcedOn('eth2')).toEqual(Array(5).fill(vip6));
  });

  test('that come later answer and are told for five seconds', async () => {
    announcer.set('ns/web', [vip], ['eth9']);
    expect(layer.announced).toEqual([]);
    layer.change([aLink(), eth1, eth2, aLink({ index: 9, name: 'eth9' })]);
    await settle();
    clock.advance(millis(10_000));
    expect(layer.ask(vip, 'eth9')).toBe(true);
    expect(layer.announced).toEqual(Array(5).fill({ on: 'eth9', address: vip }));
  });

  test('are told of once, however their windows overlap', () => {
    announcer.set('ns/web', [vip, vip6], ['eth2']);
    clock.advance(millis(2000));
    announcer.set('ns/web', [vip, vip6], ['eth2']);
    clock.advance(millis(10_000));
    // At 0 and 1.1 s for the change, then from 2 s on as any Service that is set again.
    expect(announcedOn('eth2').filter((address) => address === vip)).toHaveLength(2 + 5);
    expect(clock.pending).toBe(0);
  });
});

describe('interfaces that are excluded', () => {
  test('are served with neither protocol, and are none of those told', async () => {
    layer = new FakeLinkLayer([aLink(), eth1]);
    await start(undefined, (name) => name === 'eth1');
    const told: string[][] = [];
    announcer.watchInterfaces((names) => told.push([...names]));
    announcer.set('ns/web', [vip, vip6]);
    expect([layer.ask(vip, 'eth0'), layer.ask(vip, 'eth1'), layer.ask(vip6, 'eth1')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(told).toEqual([['eth0']]);
  });
});

test('the names of the interfaces are told once they are known, and when they change', async () => {
  const told: string[][] = [];
  await start();
  announcer.watchInterfaces((names) => told.push([...names]));
  layer.change([aLink({ up: false })]);
  layer.change([aLink(), eth1]);
  layer.change([eth1]);
  expect(told).toEqual([['eth0'], ['eth0', 'eth1'], ['eth1']]);
});

test('what was set before the links are served is answered once they are', async () => {
  await start();
  end.abort();
  await running;
  layer = new FakeLinkLayer();
  const early = new Announcer({
    layer,
    clock,
    logger,
    observer: { requestReceived() {}, responseSent() {}, gratuitousSent() {} },
  });
  early.set('ns/web', [vip]);
  void early.run(new AbortController().signal);
  await settle();
  expect(layer.ask(vip)).toBe(true);
  expect(announcedOn('eth0')).toEqual([vip]);
});

test('ending leaves no timer behind', async () => {
  await start();
  announcer.set('ns/web', [vip]);
  end.abort();
  await running;
  announcer.set('ns/web', [other]);
  expect(clock.pending).toBe(0);
});

test('the death of the link layer ends the announcer with the reason', async () => {
  await start();
  const reason = new Error('the thread of raw sockets ended with code 1');
  layer.die(reason);
  await expect(running).rejects.toBe(reason);
});
