import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { type Answering, ArpProber } from '../../cluster/network/arp-prober.ts';
import { churn } from './churn.ts';
import {
  type OurPod,
  type Site,
  WEB,
  addressOf,
  allReady,
  announcedAre,
  lastWords,
  openSite,
  ourPods,
  report,
} from './site.ts';
import { since, usageOf } from './usage.ts';

/** Milliseconds of churn; a run by hand may shorten it. */
const DURATION = Number(process.env['LIMITS_SECONDS'] ?? 600) * 1000;
const BURST = 30_000;
const STANDING = 100;
const FIRST = 100;
const LIMITS = { cpu: '100m', memory: '100Mi' };
const MEMORY = 100 * 1024 * 1024;
/** When a container is asked for the third time whether it lives: 10 s after its start, then every 10 s. */
const THIRD_PROBE = 30_000;
const LOADED = 'metallb_k8s_client_config_loaded_bool';
const ARP_EVERY = 20;

interface Start {
  readonly answers: number;
  readonly knows: number;
}

/** Of one phase; lists go by program, the controller first. */
interface Findings {
  readonly answering: Answering;
  /** Shares of the periods of 100 ms. */
  readonly throttled: readonly number[];
  readonly resident: readonly number[];
  readonly killed: readonly number[];
  readonly restarts: readonly number[];
}

let site: Site;
const starts = new Map<string, Start>();

beforeAll(async () => {
  site = await openSite({ nodes: 2, range: '192.0.2.100-192.0.2.249', limits: LIMITS });
  const pods = await eventually('three pods run', () => {
    const found = ourPods(site).filter(({ container }) => container.state.kind === 'running');
    return found.length === 3 ? found : undefined;
  });
  await Promise.all(pods.map(async (pod) => void starts.set(pod.name, await startOf(pod))));
  await allReady(site);
}, 180_000);

beforeEach(({ onTestFailed }) => {
  onTestFailed(() => lastWords(site));
});

afterAll(async () => {
  await site.cluster.close();
});

describe('with 100m of CPU and 100Mi each,', () => {
  test('both programs are ready before the third probe asks', () => {
    report('started under limits, ms to answer/to know the configuration', {
      ...Object.fromEntries(
        [...starts].map(([name, { answers, knows }]) => [
          name,
          `${answers.toFixed()}/${knows.toFixed()}`,
        ]),
      ),
    });
    expect(starts.size).toBe(3);
    for (const { knows } of starts.values()) expect(knows).toBeLessThan(THIRD_PROBE);
    for (const { container } of ourPods(site)) expect(container.restarts).toBe(0);
  });

  test('a hundred Services have their addresses in a minute, and each is answered for', async () => {
    const began = Date.now();
    for (let n = 1; n <= STANDING; n += 1) await site.services.create(`standing-${n}`, WEB);
    const held = await eventually('all have addresses', allAssigned, 60_000);
    const assigned = Date.now();
    await announcedAre(site, held);
    report('a hundred Services under limits', {
      'ms to the last address': assigned - began,
      'ms to the last announcement': Date.now() - began,
    });
  }, 180_000);

  test(
    'nothing is killed, no probe fails and ARP is answered through churn and bursts',
    async () => {
      const asked = [FIRST, FIRST + 1, FIRST + 2, FIRST + 3].map(addressOf);
      const { services, asker, cluster } = site;
      const { dir } = cluster.plane;
      const prober = await ArpProber.start(asker, dir, { addresses: asked, every: ARP_EVERY });
      const unready: string[] = [];
      const watching = new AbortController();
      const watched = watchReadiness(unready, watching.signal);

      const calm = await phase('churn', 30, DURATION, prober);
      const burst = await phase('burst', 300, BURST, prober);
      const satisfied = starve(watching.signal);
      const starved = await phase('starved', 30, BURST, prober);
      watching.abort();
      await satisfied;
      await watched;
      await prober.stop();

      const visit = await eventually('curl gets an answer', () =>
        cluster.client.curl(`http://${addressOf(FIRST)}/`),
      );
      expect(visit).toContain('web-');
      for (const { answering, resident, killed, restarts } of [calm, burst, starved]) {
        expect({ killed, restarts }).toEqual({ killed: [0, 0, 0], restarts: [0, 0, 0] });
        expect(answering.doubled).toBe(0);
        expect(answering.answered).toBeGreaterThan(answering.asked * 0.99);
        expect(answering.p99).toBeLessThan(500);
        expect(answering.longestSilence).toBeLessThan(1000);
        expect(Math.max(...resident)).toBeLessThan(MEMORY);
      }
      expect(unready).toEqual([]);
      // Otherwise this showed nothing.
      expect(Math.min(...starved.throttled.slice(1))).toBeGreaterThan(0.5);
      await eventually('none but the standing are left', async () => {
        for (const name of (await services.addresses()).keys()) {
          if (/^(churn|burst|starved)-/.test(name)) await services.delete(name);
        }
        return (await allAssigned())?.length === STANDING || undefined;
      });
    },
    DURATION + 2 * BURST + 180_000,
  );
});

