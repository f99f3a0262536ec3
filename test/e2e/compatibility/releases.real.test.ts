import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  GRACE,
  Lan,
  type LanHost,
  NAMESPACE,
  type Release,
  eventually,
} from '../../cluster/index.ts';
import { churn, layer2Pool, rangeOf } from './churn.ts';
import { ask, contract, familiesOn, nameOf } from './pages.ts';
import { type Account, OCCASIONAL, REQUIRED, Requests } from './rights.ts';
import { Stage } from './stage.ts';

const RELEASES: readonly Release[] = ['v0.10.3', 'v0.11.0', 'v0.12.1'];
const CHURN = 60_000;
const SECRET = `/api/v1/namespaces/${NAMESPACE}/secrets/memberlist`;
const WEB = { selector: { app: 'web' } };
const SHARED = { 'metallb.universe.tf/allow-shared-ip': 'key' };
/** Node's own: the library's finer processor times, and what stands where `go_*` stood. */
const isOfBgp = (family: string): boolean => /^metallb_b(gp|fd)_/.test(nameOf(family));
const OF_NODE = /^(nodejs_|process_cpu_(user|system)_seconds_total$|process_heap_bytes$)/;

let lan: Lan;
let client: LanHost;
const stages = new Map<Release, Stage>();

function stageOf(release: Release): Stage {
  const stage = stages.get(release);
  if (stage === undefined) throw new Error(`${release} was not installed`);
  return stage;
}

beforeAll(async () => {
  lan = new Lan();
  client = lan.add({ name: 'client', number: 50 });
  for (const [index, release] of RELEASES.entries()) {
    stages.set(release, await Stage.raise(lan, { release, tens: 10 * (index + 1) }));
  }
}, 120_000);

afterAll(async () => {
  for (const stage of stages.values()) await stage.close();
  lan.close();
});

test('speaker pods wait for the Secret that the controller makes', async () => {
  for (const stage of stages.values()) {
    const { admin } = stage.plane;
    expect(await admin.find(SECRET)).toBeUndefined();
    await expect(stage.startSpeaker(stage.nodes[0])).rejects.toThrow(/memberlist/);
    await stage.start();
    const secret = await admin.get<{ data: { secretkey: string } }>(SECRET);
    const key = Buffer.from(secret.data.secretkey, 'base64').toString('utf8');
    expect(key).toMatch(/^[A-Za-z0-9+/]{22}$/);
  }
});

test('a minute of everyday changes passes over all three releases at once', async () => {
  const lives = [...stages.values()].map((stage, index) => churn(stage, index, CHURN));

  for (const changes of await Promise.all(lives)) expect(changes).toBeGreaterThan(50);
}, 120_000);

