import { describe, expect, test } from 'vitest';
import {
  type Claim,
  conditionMessage,
  conditionsIn,
  reasonWord,
  renewed,
  saysAll,
} from '../../src/runtime/status/condition.ts';

const YESTERDAY = '2025-12-31T00:00:00Z';
const NOW = '2026-01-01T00:00:00Z';

function claim(over: Partial<Claim> = {}): Claim {
  return { type: 'Accepted', status: 'True', reason: 'InForce', message: 'fine', ...over };
}

describe('a condition', () => {
  test('keeps its time while its status stays, whatever else changes', () => {
    const before = { ...claim(), lastTransitionTime: YESTERDAY };
    const [now] = renewed([claim({ reason: 'Other', message: 'still' })], [before], NOW);
    expect(now).toEqual({
      ...claim({ reason: 'Other', message: 'still' }),
      lastTransitionTime: YESTERDAY,
    });
  });

  test('is given a time when its status changes, or it is new', () => {
    const before = { ...claim({ status: 'False' }), lastTransitionTime: YESTERDAY };
    expect(renewed([claim()], [before], NOW)).toEqual([{ ...claim(), lastTransitionTime: NOW }]);
    expect(renewed([claim()], [], NOW)).toEqual([{ ...claim(), lastTransitionTime: NOW }]);
  });

  test('without a time, as somebody may have written it, is given one', () => {
    expect(renewed([claim()], [claim()], NOW)).toMatchObject([{ lastTransitionTime: NOW }]);
  });

  test('of somebody else stays as it is', () => {
    const foreign = { type: 'Audited', status: 'True', lastTransitionTime: YESTERDAY };
    expect(renewed([claim()], [foreign], NOW)[0]).toBe(foreign);
  });

  test.each<[what: string, over: Partial<Claim>]>([
    ['status', { status: 'False' }],
    ['reason', { reason: 'Other' }],
    ['message', { message: 'other' }],
    ['generation', { observedGeneration: 2 }],
  ])('with another %s has something new to say', (_what, over) => {
    const known = [{ ...claim(), lastTransitionTime: YESTERDAY }];
    expect(saysAll([claim()], known)).toBe(true);
    expect(saysAll([claim(over)], known)).toBe(false);
  });

  test('is found in a status that people may have filled with anything', () => {
    for (const status of [undefined, null, 3, [], { conditions: 'none' }, { conditions: {} }]) {
      expect(conditionsIn(status)).toEqual([]);
    }
    expect(saysAll([claim()], [null, 'x', { type: 3 }])).toBe(false);
  });
});

describe('the reason of a refusal', () => {
  test.each([
    ['overlapping-cidr', 'OverlappingCidr'],
    ['native-ipv6', 'NativeIpv6'],
    ['', 'Refused'],
    ['---', 'Refused'],
    ['9lives-left', 'Left'],
  ])('%j is %s', (errorClass, word) => {
    expect(reasonWord(errorClass)).toBe(word);
    expect(word).toMatch(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/);
  });
});

test('a message is one line that ends where an Event would', () => {
  expect(conditionMessage('two\n  lines')).toBe('two lines');
  expect(conditionMessage('x'.repeat(5000))).toHaveLength(1024);
});
