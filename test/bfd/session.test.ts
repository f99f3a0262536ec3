import { describe, expect, test } from 'vitest';
import { type BfdState, type ControlPacket, BfdSession } from '../../src/runtime/bfd/index.ts';
import { BfdLink, End, MILLISECOND, eager } from '../support/bfd-link.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { millis } from '../../src/runtime/platform/ports.ts';

const SECOND = 1_000_000;

/** What a peer at 100 ms with a multiplier of 3 says. */
function saying(state: BfdState, rest: Partial<ControlPacket> = {}): ControlPacket {
  return {
    ...{ diagnostic: 0, state, poll: false, final: false },
    ...{ controlPlaneIndependent: false, demand: false, detectMultiplier: 3 },
    ...{ myDiscriminator: 0x2002, yourDiscriminator: 0x1001 },
    ...{ desiredMinTx: 100 * MILLISECOND, requiredMinRx: 100 * MILLISECOND, requiredMinEchoRx: 0 },
    ...rest,
  };
}

/** A session and a peer of which a test decides every packet. */
class Bench {
  readonly clock = new ManualClock();
  readonly end: End;

  constructor(settings = eager) {
    this.end = new End(this.clock, 0x1001, settings);
    this.end.take({ type: 'tick' });
  }

  hear(state: BfdState, rest: Partial<ControlPacket> = {}): void {
    this.end.take({ type: 'received', packet: saying(state, rest) });
  }

  /** Hears the same every 50 ms for so many milliseconds. */
  keepHearing(duration: number, state: BfdState, rest: Partial<ControlPacket> = {}): void {
    for (let passed = 0; passed < duration; passed += 50) {
      this.pass(50);
      this.hear(state, rest);
    }
  }

  pass(duration: number): void {
    this.clock.advance(millis(duration));
  }

  reach(state: BfdState): this {
    if (state === 'adminDown') this.end.take({ type: 'adminDown' });
    if (state === 'init' || state === 'up') this.hear('down');
    if (state === 'up') this.hear('init');
    if (this.end.state !== state) throw new Error(`is ${this.end.state}`);
    return this;
  }

  get last(): ControlPacket {
    return this.end.sent.at(-1)!.packet;
  }
}

describe('a session that hears its peer', () => {
  /** RFC 5880 §6.2, §6.8.6: from, heard, to, diagnostic. */
  const table: [BfdState, BfdState, BfdState, number][] = [
    ['adminDown', 'adminDown', 'adminDown', 7],
    ['adminDown', 'down', 'adminDown', 7],
    ['adminDown', 'init', 'adminDown', 7],
    ['adminDown', 'up', 'adminDown', 7],
    ['down', 'adminDown', 'down', 0],
    ['down', 'down', 'init', 0],
    ['down', 'init', 'up', 0],
    ['down', 'up', 'down', 0],
    ['init', 'adminDown', 'down', 3],
    ['init', 'down', 'init', 0],
    ['init', 'init', 'up', 0],
    ['init', 'up', 'up', 0],
    ['up', 'adminDown', 'down', 3],
    ['up', 'down', 'down', 3],
    ['up', 'init', 'up', 0],
    ['up', 'up', 'up', 0],
  ];

  test.each(table)('in %s say %s is %s then', (from, heard, to, diagnostic) => {
    const bench = new Bench().reach(from);
    const told = bench.end.changes.length;
    bench.hear(heard, { poll: true });
    expect(bench.end.state).toBe(to);
    const changes = bench.end.changes.slice(told).map(({ state }) => state);
    expect(changes).toEqual(from === to ? [] : [to]);
    expect(bench.last).toMatchObject({ state: to, diagnostic });
  });

  test('answers Poll with Final at once, and never puts both in one packet', () => {
    const bench = new Bench().reach('up');
    bench.hear('up', { poll: true });
    expect(bench.last).toMatchObject({ final: true, poll: false });
    bench.keepHearing(2000, 'up', { poll: true });
    expect(bench.end.sent.some(({ packet }) => packet.final && packet.poll)).toBe(false);
    expect(bench.end.sent.some(({ packet }) => packet.poll)).toBe(true);
  });

  test('says whose packets it hears', () => {
    const bench = new Bench();
    expect(bench.last).toMatchObject({ myDiscriminator: 0x1001, yourDiscriminator: 0 });
    bench.hear('down', { yourDiscriminator: 0 });
    expect(bench.last).toMatchObject({ state: 'init', yourDiscriminator: 0x2002 });
  });

  test('forgets it when the detection time has passed, three times the slower of both intervals', () => {
    const bench = new Bench().reach('up');
    bench.pass(299);
    expect(bench.end.state).toBe('up');
    bench.pass(2);
    expect(bench.end.changes.at(-1)).toMatchObject({
      state: 'down',
      diagnostic: 1,
      remoteState: 'down',
    });
    expect(bench.last).toMatchObject({ state: 'down', diagnostic: 1, yourDiscriminator: 0 });
  });

  test('tells a peer that was shut down from one that failed', () => {
    const bench = new Bench().reach('up');
    bench.hear('adminDown', { diagnostic: 7 });
    expect(bench.end.changes.at(-1)).toMatchObject({
      state: 'down',
      diagnostic: 3,
      remoteState: 'adminDown',
    });
  });

  test('that wants no packets sends none, but answers its Poll', () => {
    const bench = new Bench().reach('up');
    bench.hear('up', { requiredMinRx: 0 });
    const before = bench.end.sent.length;
    bench.keepHearing(1000, 'up', { requiredMinRx: 0 });
    expect(bench.end.sent).toHaveLength(before);
    bench.hear('up', { requiredMinRx: 0, poll: true });
    expect(bench.last.final).toBe(true);
  });

  test('in demand mode is left alone once both are up and the Poll is over', () => {
    const bench = new Bench().reach('up');
    bench.hear('up', { demand: true, final: true });
    const before = bench.end.sent.length;
    bench.keepHearing(1000, 'up', { demand: true });
    expect(bench.end.sent).toHaveLength(before);
    bench.hear('up', { demand: true, poll: true });
    expect(bench.last.final).toBe(true);
  });
});