describe.each(RELEASES)('the metrics of an unmodified %s manifest', (release) => {
  const { [release]: index } = Object.fromEntries(RELEASES.map((name, at) => [name, at]));
  const range = rangeOf(index ?? 0);

  test('count what the table of the original counts', async () => {
    const stage = stageOf(release);
    const { services, controller } = stage;
    const inUse = 'metallb_allocator_addresses_in_use_total{pool="pool"}';
    const before = await eventually('what churned is gone', async () => {
      const metrics = await controller.metrics();
      return metrics.get(inUse) === 0 ? metrics : undefined;
    });
    expect(before.get('metallb_k8s_client_config_loaded_bool')).toBe(1);
    expect(before.get('metallb_k8s_client_config_stale_bool')).toBe(0);
    expect(before.get('metallb_allocator_addresses_total{pool="pool"}')).toBe(16);

    await services.create('tcp', { annotations: SHARED, spec: WEB });
    const [ip = ''] = await services.assigned('tcp');
    await services.create('udp', {
      annotations: SHARED,
      ports: [['UDP', 53]],
      spec: { ...WEB, loadBalancerIP: ip },
    });
    await services.assigned('udp', ip);
    const node = await stage.announced('tcp');
    expect(await stage.announced('udp')).toBe(node);

    const during = await controller.metrics();
    expect(during.get(inUse)).toBe(1);
    const updates = 'metallb_k8s_client_updates_total';
    expect(during.get(updates)).toBeGreaterThan((before.get(updates) ?? 0) + 1);
    client.ask(ip);
    await eventually('the announcing speaker counts', async () => {
      const metrics = await stage.speakerOn(node).metrics();
      const counts = ['requests_received', 'responses_sent', 'gratuitous_sent'].map(
        (name) => metrics.get(`metallb_layer2_${name}{ip="${ip}"}`) ?? 0,
      );
      return counts.every((count) => count > 0) || undefined;
    });
    const gauge = `metallb_speaker_announced{service="default/tcp",protocol="layer2",node="${node.name}",ip="${ip}"}`;
    expect((await stage.speakerOn(node).metrics()).get(gauge)).toBe(1);
  });

  test('have every name, type and label of the contract', async () => {
    const stage = stageOf(release);
    const node = await stage.announced('tcp');
    const pages = [
      { of: ['controller'], host: stage.home },
      { of: ['speaker', 'ring'], host: node },
    ];
    for (const { of, host } of pages) {
      const { text, type } = await ask(`http://${host.address}:7472/metrics`);
      const families = familiesOn(text).filter((family) => !OF_NODE.test(nameOf(family)));

      expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
      const [ofBgp, others] = [families.filter(isOfBgp), families.filter((one) => !isOfBgp(one))];
      expect(others).toEqual([...of, 'process'].flatMap(contract).sort());
      // This install has no BGP peers, so that nothing there has a label; test/metrics has both.
      const known = of.includes('speaker') ? contract('bgp').map(nameOf).sort() : [];
      expect(ofBgp.map(nameOf).sort()).toEqual(known);
      const missing = ['bfd', 'never'].flatMap(contract).map(nameOf);
      expect(families.map(nameOf).filter((name) => missing.includes(name))).toEqual([]);
    }
  });

  test('forget what is gone', async () => {
    const stage = stageOf(release);
    const { services, controller } = stage;
    const inUse = 'metallb_allocator_addresses_in_use_total{pool="pool"}';

    await services.delete('udp');
    await eventually('the gauge of one Service goes', async () => {
      return (await stage.announcers('udp')).length === 0 || undefined;
    });
    expect((await controller.metrics()).get(inUse)).toBe(1);
    expect(await stage.announcers('tcp')).toHaveLength(1);
    await services.delete('tcp');
    await eventually('the address is free', async () => {
      const free = (await controller.metrics()).get(inUse) === 0;
      return (free && (await stage.announcers('tcp')).length === 0) || undefined;
    });
    await stage.configure(layer2Pool('other', range));
    await eventually('the pool goes', async () => {
      const metrics = await controller.metrics();
      const other = metrics.get('metallb_allocator_addresses_total{pool="other"}') === 16;
      return (other && !metrics.has(inUse)) || undefined;
    });
  });

  test('tell a refused configuration until it is mended, on every program', async () => {
    const stage = stageOf(release);
    const programs = [stage.controller, ...stage.speakers.values()];
    const shown = async (stale: number): Promise<void> => {
      for (const program of programs) {
        await eventually(`stale is ${stale}`, async () => {
          const metrics = await program.metrics();
          expect(metrics.get('metallb_k8s_client_config_loaded_bool')).toBe(1);
          return metrics.get('metallb_k8s_client_config_stale_bool') === stale || undefined;
        });
      }
    };

    await stage.configure(`${layer2Pool('other', range)}  protcol: layer2\n`);
    await shown(1);
    await stage.configure(layer2Pool('other', range));
    await shown(0);
    await stage.configure(undefined);
    await shown(1);
    await stage.configure(layer2Pool('pool', range));
    await shown(0);
  });
});

