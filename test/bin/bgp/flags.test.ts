import { expect, test } from 'vitest';
import { exitOf, speaker, speakerStarts } from '../../support/command-lines.ts';

test('without its flags BGP neither asks for graceful restart nor drains', () => {
  expect(speakerStarts([]).bgp).toEqual({ gracefulRestart: 0, drain: 0, ttlSecurity: 0 });
});

test.each([
  ['0', 0],
  ['0s', 0],
  ['1s', 1000],
  ['2m', 120_000],
  ['1h8m15s', 4_095_000],
])('-bgp-graceful-restart=%s is %i ms', (text, millis) => {
  expect(speakerStarts([`-bgp-graceful-restart=${text}`]).bgp.gracefulRestart).toBe(millis);
});

test.each([
  ['0s', 0],
  ['1.5s', 1500],
  ['1h', 3_600_000],
])('-bgp-drain=%s is %i ms', (text, millis) => {
  expect(speakerStarts([`-bgp-drain=${text}`]).bgp.drain).toBe(millis);
});

test('-bgp-ttl-security=2 lets peers be two hops away', () => {
  expect(speakerStarts(['-bgp-ttl-security=2']).bgp.ttlSecurity).toBe(2);
});

test.each([
  ['-bgp-graceful-restart=4096s', 'bgp-graceful-restart: want 0, or 1s to 4095s, not 4096s'],
  ['-bgp-graceful-restart=999ms', 'bgp-graceful-restart: want 0, or 1s to 4095s, not 999ms'],
  ['-bgp-graceful-restart=-1s', 'bgp-graceful-restart: want 0, or 1s to 4095s, not -1s'],
  ['-bgp-graceful-restart=1ns', 'bgp-graceful-restart: want 0, or 1s to 4095s, not 1ns'],
  ['-bgp-drain=61m', 'bgp-drain: want 0, or 1s to 3600s, not 61m'],
  ['-bgp-drain=-1ns', 'bgp-drain: want 0, or 1s to 3600s, not -1ns'],
  ['-bgp-drain=5', 'bgp-drain: time: missing unit in duration "5"'],
  ['-bgp-drain=', 'bgp-drain: time: invalid duration ""'],
  ['-bgp-ttl-security=255', 'bgp-ttl-security: want 0 to 254 hops, not 255'],
  ['-bgp-ttl-security=-1', 'bgp-ttl-security: want 0 to 254 hops, not -1'],
  ['-bgp-graceful-restart=soon', 'bgp-graceful-restart: time: invalid duration "soon"'],
])('%s is refused with a reason, as other flags are', (flag, error) => {
  const { code, log } = exitOf(speaker([flag]));
  expect([code, log?.fields['error'], log?.fields['msg']]).toEqual([1, error, 'invalid BGP flag']);
});
