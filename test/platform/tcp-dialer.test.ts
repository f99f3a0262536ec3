import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Libc, TcpDialer, loadLibc } from '../../src/runtime/platform/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import type { TcpConnection } from '../../src/runtime/platform/tcp/connection.ts';
import type { TcpTarget } from '../../src/runtime/platform/tcp/target.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordedEvents, TcpListener } from '../support/tcp-listener.ts';

const HERE = '127.0.0.1';
/** Of documentation: no host has it. */
const ELSEWHERE = '192.0.2.77';

let clock: ManualClock;
let listener: TcpListener;
let loads: number;
const dialed: TcpConnection[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  loads = 0;
  listener = await TcpListener.start(HERE);
});

afterEach(() => {
  for (const connection of dialed.splice(0)) connection.destroy();
  listener.stop();
});

function load(): Promise<Libc> {
  loads += 1;
  return loadLibc('a test');
}

function dial(target: Partial<TcpTarget>): { connection: TcpConnection; events: RecordedEvents } {
  const events = new RecordedEvents();
  const whole = { address: HERE, port: listener.port, ...target };
  const connection = new TcpDialer(clock, load).dial(whole, events);
  dialed.push(connection);
  return { connection, events };
}

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What kind each open descriptor of this process is: those of sockets that have not been closed. */
function openSockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch (error) {
      // The descriptor of the listing itself.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }).length;
}

describe.each([
  ['without options', {}, 0],
  ['with a TTL that Node cannot set', { ttl: 64 }, 1],
])('a connection %s', (_, options, expectedLoads) => {
  test('carries octets both ways, and reaches libc only for options', async () => {
    const { connection, events } = dial(options);
    expect(await events.next('connected')).toBe(`connected from ${HERE}`);
    expect(loads).toBe(expectedLoads);
    connection.write(octets('OPEN'));
    const [socket] = listener.accepted;
    await once(socket!, 'data');
    expect(listener.heard).toBe('OPEN');
    socket!.write('KEEPALIVE');
    expect(await events.next('data')).toBe('data KEEPALIVE');
  });

  test('comes from the source address that was asked for', async () => {
    const { events } = dial({ ...options, source: '127.0.0.9' });
    expect(await events.next('connected')).toBe('connected from 127.0.0.9');
  });

  test('from an address that the host does not have says so in the words of the original', async () => {
    const { events } = dial({ ...options, source: ELSEWHERE });
    expect(await events.next('closed')).toBe(
      `closed: dial "${HERE}:${listener.port}": Address "${ELSEWHERE}" doesn't exist on this host`,
    );
    expect(events.told).toHaveLength(1);
  });

  test('to a port where nobody listens says that it is refused', async () => {
    listener.stop();
    const { events } = dial(options);
    expect(await events.next('closed')).toBe(
      `closed: dial "${HERE}:${listener.port}": connect: connection refused`,
    );
  });

  test('tells what the peer said last before it tells that the peer hung up', async () => {
    const { events } = dial(options);
    await events.next('connected');
    listener.accepted[0]!.end('NOTIFICATION');
    await events.next('closed');
    expect(events.told.slice(1)).toEqual([
      'data NOTIFICATION',
      'closed: connection closed by the peer',
    ]);
  });

  test('ends after all that was written has arrived', async () => {
    const { connection, events } = dial(options);
    await events.next('connected');
    const words = 'x'.repeat(3_000_000);
    connection.write(octets(words));
    connection.end();
    await once(listener.accepted[0]!, 'end');
    expect(listener.heard).toHaveLength(words.length);
    expect(await events.next('closed')).toBe('closed: connection closed by the peer');
  });

  test('tells nothing once it was destroyed, whether it had come about or not', async () => {
    const early = dial(options);
    early.connection.destroy();
    const late = dial(options);
    await late.events.next('connected');
    late.connection.destroy();
    const [socket] = listener.accepted;
    await once(socket!, 'close');
    expect(listener.accepted).toHaveLength(1);
    expect(early.events.told).toEqual([]);
    expect(late.events.told).toHaveLength(1);
  });

  test('leaves no socket behind, however it ends', async () => {
    const before = openSockets();
    const ends = [
      dial({ ...options, source: ELSEWHERE }),
      dial({ ...options, password: 'x'.repeat(81) }),
      dial({ ...options, device: 'no-such-vrf' }),
      dial({ ...options, ttl: 256 }),
      dial({ ...options, port: 1 }),
    ];
    await Promise.all(ends.map(({ events }) => events.next('closed')));
    const { connection, events } = dial(options);
    await events.next('connected');
    const [socket] = listener.accepted;
    connection.destroy();
    await once(socket!, 'close');
    expect(openSockets()).toBe(before);
  });
});

