import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SystemClock, TcpDialer } from '../../src/runtime/platform/index.ts';
import type { TcpConnection } from '../../src/runtime/platform/tcp/connection.ts';
import type { TcpTarget } from '../../src/runtime/platform/tcp/target.ts';
import { eventually, never } from '../cluster/index.ts';
import { PeerSite } from '../support/bgp-peers/index.ts';
import { Tap } from '../support/link-lab.ts';
import { RecordedEvents } from '../support/tcp-listener.ts';

const PORT = 179;
const ECHO = `
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(${PORT}, '::', () => console.log('listens'));
`;
/** EtherType, and where in a frame stand TTL or hop limit, the protocol and the TCP header. */
const LAYOUT = {
  ipv4: { etherType: 0x0800, ttl: 14 + 8, protocol: 14 + 9, tcp: 14 + 20 },
  ipv6: { etherType: 0x86dd, ttl: 14 + 7, protocol: 14 + 6, tcp: 14 + 40 },
} as const;
const TCP = 6;

let near: PeerSite;
let other: PeerSite;
let listener: ChildProcess;
let tap: Tap;
const dialed: TcpConnection[] = [];

beforeAll(async () => {
  near = new PeerSite('near');
  other = new PeerSite('other');
  listener = near.namespace.spawn(process.execPath, ['-e', ECHO]);
  await once(listener.stdout!, 'data');
  tap = await Tap.start(near.namespace, 'eth0');
});

afterEach(() => {
  for (const connection of dialed.splice(0)) connection.destroy();
  setTtl(64);
});

afterAll(async () => {
  await tap.stop();
  const ended = once(listener, 'exit');
  listener.kill('SIGKILL');
  await ended;
  for (const site of [near, other]) site.delete();
});

function dial(target: Partial<TcpTarget>): { connection: TcpConnection; events: RecordedEvents } {
  const events = new RecordedEvents();
  const whole = { address: near.theirs.ipv4, port: PORT, ...target };
  const connection = new TcpDialer(new SystemClock()).dial(whole, events);
  dialed.push(connection);
  return { connection, events };
}

/** Resolves when octets went there and back. */
async function echoes(target: Partial<TcpTarget>): Promise<void> {
  const { connection, events } = dial(target);
  await events.next('connected');
  connection.write(Buffer.from('OPEN'));
  expect(await events.next('data')).toBe('data OPEN');
}

/** The TTL that the listener's answers set out with. */
function setTtl(ttl: number): void {
  for (const key of ['net.ipv4.ip_default_ttl', 'net.ipv6.conf.all.hop_limit']) {
    near.namespace.exec('sysctl', '-qw', `${key}=${ttl}`);
  }
  near.namespace.exec('sysctl', '-qw', `net.ipv6.conf.eth0.hop_limit=${ttl}`);
}

/** TTL or hop limit of a TCP segment to the listener; nothing of other frames. */
function ttlOf(frame: Buffer, family: keyof typeof LAYOUT): number[] {
  const { etherType, ttl, protocol, tcp } = LAYOUT[family];
  // The tap begins with an empty line.
  if (frame.length < tcp + 4 || frame.readUInt16BE(12) !== etherType) return [];
  if (frame[protocol] !== TCP || frame.readUInt16BE(tcp + 2) !== PORT) return [];
  return [frame.readUInt8(ttl)];
}

describe.each(['ipv4', 'ipv6'] as const)('a connection over %s', (family) => {
  const there = (): string => near.theirs[family];

  test('sends with the TTL that was asked for, from its first segment on', async () => {
    const start = tap.transcript.lines.length;
    await echoes({ address: there(), ttl: 37 });
    const seen = (): number[] =>
      tap.transcript.lines
        .slice(start)
        .flatMap(({ frame }) => ttlOf(Buffer.from(frame, 'hex'), family));
    await eventually('four segments were seen', () => seen().length >= 4 || undefined);
    expect(new Set(seen())).toEqual(new Set([37]));
  });

  test('hears only who is as near as it was told', async () => {
    setTtl(255);
    await echoes({ address: there(), ttl: 255, minTtl: 255 });
    setTtl(254);
    const { connection, events } = dial({ address: there(), ttl: 255, minTtl: 255 });
    await never('an answer from two hops away', () => events.told[0], 2_000);
    connection.end();
    expect(await events.next('closed')).toBe('closed: given up');
  });

  test('with a key that the peer does not have meets silence, until it is given up', async () => {
    await echoes({ address: there() });
    const { connection, events } = dial({ address: there(), password: 's3cret' });
    await never('an answer without the key', () => events.told[0], 2_000);
    connection.end();
    expect(await events.next('closed')).toBe('closed: given up');
  });

  test('stays on the interface that it was told', async () => {
    await echoes({ address: there(), device: near.ours.link });
    const { events } = dial({ address: there(), device: other.ours.link });
    expect(await events.next('closed')).toContain('unreachable');
  });
});

test('a link-local peer is reached by its interface, with options and without', async () => {
  const address = await eventually('the router has a link-local address', () => {
    const text = near.namespace.ip('-6', '-o', 'addr', 'show', 'dev', 'eth0', 'scope', 'link');
    return text.includes('tentative') ? undefined : /inet6 (\S+)\//.exec(text)?.[1];
  });
  const target = { address: `${address}%${near.ours.link}` };
  await echoes(target);
  await echoes({ ...target, ttl: 255 });
  const { events } = dial({ ...target, ttl: 255, source: ownLinkLocal() });
  expect(await events.next('connected')).toBe(`connected from ${ownLinkLocal()}`);
});

/** Of this end of the cable. */
function ownLinkLocal(): string {
  const { link } = near.ours;
  const text = execFileSync('ip', ['-6', '-o', 'addr', 'show', 'dev', link, 'scope', 'link']);
  return /inet6 ([^/]+)\//.exec(text.toString())?.[1] ?? '';
}