describe('a session', () => {
  test('that is not up sends once a second, less a quarter at most', () => {
    const slow = new Bench();
    slow.pass(60_000);
    const gaps = slow.end.gapsSince(0);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(750);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1000);
    expect(slow.last).toMatchObject({ state: 'down', desiredMinTx: SECOND });
  });

  test('that is up sends at the slower of its own interval and the peer’s wish', () => {
    const bench = new Bench().reach('up');
    bench.hear('up', { final: true });
    bench.keepHearing(20_000, 'up');
    const gaps = bench.end.gapsSince(200);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(75);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(100);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(10);
  });

  test('of which none may be missed sends a tenth early', () => {
    const bench = new Bench({ ...eager, detectMultiplier: 1 }).reach('up');
    bench.hear('up', { final: true });
    bench.keepHearing(20_000, 'up');
    expect(Math.max(...bench.end.gapsSince(200))).toBeLessThanOrEqual(90);
  });

  test('polls when it came up, until the peer says Final', () => {
    const bench = new Bench().reach('up');
    expect(bench.last).toMatchObject({ poll: true, desiredMinTx: eager.desiredMinTx });
    bench.keepHearing(500, 'up');
    expect(bench.last.poll).toBe(true);
    bench.hear('up', { final: true });
    bench.keepHearing(500, 'up');
    expect(bench.last.poll).toBe(false);
  });

  test('sends at once what is due by the interval that the peer now asks for', () => {
    const bench = new Bench().reach('up');
    bench.hear('up', { final: true, requiredMinRx: 10 * SECOND });
    bench.keepHearing(20_000, 'up', { requiredMinRx: 10 * SECOND });
    const before = bench.end.sent.length;
    bench.pass(40);
    bench.hear('up', { requiredMinRx: 100 * MILLISECOND });
    bench.keepHearing(100, 'up');
    expect(bench.end.sent.length).toBeGreaterThan(before);
  });

  test('sends more slowly only when the peer knows', () => {
    const bench = new Bench().reach('up');
    bench.hear('up', { final: true });
    bench.end.take({ type: 'configure', settings: { ...eager, desiredMinTx: 2 * SECOND } });
    expect(bench.last).toMatchObject({ poll: true, desiredMinTx: 2 * SECOND });
    const changed = bench.clock.now();
    bench.keepHearing(2_000, 'up');
    expect(Math.max(...bench.end.gapsSince(changed))).toBeLessThanOrEqual(100);
    bench.hear('up', { final: true });
    const known = bench.clock.now();
    bench.keepHearing(10_000, 'up');
    expect(Math.min(...bench.end.gapsSince(known).slice(1))).toBeGreaterThanOrEqual(1500);
  });

  test('detects by a shorter time only when the peer knows', () => {
    const slow = { ...eager, requiredMinRx: SECOND };
    const bench = new Bench(slow).reach('up');
    bench.hear('up', { final: true });
    bench.end.take({ type: 'configure', settings: eager });
    bench.pass(2_900);
    expect(bench.end.state).toBe('up');
    bench.hear('up', { final: true });
    bench.pass(301);
    expect(bench.end.state).toBe('down');
  });

  test('polls again when it changed while it polled', () => {
    const bench = new Bench().reach('up');
    bench.end.take({ type: 'configure', settings: { ...eager, requiredMinRx: 70 * MILLISECOND } });
    bench.hear('up', { final: true });
    bench.keepHearing(100, 'up');
    expect(bench.last.poll).toBe(true);
    bench.hear('up', { final: true });
    bench.keepHearing(100, 'up');
    expect(bench.last.poll).toBe(false);
  });

  test('that is passive sends nothing before it has heard the peer, nor after it has lost it', () => {
    const bench = new Bench({ ...eager, passive: true });
    bench.pass(10_000);
    expect(bench.end.sent).toEqual([]);
    bench.reach('up');
    expect(bench.end.sent.length).toBeGreaterThan(0);
    bench.pass(301);
    expect(bench.end.state).toBe('down');
    const before = bench.end.sent.length;
    bench.pass(10_000);
    expect(bench.end.sent).toHaveLength(before);
  });

  test('that is shut down says so, and nothing the peer says brings it back', () => {
    const bench = new Bench().reach('up');
    bench.end.take({ type: 'adminDown' });
    expect(bench.last).toMatchObject({ state: 'adminDown', diagnostic: 7 });
    bench.keepHearing(1000, 'down');
    expect(bench.end.state).toBe('adminDown');
  });

  test('takes every event in every state', () => {
    for (const state of ['adminDown', 'down', 'init', 'up'] as const) {
      const bench = new Bench().reach(state);
      bench.end.take({ type: 'echoReturned', sequence: 5 });
      bench.end.take({ type: 'echoReady', ready: true });
      bench.end.take({ type: 'tick' });
      bench.end.take({ type: 'configure', settings: { ...eager, detectMultiplier: 5 } });
      expect(bench.end.state).toBe(state);
    }
  });

  test('waits for nothing where nothing is awaited', () => {
    const settings = { ...eager, passive: true };
    const session = new BfdSession({ discriminator: 1, settings, random: new SeededRandom() });
    expect(session.handle({ type: 'tick' }, 0)).toEqual([]);
  });
});