test('a peer that does not hang up is left after two seconds', async () => {
  listener.stop();
  listener = await TcpListener.start(HERE, { halfOpen: true });
  const { connection, events } = dial({});
  await events.next('connected');
  connection.end();
  await once(listener.accepted[0]!, 'end');
  clock.advance(seconds(1));
  expect(events.told).toHaveLength(1);
  clock.advance(seconds(1));
  expect(events.told[1]).toBe('closed: connection closed');
});

test('a peer that reads nothing makes the writer wait, and tells when there is room again', async () => {
  const { connection, events } = dial({});
  await events.next('connected');
  const [socket] = listener.accepted;
  socket!.pause();
  const portion = new Uint8Array(65_536);
  let written = 1;
  while (connection.write(portion) || written < 200) written += 1;
  expect(events.told).not.toContain('drained');
  socket!.resume();
  await events.next('drained');
  expect(connection.write(octets('more'))).toBe(true);
});

test('a connection that is paused hears nothing until it is resumed', async () => {
  const { connection, events } = dial({});
  await events.next('connected');
  connection.pause();
  const [socket] = listener.accepted;
  await new Promise((resolve) => socket!.write('UPDATE', resolve));
  await new Promise(setImmediate);
  expect(events.told).toHaveLength(1);
  connection.resume();
  expect(await events.next('data')).toBe('data UPDATE');
});

test('a dial that is given up by end tells so, later', async () => {
  const { connection, events } = dial({});
  connection.end();
  expect(events.told).toEqual([]);
  expect(await events.next('closed')).toBe('closed: given up');
});

test('a source of the other family is ignored for an IPv4 peer, as the original does', async () => {
  const { events } = dial({ source: '2001:db8::1' });
  expect(await events.next('connected')).toBe(`connected from ${HERE}`);
});

test.each<[string, Partial<TcpTarget>, string]>([
  [
    'a password of 81 octets',
    { password: `${'ä'.repeat(40)}x` },
    'the password has 81 octets, and TCP MD5 takes at most 80',
  ],
  ['a VRF that is not there', { device: 'red' }, `VRF "red" doesn't exist on this host`],
  [
    'a VRF that nothing could be named',
    { device: 'a-name-of-more-than-fifteen-letters' },
    `VRF "a-name-of-more-than-fifteen-letters" doesn't exist on this host`,
  ],
  [
    'an IPv4 source for an IPv6 peer',
    { address: '2001:db8::1', source: ELSEWHERE },
    `source address "${ELSEWHERE}" is not of the peer's address family`,
  ],
  [
    'a link-local peer without its interface',
    { address: 'fe80::1' },
    'a link-local address does not say on which interface the peer is',
  ],
  [
    'something that is no address',
    { address: 'router.example' },
    '"router.example" is not an address that can be connected to',
  ],
])('%s is refused in words', async (_, target, words) => {
  const { events } = dial(target);
  const { address = HERE } = target;
  const name = address.includes(':') ? `[${address}]` : address;
  expect(await events.next('closed')).toBe(`closed: dial "${name}:${listener.port}": ${words}`);
  expect(events.told).toHaveLength(1);
});

test('a koffi that does not load is told as the reason', async () => {
  const events = new RecordedEvents();
  const broken = new TcpDialer(clock, () => Promise.reject(new Error('koffi did not load')));
  dialed.push(broken.dial({ address: HERE, port: listener.port, ttl: 5 }, events));
  expect(await events.next('closed')).toContain('koffi did not load');
});
