import { describe, expect, test } from 'vitest';
import { describeDiagnostic, settingsOf } from '../../src/runtime/bfd/index.ts';
import { spec } from '../contract/bfd-layer.contract.ts';

const profile = {
  ...spec.profile,
  ...{ receiveIntervalMs: 300, transmitIntervalMs: 200, detectMultiplier: 4 },
  ...{ echoMode: true, echoIntervalMs: 50, passiveMode: true },
};

describe('a profile', () => {
  test('becomes what RFC 5880 counts in microseconds', () => {
    expect(settingsOf(profile, { multihop: false, forwards: true })).toEqual({
      ...{ desiredMinTx: 200_000, requiredMinRx: 300_000, detectMultiplier: 4, passive: true },
      ...{ echoInterval: 50_000, requiredMinEchoRx: 50_000 },
    });
  });

  test('without echo mode neither sends echo packets nor returns them', () => {
    const settings = settingsOf(
      { ...profile, echoMode: false },
      { multihop: false, forwards: true },
    );
    expect(settings).toMatchObject({ echoInterval: undefined, requiredMinEchoRx: 0 });
  });

  test('has no echo over multiple hops', () => {
    const settings = settingsOf(profile, { multihop: true, forwards: true });
    expect(settings).toMatchObject({ echoInterval: undefined, requiredMinEchoRx: 0 });
  });

  test('promises to return no echo on a machine that forwards nothing, and may send it', () => {
    const settings = settingsOf(profile, { multihop: false, forwards: false });
    expect(settings).toMatchObject({ echoInterval: 50_000, requiredMinEchoRx: 0 });
  });
});

test('a diagnostic is told in words, and one that nobody knows as its number', () => {
  expect(describeDiagnostic(1)).toBe('control detection time expired');
  expect(describeDiagnostic(31)).toBe('diagnostic 31');
});
