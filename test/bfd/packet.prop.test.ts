import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import {
  decodeControl,
  decodeEcho,
  encodeControl,
  encodeEcho,
} from '../../src/runtime/bfd/index.ts';

const uint32 = fc.nat(0xffffffff);
const packets = fc.record({
  diagnostic: fc.nat(31),
  state: fc.constantFrom('adminDown' as const, 'down' as const, 'init' as const, 'up' as const),
  poll: fc.boolean(),
  final: fc.boolean(),
  controlPlaneIndependent: fc.boolean(),
  demand: fc.boolean(),
  detectMultiplier: fc.integer({ min: 1, max: 255 }),
  myDiscriminator: fc.integer({ min: 1, max: 0xffffffff }),
  yourDiscriminator: fc.integer({ min: 1, max: 0xffffffff }),
  desiredMinTx: uint32,
  requiredMinRx: uint32,
  requiredMinEchoRx: uint32,
});

test.prop([packets])('what is written is read again', (packet) => {
  expect(decodeControl(encodeControl(packet))).toEqual({ kind: 'packet', packet });
});

test.prop([fc.uint8Array({ maxLength: 80 })], { numRuns: 2000 })(
  'no octets make reading throw',
  (octets) => {
    expect(['packet', 'fault']).toContain(decodeControl(octets).kind);
    expect(decodeEcho(octets)).toBeUndefined();
  },
);

test.prop([packets, fc.array(fc.tuple(fc.nat(23), fc.nat(255)), { maxLength: 4 }), fc.nat(24)], {
  numRuns: 2000,
})('a damaged packet is read by the rules or dropped, never half', (packet, damage, cut) => {
  const octets = encodeControl(packet).slice(0, cut === 0 ? 24 : cut);
  for (const [index, value] of damage) if (index < octets.length) octets[index] = value;
  const decoded = decodeControl(octets);
  if (decoded.kind === 'fault') return;
  expect(octets).toHaveLength(24);
  expect(decoded.packet.myDiscriminator).not.toBe(0);
  expect(decoded.packet.detectMultiplier).not.toBe(0);
});

test.prop([fc.integer({ min: 1, max: 0xffffffff }), uint32])(
  'an echo packet comes back as it left',
  (discriminator, sequence) => {
    const echo = { discriminator, sequence };
    expect(decodeEcho(encodeEcho(echo))).toEqual(echo);
  },
);
