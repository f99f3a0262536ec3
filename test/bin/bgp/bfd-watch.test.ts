import { beforeEach, expect, test } from 'vitest';
import type { Session } from '../../../src/runtime/bgp/index.ts';
import { BfdThread } from '../../../src/runtime/bin/daemon/bgp/bfd-thread.ts';
import { type BfdGuard, BfdWatch } from '../../../src/runtime/bin/daemon/bgp/bfd-watch.ts';
import type { LocalInterface } from '../../../src/runtime/bin/daemon/bgp/interfaces.ts';
import type { BfdEvents } from '../../../src/runtime/bfd/index.ts';
import type { BfdProfile } from '../../../src/runtime/model/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { peer } from '../../support/bgp.ts';
import { FakeBfdLayer } from '../../support/fake-bfd-layer.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { ip } from '../../support/views.ts';

const LOCAL = ip('192.0.2.10');
const REMOTE = ip('192.0.2.1');
const INTERFACES: readonly LocalInterface[] = [
  { name: 'eth0', addresses: [LOCAL], networks: ['192.0.2.10/24'] },
];

const profile: BfdProfile = {
  name: 'fast',
  receiveIntervalMs: 50,
  transmitIntervalMs: 50,
  detectMultiplier: 3,
  echoIntervalMs: 50,
  echoMode: false,
  passiveMode: false,
  minimumTTL: 254,
};

/** One that can die. */
class MortalLayer extends FakeBfdLayer {
  die: (error: Error) => void = () => undefined;

  override async run(events: BfdEvents, signal: AbortSignal): Promise<void> {
    const death = new Promise<never>((_resolve, reject) => {
      this.die = reject;
    });
    await Promise.race([super.run(events, signal), death]);
  }
}

let layers: MortalLayer[];
let said: string[];
let clock: ManualClock;
let watch: BfdWatch;
let thread: BfdThread;

beforeEach(() => {
  layers = [];
  said = [];
  clock = new ManualClock();
  const logger = new RecordingLogger();
  const make = (): MortalLayer => {
    const layer = new MortalLayer();
    layers.push(layer);
    return layer;
  };
  thread = new BfdThread({ clock, logger, make, watch: () => watch });
  watch = new BfdWatch({
    layer: thread,
    logger,
    interfaces: () => INTERFACES,
    observer: {
      state: ({ address }, state) => said.push(`${address} ${state}`),
      counted: () => undefined,
      ended: ({ address }) => said.push(`${address} ended`),
    },
    unavailable: ({ address }, reason) => said.push(`${address} without: ${reason}`),
  });
});

function session(over: Partial<Session> = {}): Session {
  return {
    key: 'a',
    kind: 'external',
    peer: peer('a', { bfdProfile: 'fast' }),
    bfd: profile,
    ...over,
  };
}

function guard(of: Session = session()): BfdGuard {
  return watch.guard(of, () => said.push('bgp down'));
}

async function run(): Promise<AbortController> {
  const stop = new AbortController();
  void thread.task.run(stop.signal);
  await settle();
  return stop;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

function last(): MortalLayer {
  const layer = layers.at(-1);
  if (layer === undefined) throw new Error('there is no thread');
  return layer;
}

test('without a session that asks for BFD there is no thread', async () => {
  await run();
  guard({ key: 'a', kind: 'external', peer: peer('a') }).up(LOCAL);
  await settle();
  expect(layers).toEqual([]);
});

test('a peer that BFD saw up and sees no more ends the BGP session at once', async () => {
  await run();
  guard().up(LOCAL);
  await settle();
  last().answer(REMOTE);
  expect(said.at(-1)).toBe('192.0.2.1 up');
  last().cut(REMOTE);
  expect(said.slice(-2)).toEqual(['192.0.2.1 down', 'bgp down']);
});

test('a peer that ends BFD on purpose, or never has it, ends nothing', async () => {
  await run();
  guard().up(LOCAL);
  await settle();
  last().cut(REMOTE);
  last().answer(REMOTE);
  last().retire(REMOTE);
  expect(said).not.toContain('bgp down');
});

test('two BGP sessions with one peer share one of BFD, which ends with the second', async () => {
  await run();
  const [one, two] = [guard(), guard(session({ key: 'b' }))];
  for (const each of [one, two]) each.up(LOCAL);
  await settle();
  expect(last().specs.size).toBe(1);
  one.close();
  expect(last().specs.size).toBe(1);
  two.close();
  expect([...last().specs]).toEqual([]);
  expect(said.at(-1)).toBe('192.0.2.1 ended');
});

test('rows of a peer stay while it is watched in another way', async () => {
  await run();
  const [one, many] = [guard(), guard(session({ peer: peer('a', { ebgpMultiHop: true }) }))];
  for (const each of [one, many]) each.up(LOCAL);
  await settle();
  one.close();
  expect(said).not.toContain('192.0.2.1 ended');
  many.close();
  expect(said.at(-1)).toBe('192.0.2.1 ended');
});

test('a profile that is given later, changed and taken away is followed', async () => {
  await run();
  const plain: Session = { key: 'a', kind: 'external', peer: peer('a') };
  const one = guard(plain);
  one.up(LOCAL);
  one.update(session());
  await settle();
  one.update(session({ bfd: { ...profile, detectMultiplier: 5 } }));
  expect([...last().specs.values()].map((spec) => spec.profile.detectMultiplier)).toEqual([5]);
  one.update(plain);
  expect(last().specs.size).toBe(0);
});

test.each([
  ['another AS, no router between', session(), false],
  ['another AS, multihop', session({ peer: peer('a', { ebgpMultiHop: true }) }), true],
  ['the own AS, no router between', session({ kind: 'internal' }), false],
  [
    'the own AS, a router between',
    session({ kind: 'internal', peer: peer('a', { address: ip('203.0.113.1') }) }),
    true,
  ],
])('%s: multihop as FRR would', async (_what, of, multihop) => {
  await run();
  guard(of).up(LOCAL);
  await settle();
  expect([...last().specs.values()]).toMatchObject([{ multihop, local: LOCAL }]);
});

test('sockets that cannot be had are told with the reason, and the BGP session stays', async () => {
  await run();
  guard().up(LOCAL);
  await settle();
  watch.failed([...last().specs.keys()][0] ?? '', 'EADDRINUSE: bfdd (42)');
  expect(said.slice(-2)).toEqual(['192.0.2.1 down', '192.0.2.1 without: EADDRINUSE: bfdd (42)']);
  expect(said).not.toContain('bgp down');
});

test('a thread that dies ends no BGP session, and another one takes over', async () => {
  await run();
  guard().up(LOCAL);
  await settle();
  last().answer(REMOTE);
  last().die(new Error('out of memory'));
  await settle();
  expect(said).toContain('192.0.2.1 without: out of memory');
  expect(said).not.toContain('bgp down');
  clock.advance(seconds(1));
  await settle();
  expect(layers).toHaveLength(2);
  expect([...last().specs.values()]).toMatchObject([{ remote: REMOTE }]);
});
