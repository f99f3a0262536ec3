import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lan, type LanHost, eventually } from '../../cluster/index.ts';
import { type Answering, answeringIn } from '../../support/failover/journal.ts';
import { Prober } from '../../support/failover/prober.ts';

const [MOVING, RESTING] = ['192.0.2.100', '192.0.2.101'];

let lan: Lan;
let one: LanHost;
let two: LanHost;
let folder: string;
let prober: Prober;

/** Kernels answer for what they have, at once and for certain. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prober-'));
  lan = new Lan();
  [one, two] = [lan.add({ name: 'one', number: 21 }), lan.add({ name: 'two', number: 22 })];
  const asker = lan.add({ name: 'prober', number: 90 });
  prober = new Prober(asker, folder, { addresses: [MOVING, RESTING], every: 20 });
  gains(one, MOVING);
  gains(two, RESTING);
});

afterAll(async () => {
  await prober.stop();
  lan.close();
  rmSync(folder, { recursive: true });
});

describe('the prober hears', () => {
  test('who answers for which address', async () => {
    await answeredBy(MOVING, one);
    await answeredBy(RESTING, two);
  });

  test('how long nobody did', async () => {
    const { longestSilence, silent, doubled } = await during(async () => {
      loses(one, MOVING);
      await pause(500);
      gains(two, MOVING);
      await answeredBy(MOVING, two);
    });
    expect(longestSilence).toBeGreaterThan(480);
    expect(longestSilence).toBeLessThan(900);
    expect({ silent, doubled }).toEqual({ silent: 1, doubled: 0 });
  });

  test('how long two did, and how many questions they both answered', async () => {
    const heard = await during(async () => {
      gains(one, MOVING);
      await answeredBy(MOVING, one, two);
      await pause(500);
      loses(two, MOVING);
      await answeredBy(MOVING, one);
    });
    expect(heard.longestDouble).toBeGreaterThan(450);
    expect(heard.longestDouble).toBeLessThan(900);
    expect(heard.doubledQuestions).toBeGreaterThan(15);
    expect(heard.longestSilence).toBe(0);
  });

  test('who told everyone', async () => {
    two.namespace.exec('arping', '-A', '-c', '1', '-I', 'eth0', '-s', RESTING, RESTING);
    const heard = await eventually('it is heard', () => prober.journal.gratuitous[0]);
    expect(heard).toMatchObject({ address: RESTING, mac: two.mac });
  });
});

function gains({ namespace }: LanHost, address: string): void {
  namespace.ip('addr', 'add', `${address}/32`, 'dev', 'eth0');
}

function loses({ namespace }: LanHost, address: string): void {
  namespace.ip('addr', 'del', `${address}/32`, 'dev', 'eth0');
}

async function answeredBy(address: string, ...hosts: readonly LanHost[]): Promise<void> {
  const expected = hosts.map(({ mac }) => mac).toSorted();
  await eventually(`${address} is answered for by ${expected.join(' and ')}`, () => {
    const { journal } = prober;
    return journal.answering(address).toSorted().join() === expected.join();
  });
}

async function during(what: () => Promise<void>): Promise<Answering> {
  const began = Date.now();
  await what();
  await prober.settled();
  return answeringIn(prober.journal, began, Date.now());
}
