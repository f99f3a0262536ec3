import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GATEWAY, NAMESPACE, eventually } from '../../cluster/index.ts';
import { ArpProber } from '../../cluster/network/arp-prober.ts';
import {
  type Site,
  WEB,
  addressOf,
  allReady,
  announced,
  announcedAre,
  inUse,
  lastWords,
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
const OTHER = { 'metallb.universe.tf/address-pool': 'other' };
const OTHER_POOL = `
address-pools:
- {name: default, protocol: layer2, auto-assign: false, addresses: [192.0.2.100-192.0.2.119]}
- {name: other, protocol: layer2, addresses: [192.0.2.120-192.0.2.121]}
`;

let site: Site;

beforeAll(async () => {
  site = await openSite({ nodes: 3, range: '192.0.2.100-192.0.2.119', audit: true });
  await allReady(site);
});

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => lastWords(site));
});

afterEach(async () => {
  await site.services.clear();
  await announcedAre(site, []);
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
      for (const name of ['one', 'two', 'three', 'spare']) {
        await services.create(name, WEB);
        await services.assigned(name);
      }
      const [spare = '', ...addresses] = [103, 100, 101, 102].map(addressOf);
      await announcedAre(site, [...addresses, spare]);
      const before = await services.addresses();
      // An address is announced before every kube-proxy has written its rules.
      for (const address of addresses) {
        await eventually('curl gets an answer', () => client.curl(`http://${address}/`));
      }
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
      await services.delete('spare');
      await eventually('the spare one is withdrawn', async () => {
        return !(await announced(site)).includes(spare) || undefined;
      });
      const withdrawn = Date.now();
      // The kube-proxies and whoever fills the endpoints take up to half a minute to ask again.
      await eventually('curl gets an answer', () => client.curl(`http://${address}/`), 60_000);
      const reached = Date.now();
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
        'then a deleted one withdrawn in ms': withdrawn - assigned,
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
      expect(withdrawn - back).toBeLessThan(SECONDS_LATER);
      const after = await services.addresses();
      before.delete('spare');
      for (const [name, held] of before) expect(after.get(name)).toEqual(held);
    },
    OUTAGE + 150_000,
  );
});

describe('an etcd that is killed and started again', () => {
  test('costs no answer, and Services go on getting addresses', async () => {
    const { cluster, services, asker } = site;
    const { plane, client } = cluster;
    await services.create('before', WEB);
    const addresses = await services.assigned('before');
    await announcedAre(site, addresses);
    const prober = await ArpProber.start(asker, plane.dir, { addresses, every: ARP_EVERY });

    await plane.stopEtcd('SIGKILL');
    const down = Date.now();
    await pause(20_000);
    await plane.startEtcd();
    const back = Date.now();
    await services.create('after', WEB);
    const [address = ''] = await eventually('an address', () => services.assigned('after'), 60_000);
    await eventually('curl gets an answer', () => client.curl(`http://${address}/`), 30_000);
    await prober.stop();

    const { macs, doubled, longestSilence, asked, answered } = prober.answering({ since: down });
    report('etcd killed', {
      seconds: (back - down) / 1000,
      questions: asked,
      unanswered: asked - answered,
      'longest silence in ms': longestSilence,
      'then reached in ms': Date.now() - back,
    });
    expect({ macs: macs.length, doubled }).toEqual({ macs: 1, doubled: 0 });
    expect(longestSilence).toBeLessThan(1000);
    expect(ourPods(site).map(({ container }) => container.restarts)).toEqual([0, 0, 0, 0]);
    expect(await services.assigned('before')).toEqual(addresses);
    await announcedAre(site, [...addresses, address]);
  }, 180_000);
});

describe('a history that etcd has forgotten', () => {
  test('makes every program ask for the whole again, and nothing is left of what it missed', async () => {
    const { cluster, services, installation } = site;
    const { plane } = cluster;
    for (const name of ['kept', 'gone', 'again']) {
      await services.create(name, WEB);
      await services.assigned(name);
    }
    const kept = (await services.addresses()).get('kept');
    await announcedAre(site, await assigned());
    const { metadata } = await services.get('again');
    const old = metadata?.resourceVersion ?? '';

    const heal = cutOff(plane.access.port);
    await services.delete('gone');
    await services.delete('again');
    await services.create('again', WEB);
    for (const name of ['new-1', 'new-2', 'new-3']) await services.create(name, WEB);
    await plane.compact();
    await plane.stopApiServer('SIGKILL');
    await plane.startApiServer();
    expect(await refusalOf(old)).toMatchObject({ code: 410, reason: 'Expired' });
    const healed = new Date().toISOString();
    heal();

    for (const name of ['again', 'new-1', 'new-2', 'new-3']) {
      await eventually(`${name} has an address`, async () => services.assigned(name), 60_000);
    }
    const truth = await assigned();
    expect(new Set(truth).size).toBe(5);
    await announcedAre(site, truth);
    expect(await inUse(site)).toBe(5);
    expect((await services.addresses()).get('kept')).toEqual(kept);
    await eventually('each of the four has listed Services anew', () => {
      const lists = plane.audit().filter(({ verb, requestURI, stageTimestamp }) => {
        if (verb !== 'list' || stageTimestamp < healed) return false;
        return requestURI.startsWith('/api/v1/services');
      });
      const by = (account: string): number =>
        lists.filter(({ user: { username } }) => username.endsWith(`${NAMESPACE}:${account}`))
          .length;
      return (by('controller') >= 1 && by('speaker') >= 3) || undefined;
    });
    await installation.configure(OTHER_POOL);
    // Waits, whichever of the two the controller hears of first.
    await services.create('elsewhere', { ...WEB, annotations: OTHER });
    await services.assigned('elsewhere', '192.0.2.120');
  }, 240_000);
});

/** Takes the API server away from every node and pod, without a word to either end; returns what gives it back. */
function cutOff(port: number): () => void {
  const there = ['-d', GATEWAY, '-p', 'tcp', '--dport', String(port), '-j', 'DROP'];
  const back = ['-s', GATEWAY, '-p', 'tcp', '--sport', String(port), '-j', 'DROP'];
  const rules = [
    ['OUTPUT', ...there],
    ['FORWARD', ...there],
    ['INPUT', ...back],
    ['FORWARD', ...back],
  ];
  const everywhere = (action: string): void => {
    for (const { namespace } of site.cluster.nodes) {
      for (const rule of rules) namespace.exec('iptables', '-w', action, ...rule);
    }
  };
  everywhere('-I');
  return () => everywhere('-D');
}

/** What the API server says to whoever wants to go on from this version of the Services. */
async function refusalOf(version: string): Promise<unknown> {
  const { admin } = site.cluster.plane;
  const events: string[] = [];
  const path = `/api/v1/services?resourceVersion=${version}`;
  const close = await admin.watch(path, (event) => events.push(event));
  const [first = ''] = await eventually('an event', () => (events.length > 0 ? events : undefined));
  close();
  return (JSON.parse(first) as { readonly object: unknown }).object;
}

async function assigned(): Promise<string[]> {
  return [...(await site.services.addresses()).values()].flat();
}

function linesOf(log: string): number {
  return readFileSync(log, 'utf8').split('\n').length - 1;
}