/** Milliseconds from the start of a container until it answers, and until it has read its configuration too. */
async function startOf(pod: OurPod): Promise<Start> {
  const { state } = pod.container;
  const began = state.kind === 'running' ? state.since.getTime() : Date.now();
  let answers: number | undefined;
  await eventually(
    'it knows its configuration',
    async () => {
      // Each question costs the program some of what little it has.
      await pause(250);
      const page = await pod.metrics();
      answers ??= Date.now() - began;
      return page.get(LOADED) === 1 || undefined;
    },
    90_000,
  );
  return { answers: answers ?? Infinity, knows: Date.now() - began };
}

async function allAssigned(): Promise<string[] | undefined> {
  const all = await site.services.addresses();
  all.delete('kubernetes');
  const held = [...all.values()].flat();
  return held.length === all.size ? held : undefined;
}

/** Services come and go for a while; resolves with how ARP was answered meanwhile and what that took. */
async function phase(
  name: string,
  perMinute: number,
  duration: number,
  prober: ArpProber,
): Promise<Findings> {
  const pods = ourPods(site);
  const before = pods.map(usageOf);
  const began = Date.now();
  const stopping = new AbortController();
  const churned = churn(site.services, { perMinute, standing: 10, prefix: name }, stopping.signal);
  await Promise.race([pause(duration), churned]);
  stopping.abort();
  const created = await churned;
  const usage = pods.map(usageOf);
  const answering = prober.answering({ since: began });
  const { asked, answered, p50, p99, slowest, longestSilence } = answering;
  report(`${name} under limits`, {
    seconds: (Date.now() - began) / 1000,
    creates: created,
    questions: asked,
    'share answered': answered / asked,
    'p50/p99/slowest in ms': [p50, p99, slowest].map((time) => time.toFixed(2)).join('/'),
    'longest silence in ms': longestSilence,
  });
  for (const [index, pod] of pods.entries()) {
    const [first, last] = [before[index]!, usage[index]!];
    const { periods, throttled, waited } = since(first, last);
    report(`  ${pod.name}`, {
      'periods throttled': `${throttled} of ${periods}`,
      'seconds waited': waited,
      'MiB resident/peak with files': `${mebibytes(last.resident)}/${mebibytes(last.peak)}`,
      restarts: last.restarts,
      'killed for memory': last.killed,
    });
  }
  return {
    answering,
    throttled: usage.map((now, index) => {
      const { periods, throttled } = since(before[index]!, now);
      return throttled / periods;
    }),
    resident: usage.map(({ resident }) => resident),
    killed: usage.map(({ killed }) => killed),
    restarts: usage.map(({ restarts }) => restarts),
  };
}

/** Asks every speaker for its metrics without end, so that its main loop takes all that the limit gives. */
async function starve(signal: AbortSignal): Promise<void> {
  const askers = ourPods(site).flatMap((pod) => (pod.name === 'controller' ? [] : [pod, pod, pod]));
  await Promise.all(
    askers.map(async (pod) => {
      while (!signal.aborted) await pod.metrics();
    }),
  );
}

/** Notes every change of a pod to unready. */
async function watchReadiness(unready: string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const { name, container } of ourPods(site)) {
      if (!container.ready && !unready.includes(name)) unready.push(name);
    }
    await pause(100);
  }
}

function mebibytes(octets: number): string {
  return (octets / 2 ** 20).toFixed(1);
}
