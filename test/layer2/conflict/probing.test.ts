import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { Probing } from '../../../src/runtime/layer2/conflict/probing.ts';
import type { SightingForm } from '../../../src/runtime/layer2/index.ts';
import type { MacAddress } from '../../../src/runtime/net/index.ts';
import { millis } from '../../../src/runtime/platform/ports.ts';
import { KnownStations } from '../../support/known-stations.ts';
import { asker, vip } from '../../support/frames.ts';

let stations: KnownStations;

beforeEach(() => {
  stations = new KnownStations();
});

const probingBy = (float: () => number): Probing =>
  new Probing({ float, bytes: () => new Uint8Array() }, stations, () => ['ns/web']);
const sighting = (form: SightingForm, mac: MacAddress = asker) =>
  ({ address: vip, mac, interfaceName: 'eth0', form }) as const;

/** What is done and when, until nothing is due or the time is over. */
function follow(probing: Probing, until: number): string[] {
  const done: string[] = [];
  for (let at = probing.next; at !== undefined && at <= until; at = probing.next) {
    for (const { type } of probing.tick(at)) done.push(`${type} ${at}`);
  }
  return done;
}

test('an address that nobody has is taken two seconds after the third question', () => {
  const probing = probingBy(() => 0.5);
  probing.begin(vip, millis(0));
  expect(follow(probing, 60_000)).toEqual(['ask 500', 'ask 2000', 'ask 3500', 'free 5500']);
  expect(probing.has(vip)).toBe(false);
});

test('questions keep to the intervals of RFC 5227, whatever chance says', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (draws) => {
      let drawn = 0;
      const probing = probingBy(() => draws[drawn++] ?? 0);
      probing.begin(vip, millis(0));
      const [first, second, third, free] = follow(probing, 60_000).map((each) =>
        Number(each.split(' ')[1]),
      );
      expect(first).toBeLessThan(1000);
      for (const pause of [second! - first!, third! - second!]) {
        expect(pause).toBeGreaterThanOrEqual(999.999);
        expect(pause).toBeLessThanOrEqual(2000.001);
      }
      expect(free! - third!).toBeCloseTo(2000);
    }),
  );
});

test.each<SightingForm>(['reply', 'announcement', 'probe'])(
  'an address for which a stranger sends a %s is not taken, but tried again a minute later',
  (form) => {
    const probing = probingBy(() => 0);
    probing.begin(vip, millis(0));
    probing.tick(millis(0));
    const [found] = probing.sighted(sighting(form), millis(10));
    expect(found).toMatchObject({
      type: 'found',
      conflict: { kind: 'stranger', outcome: 'refused', mac: asker, services: ['ns/web'] },
    });
    expect(probing.next).toBe(60_010);
    expect(follow(probing, 100_000)).toEqual([
      ...['ask 60010', 'ask 61010', 'ask 62010'],
      ...['ended 64010', 'free 64010'],
    ]);
  },
);

test('the same one found again is not told again', () => {
  const probing = probingBy(() => 0);
  probing.begin(vip, millis(0));
  probing.tick(millis(0));
  probing.sighted(sighting('reply'), millis(10));
  probing.tick(millis(60_010));
  expect(probing.sighted(sighting('reply'), millis(60_020))).toEqual([]);
  expect(probing.next).toBe(120_020);
});

test('a speaker that asks the same is no reason not to take it', () => {
  stations.nodes.set(asker, 'n2');
  const probing = probingBy(() => 0);
  probing.begin(vip, millis(0));
  probing.tick(millis(0));
  expect(probing.sighted(sighting('probe'), millis(10))).toEqual([]);
});
