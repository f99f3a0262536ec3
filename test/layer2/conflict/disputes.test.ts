import { beforeEach, describe, expect, test } from 'vitest';
import { Disputes } from '../../../src/runtime/layer2/conflict/disputes.ts';
import type { SightingForm } from '../../../src/runtime/layer2/index.ts';
import type { MacAddress } from '../../../src/runtime/net/index.ts';
import { millis } from '../../../src/runtime/platform/ports.ts';
import { KnownStations } from '../../support/known-stations.ts';
import { vip } from '../../support/frames.ts';

const sibling = '00:00:5e:00:53:0b' as MacAddress;
const stranger = '00:00:5e:00:53:66' as MacAddress;

let stations: KnownStations;
let disputes: Disputes;
let services: readonly string[];

beforeEach(() => {
  stations = new KnownStations();
  stations.nodes.set(sibling, 'n2');
  stations.members.add('n2');
  services = ['ns/web'];
  disputes = new Disputes(stations, () => services);
});

/** What is decided, in few words; `kept kernel` and the like are what is told of conflicts. */
const words = (effects: ReturnType<Disputes['tick']>): string[] =>
  effects.map((effect) =>
    'conflict' in effect
      ? `${effect.type}: ${effect.conflict.outcome} ${effect.conflict.kind} ${effect.conflict.node ?? '-'}`
      : effect.type,
  );
const hear = (at: number, mac: MacAddress, form: SightingForm): string[] =>
  words(disputes.sighted({ address: vip, mac, interfaceName: 'eth0', form }, millis(at)));
const tick = (at: number): string[] => words(disputes.tick(millis(at)));

describe('a speaker that comes first', () => {
  beforeEach(() => stations.higher.add('n2'));

  test('is left the address at once when it announces it, and is asked every second', () => {
    expect(hear(100_000, sibling, 'announcement')).toEqual(['yield', 'ask']);
    expect(disputes.next).toBe(101_000);
    hear(100_001, sibling, 'reply');
    expect(tick(101_000)).toEqual(['ask']);
  });

  test('is told as a conflict once that has lasted a second', () => {
    hear(100_000, sibling, 'announcement');
    tick(101_000);
    expect(hear(101_002, sibling, 'reply')).toEqual(['found: yielded speaker n2']);
    expect(hear(101_003, sibling, 'reply')).toEqual([]);
  });

  test('loses the address again when three questions in a row stayed unanswered', () => {
    hear(100_000, sibling, 'announcement');
    hear(100_001, sibling, 'reply');
    expect(tick(101_000)).toEqual(['ask']);
    expect(tick(102_000)).toEqual(['ask']);
    hear(102_001, sibling, 'reply');
    expect([103, 104, 105].map((at) => tick(at * 1000))).toEqual([['ask'], ['ask'], ['ask']]);
    expect(tick(106_000)).toEqual(['ended: yielded speaker n2', 'takeBack']);
    expect(disputes.next).toBeUndefined();
  });

  test('loses it as soon as the ring says that it left, whoever still answers there', () => {
    hear(100_000, sibling, 'announcement');
    stations.members.delete('n2');
    hear(100_001, sibling, 'reply');
    expect(tick(101_000)).toEqual(['takeBack']);
  });

  test('keeps it while it answers, though our ring never had it: a split brain', () => {
    stations.members.delete('n2');
    hear(100_000, sibling, 'announcement');
    for (let at = 101_000; at < 160_000; at += 1000) {
      hear(at - 1, sibling, 'reply');
      expect(tick(at)).toEqual(['ask']);
    }
  });

  test('loses it when it does not come first any more', () => {
    hear(100_000, sibling, 'announcement');
    hear(101_001, sibling, 'reply');
    stations.higher.delete('n2');
    expect(tick(102_000)).toEqual(['ended: yielded speaker n2', 'takeBack']);
  });

  test('is not left the address for an answer alone: a kernel answers too', () => {
    stations.members.delete('n2');
    expect(hear(100_000, sibling, 'reply')).toEqual(['defend']);
  });

  test('is left the address only if it comes first for every Service that has it', () => {
    services = ['ns/web', 'other/dns'];
    stations.notFor.add('other/dns');
    expect(hear(100_000, sibling, 'announcement')).toEqual(['defend']);
  });
});