describe('echo', () => {
  const echoing = { ...eager, echoInterval: 50 * MILLISECOND, requiredMinEchoRx: 50 * MILLISECOND };
  const allowed = { requiredMinEchoRx: 20 * MILLISECOND };

  function watching(settings = echoing, rest: Partial<ControlPacket> = allowed): Bench {
    const bench = new Bench(settings).reach('up');
    bench.end.take({ type: 'echoReady', ready: true });
    bench.hear('up', { ...rest, final: true });
    return bench;
  }

  test('is sent while both are up and the peer returns it', () => {
    const bench = watching();
    bench.end.onEcho = (sequence) => bench.end.take({ type: 'echoReturned', sequence });
    bench.keepHearing(2_000, 'up', allowed);
    expect(bench.end.state).toBe('up');
    expect(bench.end.echoes).toBeGreaterThanOrEqual(39);
    expect(bench.end.echoes).toBeLessThanOrEqual(55);
    const sent = bench.end.echoes;
    bench.hear('up', { requiredMinEchoRx: 0 });
    bench.keepHearing(500, 'up', { requiredMinEchoRx: 0 });
    expect(bench.end.echoes).toBe(sent);
  });

  test('lets the peer send control packets once a second', () => {
    const bench = watching();
    bench.pass(1);
    expect(bench.last).toMatchObject({ requiredMinRx: SECOND, poll: true });
  });

  test('goes as slowly as the peer asks', () => {
    const slow = { requiredMinEchoRx: 500 * MILLISECOND };
    const bench = watching(echoing, slow);
    bench.end.onEcho = (sequence) => bench.end.take({ type: 'echoReturned', sequence });
    bench.keepHearing(5_000, 'up', slow);
    expect(bench.end.echoes).toBeLessThanOrEqual(15);
  });

  test('that does not come back ends the session', () => {
    const bench = watching();
    bench.keepHearing(200, 'up', allowed);
    expect(bench.end.changes.find(({ state }) => state === 'down')).toMatchObject({
      diagnostic: 2,
    });
  });

  test('that was never sent does not count as one that came back', () => {
    const bench = watching();
    bench.end.onEcho = (sequence) =>
      bench.end.take({ type: 'echoReturned', sequence: sequence + 9 });
    bench.keepHearing(200, 'up', allowed);
    expect(bench.end.changes.some(({ diagnostic }) => diagnostic === 2)).toBe(true);
  });

  test.each([
    ['nobody asked for it', eager, allowed],
    ['the peer does not return it', echoing, { requiredMinEchoRx: 0 }],
  ])('is not sent if %s', (_why, settings, rest) => {
    const bench = watching(settings, rest);
    bench.keepHearing(1_000, 'up', rest);
    expect([bench.end.echoes, bench.end.state]).toEqual([0, 'up']);
  });
});

test('two sessions come up within a few seconds and then send at their own intervals', () => {
  const link = new BfdLink();
  link.start();
  link.pass(3_000);
  expect([link.left.state, link.right.state]).toEqual(['up', 'up']);
  link.pass(2_000);
  expect(link.left.sent.at(-1)?.packet).toMatchObject({ poll: false, desiredMinTx: 50_000 });
});
