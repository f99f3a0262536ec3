import { describe, expect, test } from 'vitest';
import { BfdSession, type BfdState } from '../../src/runtime/bfd/index.ts';
import { Bench } from '../support/bfd-bench.ts';
import { BfdLink, MILLISECOND, eager } from '../support/bfd-link.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const SECOND = 1_000_000;

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
  test('that is not up sends once a second, less a tenth to a quarter', () => {
    const slow = new Bench();
    slow.pass(60_000);
    const gaps = slow.end.gapsSince(0);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(750);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(900);
    expect(slow.last).toMatchObject({ state: 'down', desiredMinTx: SECOND });
  });

  test('that is up sends at the slower of its own interval and the peer’s wish', () => {
    const bench = new Bench().reach('up');
    bench.hear('up', { final: true });
    bench.keepHearing(20_000, 'up');
    const gaps = bench.end.gapsSince(200);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(75);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(90);
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

test('two sessions come up within a few seconds and then send at their own intervals', () => {
  const link = new BfdLink();
  link.start();
  link.pass(3_000);
  expect([link.left.state, link.right.state]).toEqual(['up', 'up']);
  link.pass(2_000);
  expect(link.left.sent.at(-1)?.packet).toMatchObject({ poll: false, desiredMinTx: 50_000 });
});
