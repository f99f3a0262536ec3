import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { ArpProber } from '../../cluster/network/arp-prober.ts';
import {
  type Site,
  WEB,
  addressOf,
  allReady,
  announcedAre,
  openSite,
  ourPods,
  report,
  visit,
} from './site.ts';

/** Milliseconds without an API server; a run by hand may shorten it. */
const OUTAGE = Number(process.env['OUTAGE_SECONDS'] ?? 60) * 1000;
/** How long a program may take to notice that the API server is back, and to act on it. */
const SECONDS_LATER = 15_000;
/** Lines that a program may say in a minute without an API server. */
const PATIENT_LINES = 60;
const ARP_EVERY = 25;

let site: Site;

beforeAll(async () => {
  site = await openSite({ nodes: 3, range: '192.0.2.100-192.0.2.119' });
  await allReady(site);
});

afterAll(async () => {
  await site.cluster.close();
});

describe('an API server that is down for a minute', () => {
  test(
    'takes nothing from the clients, and is caught up with in seconds when it is back',
    async () => {
      const { cluster, services, asker } = site;
      const { plane, client } = cluster;
      for (const name of ['one', 'two', 'three']) {
        await services.create(name, WEB);
        await services.assigned(name);
      }
      const addresses = [100, 101, 102].map(addressOf);
      await announcedAre(site, addresses);
      const before = await services.addresses();
      await eventually('curl gets an answer', () => client.curl(`http://${addressOf(100)}/`));
      const linesBefore = ourPods(site).map(({ container }) => linesOf(container.log));
      const prober = await ArpProber.start(asker, plane.dir, { addresses, every: ARP_EVERY });

      await plane.stopApiServer('SIGKILL');
      const down = Date.now();
      const leave = addresses.map((address) => visit(client, `http://${address}/`, 500));
      await pause(OUTAGE);
      const lines = ourPods(site).map(
        ({ container }, index) => linesOf(container.log) - (linesBefore[index] ?? 0),
      );
      const starting = Date.now();
      await plane.startApiServer();
      const back = Date.now();
      await services.create('after', WEB);
      const [address = ''] = await services.assigned('after');
      const assigned = Date.now();
      await eventually('curl gets an answer', () => client.curl(`http://${address}/`), 30_000);
      const reached = Date.now();
      await announcedAre(site, [...addresses, address]);
      const visits = (await Promise.all(leave.map(async (stop) => await stop()))).flat();
      await prober.stop();

      const answering = addresses.map((asked) => prober.answering({ address: asked, since: down }));
      const failures = visits.flatMap(({ failure, at }) =>
        failure === undefined ? [] : [`${at - down} ms: ${failure}`],
      );
      report('API server down', {
        seconds: (back - down) / 1000,
        questions: answering.reduce((sum, { asked }) => sum + asked, 0),
        unanswered: answering.reduce((sum, { asked, answered }) => sum + asked - answered, 0),
        'longest silence in ms': Math.max(...answering.map(({ longestSilence }) => longestSilence)),
        'p99 in ms': Math.max(...answering.map(({ p99 }) => p99)),
        visits: visits.length,
        'failed visits': failures.length,
        'log lines of each program': lines.join('/'),
        'server start in ms': back - starting,
        'then address in ms': assigned - back,
        'then reached in ms': reached - back,
      });
      expect(failures).toEqual([]);
      for (const { asked, macs, doubled, longestSilence } of answering) {
        expect(asked).toBeGreaterThan((OUTAGE / ARP_EVERY) * 0.5);
        expect({ macs: macs.length, doubled }).toEqual({ macs: 1, doubled: 0 });
        expect(longestSilence).toBeLessThan(1000);
      }
      expect(ourPods(site).map(({ container }) => container.restarts)).toEqual([0, 0, 0, 0]);
      expect(Math.max(...lines)).toBeLessThan(PATIENT_LINES);
      expect(reached - back).toBeLessThan(SECONDS_LATER);
      const after = await services.addresses();
      for (const [name, held] of before) expect(after.get(name)).toEqual(held);
    },
    OUTAGE + 150_000,
  );
});

function linesOf(log: string): number {
  return readFileSync(log, 'utf8').split('\n').length - 1;
}
