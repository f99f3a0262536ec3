import { describe, expect, test } from 'vitest';
import type { ControlPacket, SessionSettings } from '../../src/runtime/bfd/index.ts';
import { Bench } from '../support/bfd-bench.ts';
import { MILLISECOND, eager } from '../support/bfd-link.ts';

const SECOND = 1_000_000;

describe('echo', () => {
  const echoing = { ...eager, echoInterval: 50 * MILLISECOND, requiredMinEchoRx: 50 * MILLISECOND };
  const allowed = { requiredMinEchoRx: 20 * MILLISECOND };

  function watching(
    settings: SessionSettings = echoing,
    rest: Partial<ControlPacket> = allowed,
  ): Bench {
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

  test('is not missed for as long as this end had no turn to send it, and is from then on', () => {
    const bench = watching();
    bench.end.onEcho = (sequence) => bench.end.take({ type: 'echoReturned', sequence });
    bench.keepHearing(500, 'up', allowed);
    const resumed = bench.clock.now() + 400;
    let now = resumed;
    while (bench.end.session.state === 'up') {
      const effects = bench.end.session.handle({ type: 'tick' }, now);
      for (const effect of effects) if (effect.type === 'wake') now += effect.after;
    }
    // One left late, and the time that was left when it was due.
    expect(now - resumed).toBeGreaterThanOrEqual(105);
    expect(now - resumed).toBeLessThanOrEqual(150);
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
