import { describe, expect, test } from 'vitest';
import { type Delivery, EventCorrelator } from '../../../src/runtime/kube/events/correlator.ts';
import type { ObjectReference } from '../../../src/runtime/model/index.ts';
import { millis } from '../../../src/runtime/platform/ports.ts';

const START = Date.UTC(2026, 0, 1);
const NANOS = 654_321;

function about(name = 'web', namespace = 'shop'): ObjectReference {
  return { apiVersion: 'v1', kind: 'Service', namespace, name, uid: `uid-${name}` };
}

/** A correlator and the time at which it is spoken to. */
class Speaking {
  readonly correlator = new EventCorrelator({ component: 'metallb-controller' });
  seconds = 0;

  say(message: string, who = about(), reason = 'AllocationFailed'): Delivery | undefined {
    const epochMillis = START + this.seconds * 1000;
    const moment = { now: millis(this.seconds * 1000), epochMillis, nanos: NANOS };
    return this.correlator.correlate(who, { type: 'Warning', reason, message }, moment);
  }
}

describe('an Event', () => {
  test('is written as client-go writes it', () => {
    expect(new Speaking().say('no luck')).toEqual({
      kind: 'first',
      event: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {
          name: `web.${(BigInt(START) * 1_000_000n + BigInt(NANOS)).toString(16)}`,
          namespace: 'shop',
        },
        involvedObject: about(),
        reason: 'AllocationFailed',
        message: 'no luck',
        source: { component: 'metallb-controller' },
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        count: 1,
        type: 'Warning',
        reportingComponent: 'metallb-controller',
        reportingInstance: '',
      },
    });
  });

  test('about an object of no namespace goes to the default one', () => {
    const { event } = new Speaking().say('hello', about('alpha', ''))!;
    expect(event.metadata.namespace).toBe('default');
  });

  test('said again is the same one with a higher count', () => {
    const speaking = new Speaking();
    const first = speaking.say('no luck')!;
    speaking.seconds = 90;
    const again = speaking.say('no luck')!;
    expect(again.kind).toBe('again');
    expect(again.event).toEqual({
      ...first.event,
      count: 2,
      lastTimestamp: '2026-01-01T00:01:30Z',
    });
  });

  test('never shares its name with another one of the same instant', () => {
    const speaking = new Speaking();
    const names = ['a', 'b', 'c'].map((message) => speaking.say(message)!.event.metadata.name);
    expect(new Set(names).size).toBe(3);
  });

  test('longer than a server takes is cut', () => {
    const { event } = new Speaking().say('x'.repeat(5000), about('y'.repeat(253)))!;
    expect(event.message).toHaveLength(1024);
    expect(event.metadata.name).toHaveLength(253);
  });

  test('is cut at octets, and never within a character', () => {
    const { event } = new Speaking().say(`x${'ü'.repeat(1024)}`)!;
    expect(event.message).toBe(`x${'ü'.repeat(511)}`);
  });
});

describe('many similar Events', () => {
  test('are told one by one up to ten, then as one', () => {
    const speaking = new Speaking();
    const said = Array.from({ length: 13 }, (_, n) => speaking.say(`attempt ${n}`)!);
    expect(said.slice(0, 10).map(({ event }) => event.message)).toEqual(
      Array.from({ length: 10 }, (_, n) => `attempt ${n}`),
    );
    expect(said.slice(10).map(({ kind, event }) => [kind, event.count, event.message])).toEqual([
      ['first', 1, '(combined from similar events): attempt 10'],
      ['again', 2, '(combined from similar events): attempt 11'],
      ['again', 3, '(combined from similar events): attempt 12'],
    ]);
  });

  test('are told one by one again after ten quiet minutes', () => {
    const speaking = new Speaking();
    for (let n = 0; n < 12; n += 1) speaking.say(`attempt ${n}`);
    speaking.seconds = 601;
    expect(speaking.say('attempt 99')?.event.message).toBe('attempt 99');
  });

  test('do not mix with those of another object or for another reason', () => {
    const speaking = new Speaking();
    for (let n = 0; n < 12; n += 1) speaking.say(`attempt ${n}`);
    expect(speaking.say('attempt 99', about('mail'))?.event.message).toBe('attempt 99');
    expect(speaking.say('attempt 99', about(), 'Other')?.event.message).toBe('attempt 99');
  });
});

describe('an object that talks too much', () => {
  test('is heard twenty-five times, then once in five minutes', () => {
    const speaking = new Speaking();
    const heard = (): number =>
      Array.from({ length: 40 }, () => speaking.say('again')).filter(Boolean).length;
    expect(heard()).toBe(25);
    speaking.seconds = 299;
    expect(heard()).toBe(0);
    speaking.seconds = 300;
    expect(heard()).toBe(1);
  });

  test('does not silence another one', () => {
    const speaking = new Speaking();
    for (let n = 0; n < 40; n += 1) speaking.say('again');
    expect(speaking.say('again', about('mail'))?.event.count).toBe(1);
  });

  test('is counted on from what it could not say', () => {
    const speaking = new Speaking();
    for (let n = 0; n < 30; n += 1) speaking.say('again');
    speaking.seconds = 300;
    expect(speaking.say('again')).toMatchObject({ kind: 'again', event: { count: 31 } });
  });
});

test('what is remembered is bounded: the oldest of too many is told as new', () => {
  const speaking = new Speaking();
  for (let n = 0; n < 4098; n += 1) speaking.say('hello', about(`s${n}`));
  expect(speaking.say('hello', about('s0'))?.kind).toBe('first');
  expect(speaking.say('hello', about('s4097'))?.kind).toBe('again');
});
