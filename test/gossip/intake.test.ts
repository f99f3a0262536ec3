import { beforeEach, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/runtime/gossip/index.ts';
import { Intake } from '../../src/runtime/gossip/traffic/intake.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { millis } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';

const from: Endpoint = { address: '192.0.2.1' as IpAddress, port: 7946 };

describe('the intake of datagrams', () => {
  let clock: ManualClock;
  let intake: Intake;
  let handled: number[];
  let overflown: number;
  /** What handling one takes. */
  let effort: number;

  const put = (mark: number, isMember = true): void =>
    intake.put({ octets: Uint8Array.of(mark), from }, isMember);

  beforeEach(() => {
    clock = new ManualClock();
    handled = [];
    overflown = 0;
    effort = 0;
    const worked = { now: 0 };
    const timed = {
      now: () => millis(clock.now() + worked.now),
      epochMillis: () => clock.epochMillis(),
      after: clock.after.bind(clock),
    };
    intake = new Intake(timed, {
      handle: ({ octets }) => {
        handled.push(octets[0] ?? NaN);
        worked.now += effort;
      },
      overflow: () => (overflown += 1),
    });
  });

  test('hands on at once what comes one by one', () => {
    put(1);
    expect(handled).toEqual([1]);
    clock.advance(millis(5));
    put(2);
    expect(handled).toEqual([1, 2]);
    expect(clock.pending).toBe(0);
  });

  test('hands on 64 at a time, and lets others have their turn in between', () => {
    for (let count = 0; count < 200; count += 1) put(1);
    const steps = Array.from({ length: 4 }, () => {
      const soFar = handled.length;
      clock.advance(millis(10));
      return soFar;
    });
    expect(steps).toEqual([64, 128, 192, 200]);
  });

  test('hands on fewer of those that take long', () => {
    effort = 2;
    for (let count = 0; count < 10; count += 1) put(1);
    expect(handled).toHaveLength(3);
    clock.advance(millis(10));
    expect(handled).toHaveLength(6);
  });

  test('prefers members to strangers, and new to old', () => {
    for (let count = 0; count < 64; count += 1) put(0);
    put(1, false);
    put(2, false);
    put(3);
    put(4);
    clock.advance(millis(10));
    expect(handled.slice(64)).toEqual([4, 3, 2, 1]);
  });

  test('keeps 1024 of members and as many of strangers, and says what it throws away', () => {
    for (let count = 0; count < 3_000; count += 1) put(1, false);
    expect(overflown).toBe(3_000 - 64 - 1_024);
    put(2);
    expect(overflown).toBe(3_000 - 64 - 1_024);
    clock.advance(millis(1_000));
    expect(handled).toHaveLength(64 + 1_024 + 1);
    expect(handled[64]).toBe(2);
  });

  test('forgets what waits when it ends', () => {
    for (let count = 0; count < 100; count += 1) put(1);
    intake[Symbol.dispose]();
    clock.advance(millis(1_000));
    expect(handled).toHaveLength(64);
    expect(clock.pending).toBe(0);
  });
});