describe('a speaker that comes later', () => {
  test('is told at once, and not more often than once a second', () => {
    expect(hear(100_000, sibling, 'announcement')).toEqual(['defend']);
    expect(hear(100_500, sibling, 'announcement')).toEqual([]);
    expect(hear(101_100, sibling, 'announcement')).toEqual(['defend', 'found: kept speaker n2']);
  });

  test('that is heard no more is no conflict', () => {
    hear(100_000, sibling, 'announcement');
    expect(tick(101_000)).toEqual(['ask']);
    expect(tick(102_000)).toEqual([]);
    expect(disputes.next).toBeUndefined();
  });
});

describe('a member that answers and never announces', () => {
  test('is the kernel of its node, against which the address is defended every ten seconds', () => {
    expect(hear(100_000, sibling, 'reply')).toEqual([]);
    expect(tick(101_000)).toEqual(['ask']);
    expect(hear(101_001, sibling, 'reply')).toEqual(['defend', 'found: kept kernel n2']);
    for (let at = 102_000; at < 111_000; at += 1000) expect(hear(at, sibling, 'reply')).toEqual([]);
    expect(hear(111_001, sibling, 'reply')).toEqual(['defend']);
  });

  test('is not called anything while the ring has changed just now', () => {
    stations.changedAt = millis(99_000);
    hear(100_000, sibling, 'reply');
    for (const at of [101_000, 102_000, 103_000]) {
      tick(at);
      expect(hear(at + 1, sibling, 'reply')).toEqual([]);
    }
    tick(104_000);
    expect(hear(104_001, sibling, 'reply')).toContain('found: kept kernel n2');
  });

  test('and announces after all is a speaker', () => {
    hear(100_000, sibling, 'reply');
    hear(101_001, sibling, 'reply');
    expect(hear(105_000, sibling, 'announcement')).toEqual([
      'ended: kept kernel n2',
      'found: kept speaker n2',
      'defend',
    ]);
  });
});

describe('a stranger', () => {
  test('is never yielded to, whatever it says, and its end is told', () => {
    stations.higher.add('n2');
    hear(100_000, stranger, 'announcement');
    expect(tick(101_000)).toEqual(['ask']);
    expect(hear(101_001, stranger, 'announcement')).toEqual(['defend', 'found: kept stranger -']);
    expect(tick(102_000)).toEqual(['ask']);
    expect([112, 122].map((at) => tick(at * 1000))).toEqual([['ask'], ['ask']]);
    expect(tick(132_100)).toEqual(['ended: kept stranger -']);
    expect(disputes.next).toBeUndefined();
  });

  test('that only asks before it would use the address was answered, and is no conflict', () => {
    expect(hear(100_000, stranger, 'probe')).toEqual([]);
    expect(disputes.next).toBeUndefined();
  });

  test('that makes up a thousand names for itself costs no more than a few', () => {
    for (let i = 0; i < 1000; i += 1) {
      hear(
        100_000,
        `02:00:00:00:${Math.floor(i / 100) + 10}:${(i % 90) + 10}` as MacAddress,
        'reply',
      );
    }
    const asked = tick(101_000);
    for (let i = 0; i < 1000; i += 1) {
      hear(101_001, `06:00:00:00:00:${(i % 90) + 10}` as MacAddress, 'reply');
    }
    expect(asked).toEqual(['ask']);
    expect(tick(102_100)).toEqual([]);
    expect(disputes.next).toBeUndefined();
  });
});

test('an address that is lost ends its conflicts', () => {
  hear(100_000, stranger, 'reply');
  hear(101_001, stranger, 'reply');
  expect(words(disputes.forget(vip))).toEqual(['ended: kept stranger -']);
  expect(disputes.forget(vip)).toEqual([]);
});

test('a thousand addresses in conflict are asked about less often each', () => {
  const addresses = Array.from({ length: 1000 }, (_, i) => `198.51.100.${i}` as typeof vip);
  const tell = (at: number): void => {
    for (const address of addresses) {
      const sighting = { address, mac: stranger, interfaceName: 'eth0', form: 'reply' } as const;
      disputes.sighted(sighting, millis(at));
    }
  };
  tell(0);
  tell(1001);
  disputes.tick(millis(1001));
  expect(disputes.next).toBe(21_001);
});
