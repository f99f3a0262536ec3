import { describe, expect, test } from 'vitest';
import { decodeControl, encodeControl, type ControlPacket } from '../../src/runtime/bfd/index.ts';

/** Version 1, diagnostic 3; Init with Poll; multiplier 3; 300 ms both ways, 50 ms for echo. */
const octets = Buffer.from('23a003181122334455667788000493e0000493e00000c350', 'hex');
const init: ControlPacket = {
  ...{ diagnostic: 3, state: 'init', poll: true, final: false },
  ...{ controlPlaneIndependent: false, demand: false, detectMultiplier: 3 },
  ...{ myDiscriminator: 0x11223344, yourDiscriminator: 0x55667788 },
  ...{ desiredMinTx: 300_000, requiredMinRx: 300_000, requiredMinEchoRx: 50_000 },
};
const changed = (index: number, value: number): Buffer => {
  const copy = Buffer.from(octets);
  copy[index] = value;
  return copy;
};

describe('a control packet', () => {
  test('is written and read as RFC 5880 §4.1 draws it', () => {
    expect(Buffer.from(encodeControl(init)).toString('hex')).toBe(octets.toString('hex'));
    expect(decodeControl(octets)).toEqual({ kind: 'packet', packet: init });
  });

  test.each([
    ['adminDown', 0x00],
    ['down', 0x40],
    ['init', 0x80],
    ['up', 0xc0],
  ])('of state %s has %d in its flags', (state, flags) => {
    const decoded = decodeControl(changed(1, flags));
    expect(decoded).toMatchObject({ packet: { state, poll: false, final: false } });
  });

  test.each([
    ['final', 0x10],
    ['controlPlaneIndependent', 0x08],
    ['demand', 0x02],
  ])('has the flag %s', (flag, bit) => {
    const decoded = decodeControl(changed(1, 0xc0 | bit));
    expect(decoded).toMatchObject({ kind: 'packet', packet: { [flag]: true, poll: false } });
    if (decoded.kind === 'packet') expect(encodeControl(decoded.packet)[1]).toBe(0xc0 | bit);
  });

  test.each([
    ['shorter than its fixed part', octets.subarray(0, 23), 'truncated'],
    ['of another version', changed(0, 0x40), 'wrong version'],
    ['whose length leaves out what it must have', changed(3, 23), 'wrong length'],
    ['longer than what came', changed(3, 25), 'wrong length'],
    ['that says it is authenticated but has no room for that', changed(1, 0xc4), 'wrong length'],
    ['with a multiplier of zero', changed(2, 0), 'detect multiplier of zero'],
    ['for many', changed(1, 0xc1), 'multipoint'],
    ['from nobody', Buffer.from(octets).fill(0, 4, 8), 'no discriminator'],
    [
      'that is Init but knows nobody',
      Buffer.from(octets).fill(0, 8, 12),
      'state without your discriminator',
    ],
    [
      'that is authenticated, which nobody asked for',
      Buffer.concat([changed(1, 0xc4).fill(28, 3, 4), Buffer.from([1, 4, 1, 0x61])]),
      'authenticated',
    ],
  ])('%s is dropped', (_what, bad, fault) => {
    expect(decodeControl(bad)).toEqual({ kind: 'fault', fault });
  });

  test('that is Down may know nobody yet', () => {
    const down = changed(1, 0x40).fill(0, 8, 12);
    expect(decodeControl(down)).toMatchObject({ packet: { state: 'down', yourDiscriminator: 0 } });
  });

  test('may be followed by octets that do not belong to it', () => {
    const padded = Buffer.concat([octets, Buffer.alloc(20, 7)]);
    expect(decodeControl(padded)).toEqual({ kind: 'packet', packet: init });
  });
});