describe.each(RELEASES)('the port of an unmodified %s manifest', (release) => {
  const pages = (): string[] => {
    const { home, nodes } = stageOf(release);
    return [home, ...nodes].map(({ address }) => `http://${address}:7472`);
  };

  test('answers for its metrics and for nothing else', async () => {
    for (const page of pages()) {
      expect((await ask(`${page}/metrics`)).status).toBe(200);
      expect((await ask(`${page}/metrics?x=1`)).status).toBe(200);
      expect((await ask(`${page}/metrics`, 'HEAD')).status).toBe(200);
      for (const path of ['/', '/metrics/', '/Metrics', '/healthz', '/debug/pprof/', '/..']) {
        expect([path, (await ask(`${page}${path}`)).status]).toEqual([path, 404]);
      }
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        expect([method, (await ask(`${page}/metrics`, method)).status]).toEqual([method, 404]);
      }
    }
  });

  test('answers many at once', async () => {
    for (const page of pages()) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask(`${page}/metrics`)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    }
  });

  test('is bound to METALLB_HOST by the speaker and to every address by the controller', () => {
    const { home, nodes } = stageOf(release);
    const open = (host: LanHost, address: string): boolean => {
      const script = `(echo > /dev/tcp/${address}/7472) 2>/dev/null && echo open || echo shut`;
      return host.namespace.exec('bash', '-c', script).trim() === 'open';
    };

    expect(open(home, '127.0.0.1')).toBe(true);
    expect(open(home, home.address)).toBe(true);
    for (const node of nodes) {
      expect(open(node, '127.0.0.1')).toBe(false);
      expect(open(node, node.address)).toBe(true);
    }
  });
});

describe.each(RELEASES)('the log of an unmodified %s manifest', (release) => {
  test('is one JSON object a line with sorted keys, at level info and above', () => {
    const { controller, speakers } = stageOf(release);
    for (const program of [controller, ...speakers.values()]) {
      const lines = program.output().trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(10);
      for (const line of lines) {
        const fields = JSON.parse(line) as Record<string, unknown>;
        expect(Object.keys(fields)).toEqual(Object.keys(fields).toSorted());
        expect(fields['ts']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
        expect(fields['level']).toMatch(/^(info|warn|error)$/);
        expect(fields['caller']).toMatch(/^metal-(controller|speaker)$/);
      }
    }
  });

  test('never holds the key of the gossip', async () => {
    const { plane, controller, speakers } = stageOf(release);
    const { data } = await plane.admin.get<{ data: { secretkey: string } }>(SECRET);
    const key = Buffer.from(data.secretkey, 'base64').toString('utf8');
    for (const program of [controller, ...speakers.values()]) {
      for (const form of [key, data.secretkey]) expect(program.output()).not.toContain(form);
    }
  });
});

describe.each(RELEASES)('on SIGTERM, within the grace period of a %s manifest,', (release) => {
  test('both programs end with 0, and the speaker says so', async () => {
    const { controller, speakers } = stageOf(release);
    for (const speaker of speakers.values()) {
      expect(await speaker.stop('SIGTERM', GRACE)).toEqual({ code: 0, signal: null });
      const last = speaker.lines().filter(({ op }) => op === 'shutdown');
      expect(last.map(({ level, msg }) => [level, msg])).toEqual([
        ['info', 'starting shutdown'],
        ['info', 'leaving memberlist cluster'],
        ['info', 'left memberlist cluster'],
        ['info', 'memberlist shutdown'],
        ['info', 'done'],
      ]);
    }
    expect(await controller.stop('SIGTERM', GRACE)).toEqual({ code: 0, signal: null });
  });
});

/** Last, since a watch is in the audit log only when it has ended. */
describe.each(RELEASES)('within the rights of an unmodified %s manifest', (release) => {
  test.each<Account>(['controller', 'speaker'])('the %s asks for nothing forbidden', (account) => {
    const requests = Requests.of(stageOf(release).plane, account);

    expect(requests.forbidden.each).toEqual([]);
    const permitted = [...REQUIRED[account], ...OCCASIONAL[account]];
    expect(requests.asked.filter((request) => !permitted.includes(request))).toEqual([]);
    expect(REQUIRED[account].filter((request) => !requests.asked.includes(request))).toEqual([]);
    expect(requests.discovery.filter((path) => !/^\/apis?\//.test(path))).toEqual([]);
  });
});
