import fc from 'fast-check';
import { expect, test } from 'vitest';
import type {
  SessionEffect,
  SessionEvent,
  SessionState,
  TimerName,
} from '../../../src/runtime/bgp/fsm/fsm.ts';
import { SessionMachine } from '../../../src/runtime/bgp/fsm/machine.ts';
import { eventOf } from '../../support/bgp/transcript.ts';

/** Events in words: those of a session that does well more often, so that every state is come to. */
const event = fc
  .oneof(
    { weight: 6, arbitrary: fc.constantFrom('start', 'timer idleHold', 'connected') },
    { weight: 6, arbitrary: fc.constantFrom('OPEN as=64513', 'OPEN as=64513 hold=0', 'KEEPALIVE') },
    {
      weight: 3,
      arbitrary: fc.constantFrom('timer keepalive', 'timer hold', 'timer dial', 'timer stable'),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom('disconnected reset', 'blocked', 'drained', 'timer sendHold'),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom('UPDATE', 'ROUTE-REFRESH 1/1', 'keepalive-time 7', 'bfd down'),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom('NOTIFICATION 2/7', 'NOTIFICATION 6/2 bye', 'OPEN as=64999'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('malformed 1/2 long', 'restart administrativeShutdown'),
    },
    { weight: 1, arbitrary: fc.constantFrom('stop administrativeReset', 'stop peerDeconfigured') },
  )
  .map((words) => eventOf(words.split(' ')));

const settings = fc.record({
  localAsn: fc.constantFrom(64512, 64513, 4200000001),
  peerAsn: fc.constant(64513),
  holdTime: fc.constantFrom(0, 3, 90, 65535),
  keepaliveTime: fc.constantFrom(undefined, -1, 1, 30, 90),
  capabilities: fc.constantFrom(
    [],
    [{ kind: 'multiprotocol', afi: 1, safi: 1, family: 'ipv4' } as const],
  ),
});

interface Step {
  readonly event: SessionEvent;
  readonly before: SessionState;
  readonly effects: readonly SessionEffect[];
  readonly after: SessionState;
}

/** Holds `law` against every step of sessions of all kinds. */
function always(law: (step: Step) => void, between: () => void = () => {}): void {
  const run = fc.property(settings, fc.array(event, { maxLength: 60 }), (chosen, events) => {
    between();
    const machine = new SessionMachine(chosen);
    for (const next of events) {
      const before = machine.state;
      const effects = machine.handle(next);
      law({ event: next, before, effects, after: machine.state });
    }
  });
  fc.assert(run, { numRuns: 300 });
}

test('nothing is sent but on a connection, and nothing after it is ended', () => {
  let connected = false;
  always(
    ({ event: { type }, before, effects }) => {
      if (type === 'connected' && before === 'connect') connected = true;
      if (type === 'disconnected') connected = false;
      for (const effect of effects) {
        if (effect.type === 'send') expect(connected).toBe(true);
        if (effect.type === 'hangUp') connected = false;
      }
    },
    () => (connected = false),
  );
});

test('there is one connection at a time, and each is ended before the next is dialed', () => {
  let open = false;
  always(
    ({ event: { type }, effects }) => {
      if (type === 'disconnected') open = false;
      for (const effect of effects) {
        if (effect.type === 'hangUp') open = false;
        if (effect.type !== 'dial') continue;
        expect(open).toBe(false);
        open = true;
      }
    },
    () => (open = false),
  );
});

test('only the timers of a state run in it', () => {
  const own: Readonly<Record<SessionState, readonly TimerName[]>> = {
    idle: ['idleHold'],
    connect: ['dial'],
    openSent: ['dial'],
    openConfirm: ['dial', 'hold', 'keepalive'],
    established: ['hold', 'keepalive', 'sendHold', 'stable'],
  };
  const running = new Set<TimerName>();
  always(
    ({ event: next, effects, after }) => {
      if (next.type === 'timer') running.delete(next.timer);
      for (const effect of effects) {
        if (effect.type === 'setTimer') running.add(effect.timer);
        if (effect.type === 'clearTimer') running.delete(effect.timer);
      }
      expect(own[after]).toEqual(expect.arrayContaining([...running]));
    },
    () => running.clear(),
  );
});

test('a session that is to be there always has something to wait for', () => {
  let wanted = false;
  const running = new Set<TimerName>();
  always(
    ({ event: next, effects, after }) => {
      if (next.type === 'start') wanted = true;
      if (next.type === 'stop') wanted = false;
      if (next.type === 'timer') running.delete(next.timer);
      for (const effect of effects) {
        if (effect.type === 'setTimer') running.add(effect.timer);
        if (effect.type === 'clearTimer') running.delete(effect.timer);
      }
      // A session without hold time rests on its connection.
      if (wanted && after !== 'established') expect(running.size).toBeGreaterThan(0);
      if (!wanted) expect(running.size).toBe(0);
    },
    () => {
      wanted = false;
      running.clear();
    },
  );
});

test('waits are none, one second or longer up to 96, and never none after a session', () => {
  always(({ before, effects }) => {
    for (const effect of effects) {
      if (effect.type !== 'setTimer' || effect.timer !== 'idleHold') continue;
      expect([0, 1, 2, 4, 8, 16, 32, 64, 96]).toContain(effect.after / 1000);
      if (before === 'established') expect(effect.after).toBeGreaterThan(0);
    }
  });
});

test('in any minute without a lasting session a peer is not dialed more than eight times', () => {
  let waited = 0;
  let dials: number[] = [];
  always(
    ({ event: next, effects }) => {
      if (next.type === 'start' || next.type === 'stop') dials = [];
      if (next.type === 'timer' && next.timer === 'stable') dials = [];
      for (const effect of effects) {
        if (effect.type === 'setTimer' && effect.timer === 'idleHold') {
          waited += effect.after / 1000;
        }
        if (effect.type === 'dial') dials.push(waited);
      }
      expect(dials.filter((at) => at > waited - 60).length).toBeLessThanOrEqual(8);
    },
    () => {
      waited = 0;
      dials = [];
    },
  );
});

test('up and down are told in turns, and a peer that is up is told of as long as it is', () => {
  let up = false;
  always(
    ({ effects, after }) => {
      for (const effect of effects) {
        if (effect.type === 'up') {
          expect(up).toBe(false);
          up = true;
        }
        if (effect.type === 'down') {
          expect(effect.from === 'established').toBe(up);
          up = false;
        }
      }
      expect(after === 'established').toBe(up);
    },
    () => (up = false),
  );
});

test('keepalives come at least three to a hold time', () => {
  let holdTime = 0;
  always(({ effects }) => {
    for (const effect of effects) {
      if (effect.type !== 'setTimer') continue;
      if (effect.timer === 'hold') holdTime = effect.after;
      if (effect.timer !== 'keepalive') continue;
      expect(effect.after).toBeGreaterThan(0);
      expect(effect.after).toBeLessThanOrEqual(holdTime / 3);
    }
  });
});
