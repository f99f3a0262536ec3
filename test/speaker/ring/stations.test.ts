import { expect, test } from 'vitest';
import {
  type IpAddress,
  type MacAddress,
  macFromBytes,
  parseIp,
} from '../../../src/runtime/net/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { Stations } from '../../../src/runtime/speaker/index.ts';
import { ringMember } from '../../support/fake-ring.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { speakerPod } from '../../support/membership-scene.ts';

const neighbors = new Map<MacAddress, IpAddress>([[mac(0x13), parseIp('192.0.2.3')!]]);

function stations(clock = new ManualClock()): Stations {
  return new Stations(clock, () => neighbors);
}

test('a frame is known by what its speaker says of itself, also after it left the ring', () => {
  const known = stations();
  known.membersAre([ringMember('bravo', 2, { features: { fast: false, macs: [mac(0x12)] } })]);
  known.membersAre([]);
  expect(known.stationOf(mac(0x12))).toEqual({ node: 'bravo' });
  expect(known.isMember('bravo')).toBe(false);
});

test('a speaker that says nothing of itself is known by the address of its node', () => {
  const known = stations();
  expect(known.stationOf(mac(0x13))).toBeUndefined();
  known.membersAre([ringMember('charlie', 3)]);
  expect(known.stationOf(mac(0x13))).toEqual({ node: 'charlie' });
  expect(known.isMember('charlie')).toBe(true);
});

test('one that is not in the ring is known by its Pod', () => {
  const known = stations();
  known.podsAre([speakerPod('charlie', 3), speakerPod('delta', undefined)]);
  expect(known.stationOf(mac(0x13))).toEqual({ node: 'charlie' });
  expect(known.isMember('charlie')).toBe(false);
});

test('a stranger is nobody', () => {
  const known = stations();
  known.membersAre([ringMember('charlie', 3)]);
  expect(known.stationOf(mac(0x99))).toBeUndefined();
});

test('the time of the last change is told', () => {
  const clock = new ManualClock();
  const known = stations(clock);
  clock.advance(seconds(7));
  known.membersAre([ringMember('charlie', 3)]);
  clock.advance(seconds(7));
  expect(known.ringChangedAt()).toBe(7000);
});

function mac(last: number): MacAddress {
  return macFromBytes(Uint8Array.of(0, 0, 0x5e, 0, 0x53, last));
}
