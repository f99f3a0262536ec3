import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually, never } from '../../cluster/index.ts';
import { ArpProber } from '../../cluster/network/arp-prober.ts';
import { churn } from './churn.ts';
import { Ledger } from './ledger.ts';
import { reap } from './reaper.ts';
import {
  type Site,
  addressOf,
  allReady,
  announcedAre,
  inUse,
  lastWords,
  openSite,
  ourPods,
  report,
} from './site.ts';

/** Milliseconds of killing; a run by hand may shorten it. */
const DURATION = Number(process.env['KILLING_SECONDS'] ?? 120) * 1000;
const PER_MINUTE = 200;
const STANDING = 40;
const FIRST = 128;
const SIZE = 64;
/** Nobody may wait longer for an address than two starts of the controller take on a busy machine. */
const LONGEST_WAIT = 30_000;
const POOL_ADDRESSES = Array.from({ length: SIZE }, (_, index) => addressOf(FIRST + index));

let site: Site;
let ledger: Ledger;

beforeAll(async () => {
  site = await openSite({ nodes: 2, range: `${addressOf(FIRST)}-${addressOf(FIRST + SIZE - 1)}` });
  const owns = (address: string): boolean => POOL_ADDRESSES.includes(address);
  ledger = await Ledger.open(site.cluster.plane.admin, owns);
  await allReady(site);
});

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => lastWords(site));
});

afterAll(async () => {
  ledger.close();
  await site.cluster.close();
});

describe('a controller and speakers that are killed again and again, while Services come and go,', () => {
  test(
    'give no address twice and take none away',
    async () => {
      const stopping = new AbortController();
      const plan = { perMinute: PER_MINUTE, standing: STANDING, prefix: 'churn' };
      const began = Date.now();
      const churned = churn(site.services, plan, stopping.signal);
      const reaped = ourPods(site).map(async (pod) => await reap(pod, stopping.signal));
      const ended = Promise.all([churned, ...reaped]);
      await Promise.race([pause(DURATION), ended]);
      stopping.abort();
      const [, ...kills] = await ended;
      const minutes = (Date.now() - began) / 60_000;
      await eventually(
        'everyone is served',
        () => ledger.waiting.length === 0 || undefined,
        60_000,
      );

      const { created, deleted, written, unserved, waits } = ledger.figures;
      report('killed in a loop', {
        seconds: minutes * 60,
        'kills of the controller': kills[0],
        'kills of each speaker': kills.slice(1).join('/'),
        creates: created,
        deletes: deleted,
        'status writes': written,
        'deleted before served': unserved,
        'median wait in ms': waits[Math.floor(waits.length / 2)],
        'longest wait in ms': waits.at(-1),
        wrongs: ledger.wrongs.length,
      });
      expect(ledger.wrongs).toEqual([]);
      expect(ledger.served).toHaveLength(STANDING);
      expect(waits.at(-1)).toBeLessThan(LONGEST_WAIT);
      expect(created).toBeGreaterThan(PER_MINUTE * minutes * 0.75);
      expect(deleted).toBeGreaterThan((PER_MINUTE * minutes - STANDING) * 0.75);
      for (const count of kills) expect(count).toBeGreaterThan(minutes * 6);
      await announcedAre(site, ledger.held);
    },
    DURATION + 180_000,
  );

  test('leave nothing behind when the Services are gone', async () => {
    await site.services.clear();

    await eventually('no address is in use', async () => (await inUse(site)) === 0 || undefined);
    await announcedAre(site, []);
    const prober = await ArpProber.start(site.asker, site.cluster.plane.dir, {
      addresses: POOL_ADDRESSES,
      every: 500,
    });
    await never(
      'somebody answers',
      () => {
        const { answered, macs } = prober.answering();
        return answered > 0 ? macs : undefined;
      },
      3000,
    );
    expect(prober.answering().asked).toBeGreaterThan(2 * SIZE);
    await prober.stop();
  }, 120_000);

  test('have every address of the pool to give again, and not one more', async () => {
    const names = Array.from({ length: SIZE + 1 }, (_, index) => `again-${index}`);
    for (const name of names) await site.services.create(name);

    await eventually('all but one are served', () => ledger.served.length === SIZE || undefined);
    expect([...ledger.held].sort()).toEqual([...POOL_ADDRESSES].sort());
    // The watch may tell of the last address before it tells of the last Service.
    const left = await eventually('one waits', () => ledger.waiting[0]);
    expect(await site.services.event(left, 'AllocationFailed')).toMatchObject({ type: 'Warning' });
    expect(ledger.wrongs).toEqual([]);
  }, 120_000);
});
