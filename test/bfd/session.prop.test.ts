import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { BfdEvent, SessionSettings } from '../../src/runtime/bfd/index.ts';
import { BfdLink, End, MILLISECOND, eager } from '../support/bfd-link.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { millis } from '../../src/runtime/platform/ports.ts';

const interval = fc.integer({ min: 10, max: 1000 }).map((each) => each * MILLISECOND);
const settings: fc.Arbitrary<SessionSettings> = fc.record({
  desiredMinTx: interval,
  requiredMinRx: interval,
  detectMultiplier: fc.integer({ min: 2, max: 10 }),
  passive: fc.constant(false),
  echoInterval: fc.constant(undefined),
  requiredMinEchoRx: fc.constant(0),
});
const seed = fc.nat(0xffffffff);

/** Milliseconds after which `watcher` misses a peer of these settings. */
function detectionTime(watcher: SessionSettings, peer: SessionSettings): number {
  return (peer.detectMultiplier * Math.max(watcher.requiredMinRx, peer.desiredMinTx)) / 1000;
}

describe('two sessions on a link', () => {
  test.prop([settings, settings, seed])(
    'come up, never claim to be down while it is whole, and detect a cut within the detection time',
    (left, right, chance) => {
      const link = new BfdLink({ left, right, seed: chance, delay: (number) => number * 2 });
      link.start();
      link.pass(10_000);
      expect([link.left.state, link.right.state]).toEqual(['up', 'up']);
      const quiet = [link.left.changes.length, link.right.changes.length];
      link.pass(20_000);
      expect([link.left.changes.length, link.right.changes.length]).toEqual(quiet);
      const cut = link.clock.now();
      link.isCut = true;
      link.pass(11_000);
      const when = (end: End): number =>
        end.changes.findLast(({ state }) => state === 'down')!.at - cut;
      expect(when(link.left)).toBeLessThanOrEqual(detectionTime(left, right) + 2);
      expect(when(link.right)).toBeLessThanOrEqual(detectionTime(right, left) + 2);
    },
  );

  test.prop([seed, fc.integer({ min: 1, max: 40 })])(
    'come up again however much was lost, once nothing is lost any more',
    (chance, percent) => {
      let losing = true;
      const lost = (number: number): boolean => losing && number < percent / 100;
      const link = new BfdLink({ seed: chance, lost, delay: (number) => number * 30 });
      link.start();
      link.pass(20_000);
      losing = false;
      link.pass(10_000);
      const changes = link.left.changes.length;
      link.pass(10_000);
      expect([link.left.state, link.right.state]).toEqual(['up', 'up']);
      expect(link.left.changes).toHaveLength(changes);
    },
  );

  test.prop([settings, settings, seed])(
    'take new intervals on the way without a flap',
    (first, second, chance) => {
      const link = new BfdLink({ seed: chance });
      link.start();
      link.pass(5_000);
      const changes = link.left.changes.length + link.right.changes.length;
      for (const [end, each] of [
        [link.left, first],
        [link.right, second],
        [link.left, eager],
        [link.right, eager],
      ] as const) {
        end.take({ type: 'configure', settings: each });
        link.pass(700);
      }
      link.pass(5_000);
      expect(link.left.changes.length + link.right.changes.length).toBe(changes);
      expect([link.left.state, link.right.state]).toEqual(['up', 'up']);
    },
  );
});

const uint32 = fc.oneof(fc.nat(0xffffffff), fc.nat(100_000));
const events: fc.Arbitrary<BfdEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('received' as const),
      packet: fc.record({
        diagnostic: fc.nat(31),
        state: fc.constantFrom(
          'adminDown' as const,
          'down' as const,
          'init' as const,
          'up' as const,
        ),
        poll: fc.boolean(),
        final: fc.boolean(),
        controlPlaneIndependent: fc.boolean(),
        demand: fc.boolean(),
        detectMultiplier: fc.integer({ min: 1, max: 255 }),
        myDiscriminator: fc.integer({ min: 1, max: 0xffffffff }),
        yourDiscriminator: uint32,
        desiredMinTx: uint32,
        requiredMinRx: uint32,
        requiredMinEchoRx: uint32,
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: settings.map((each) => ({ type: 'configure' as const, settings: each })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('echoReady' as const), ready: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('echoReturned' as const), sequence: fc.nat(50) }),
  },
);

test.prop([fc.array(fc.tuple(events, fc.nat(2000)), { maxLength: 60 })], { numRuns: 300 })(
  'whatever a peer says, a session sends no more than an answer a packet and what its intervals allow',
  (told) => {
    const clock = new ManualClock();
    const echoing = { ...eager, echoInterval: 50 * MILLISECOND, requiredMinEchoRx: 0 };
    const end = new End(clock, 0x1001, echoing);
    end.take({ type: 'tick' });
    let passed = 0;
    for (const [event, pause] of told) {
      end.take(event);
      clock.advance(millis(pause));
      passed += pause;
    }
    // 10 ms is the shortest interval that a profile can have.
    const fastest = 10 * 0.75;
    // A change of state that a clock brings about is sent at once as well.
    expect(end.sent.length).toBeLessThanOrEqual(1 + 3 * told.length + passed / fastest);
    expect(end.sent.some(({ packet }) => packet.poll && packet.final)).toBe(false);
    expect(
      end.sent.every(({ packet }) => packet.state === 'up' || packet.desiredMinTx >= 1_000_000),
    ).toBe(true);
  },
);
