import fc from 'fast-check';
import { expect, test } from 'vitest';
import { META_LIMIT, decodeFeatures, encodeFeatures } from '../../src/runtime/gossip/features.ts';
import { macFromBytes } from '../../src/runtime/net/index.ts';

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(macFromBytes);
const features = fc.record({ fast: fc.boolean(), macs: fc.array(mac, { maxLength: 80 }) });

test('what a speaker says of itself is read by others as it was meant, and fits a Meta', () => {
  fc.assert(
    fc.property(features, (said) => {
      const meta = encodeFeatures(said);
      expect(decodeFeatures(meta)).toEqual(said);
      expect(meta.length).toBeLessThanOrEqual(META_LIMIT);
    }),
  );
});

test('of more hardware addresses than fit, the first are told', () => {
  const macs = Array.from({ length: 200 }, (_, index) =>
    macFromBytes(Uint8Array.of(0, 0, 0x5e, 0, 0x53, index)),
  );
  const meta = encodeFeatures({ fast: true, macs });
  expect(meta.length).toBeLessThanOrEqual(META_LIMIT);
  expect(decodeFeatures(meta)).toEqual({ fast: true, macs: macs.slice(0, 80) });
});

test('what a later release adds is skipped', () => {
  const meta = encodeFeatures({ fast: true, macs: [] });
  const later = Uint8Array.of(...meta, 99, 3, 1, 2, 3, 2, 6, 0, 0, 0x5e, 0, 0x53, 7, 98, 0);
  expect(decodeFeatures(later)).toEqual({ fast: true, macs: ['00:00:5e:00:53:07'] });
});

test('a Meta that is cut off says what is whole of it', () => {
  const meta = encodeFeatures({ fast: true, macs: [macFromBytes(new Uint8Array(6))] });
  expect(decodeFeatures(meta.subarray(0, -1))).toEqual({ fast: true, macs: [] });
});

test.each([
  ['nothing, as speakers of the original', []],
  ['something of another program', [1, 2, 3, 4]],
  ['a version to come', [0x6d, 0x6c, 2, 1, 0]],
])('%s is no statement', (_, octets) => {
  expect(decodeFeatures(Uint8Array.from(octets))).toBeUndefined();
});

test('whatever a Meta holds, reading it ends well', () => {
  const ours = fc
    .uint8Array({ maxLength: 520 })
    .map((rest) => Uint8Array.of(0x6d, 0x6c, 1, ...rest));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), ours), (meta) => {
      const read = decodeFeatures(meta);
      expect(read === undefined || read.macs.length <= 86).toBe(true);
    }),
  );
});
