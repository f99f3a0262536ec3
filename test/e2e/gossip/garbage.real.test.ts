import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { PORT, Peers, agree } from '../../gossip/peers/peers.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const OURS = '127.0.1.1';
const GO = '127.0.1.11';
const DATAGRAMS = 20_000;
const STREAMS = 1_000;

/** Octets that begin as messages do about half of the time. */
function garbage(random: SeededRandom, longest: number): Uint8Array {
  const octets = random.bytes(Math.floor(random.float() * longest) + 1);
  const start = [
    [0, 0x82],
    [4, 0x86],
    [5, 0x83],
    [6, 0x83],
    [7, 0xff],
    [9, 0x82],
    [10, 0xff, 0xff, 0xff, 0xff],
    [12],
    [0xf4, 3],
  ][Math.floor(random.float() * 18)];
  if (start !== undefined) octets.set(start.slice(0, octets.length));
  return octets;
}

describe.each([
  ['encrypted', { secret: 'q7bGmCw4bTVsZ8QkT1xYpA' }],
  ['in the clear', {}],
])('a ring, %s, at which garbage is thrown', (_, options) => {
  let ours: Peers;
  let go: Peers;

  beforeEach(async () => {
    go = await Peers.go({ go: GO }, options);
    ours = await Peers.ours({ ours: OURS }, options);
    await ours.tell('ours', 'join', GO);
    await agree([ours, go], ['go', 'ours']);
  });

  afterEach(async () => {
    await Promise.all([ours.stop(), go.stop()]);
  });

  /** Both stay in the ring, and neither ever left it. */
  async function content(): Promise<void> {
    await agree([ours, go], ['go', 'ours']);
    expect(go.events('go', 'ours')).toEqual(['join']);
    expect(ours.events('ours', 'go')).toEqual(['join']);
    expect(go.complaints('flooded')).toEqual([]);
  }

  test('as datagrams: ours counts them, and the speaker of the original is content', async () => {
    const random = new SeededRandom(12);
    const socket = createSocket('udp4');
    for (let count = 0; count < DATAGRAMS; count += 1) {
      socket.send(garbage(random, 1_400), PORT, OURS);
      // As fast as one loop turns: a flood.
      if (count % 50 === 0) await new Promise(setImmediate);
    }
    socket.close();
    await eventually('most are accounted for', async () => {
      const { count = {} } = await ours.tell('ours', 'count');
      const { members = 0, awareness = 0, ...others } = count;
      expect(members + awareness).toBeLessThan(10);
      const reasons = Object.entries(others).filter(([what]) => !/ (in|out)$/.test(what));
      return reasons.reduce((sum, [, times]) => sum + times, 0) > DATAGRAMS / 10;
    });
    await content();
  });

  test('as streams: ours counts them, and the speaker of the original is content', async () => {
    const random = new SeededRandom(21);
    const throwOne = async (): Promise<void> => {
      const socket = connect({ host: OURS, port: PORT });
      socket.on('error', () => undefined);
      socket.resume();
      socket.end(garbage(random, 4_000));
      await once(socket, 'close');
    };
    for (let count = 0; count < STREAMS; count += 20) {
      await Promise.all(Array.from({ length: 20 }, throwOne));
    }
    const { count = {} } = await ours.tell('ours', 'count');
    expect(count['streams in']).toBeGreaterThanOrEqual(STREAMS);
    await content();
  });
});
