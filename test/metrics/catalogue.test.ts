import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  Registry,
  bfdMetrics,
  bgpMetrics,
  conflictMetrics,
  controllerMetrics,
  coverageMetrics,
  familyMetrics,
  isolationMetric,
  layer2Metrics,
  memberEventMetric,
  processMetrics,
  ringMetrics,
  scrapeMetrics,
  sourceMetrics,
  speakerMetrics,
} from '../../src/runtime/metrics/index.ts';
import { type IpAddress, parseIp } from '../../src/runtime/net/index.ts';
import { peer } from '../support/bgp.ts';

const VIP = parseIp('192.0.2.10')!;
const VIP6 = parseIp('2001:db8::a')!;
const families = {
  ipv4: { capacity: 12n, inUse: 2 },
  ipv6: { capacity: 4n, inUse: 0 },
};
const usage = { pool: 'teal', capacity: 16n, inUse: 2, services: 3, families };

function announced(ip: IpAddress) {
  return { service: 'default/web', protocol: 'layer2', node: 'alpha', ip } as const;
}

/** `type name labels` of everything a page shows of ours. */
async function shownFamilies(register: Registry): Promise<string[]> {
  const shown = (await register.getMetricsAsJSON()).map(({ type, name, values }) => {
    const labels = Object.keys(values[0]?.labels ?? {});
    return [String(type), name, ...labels].join(' ');
  });
  return shown.sort();
}

function contract(program: string): string[] {
  const text = readFileSync(`test/fixtures/metrics/${program}.prom`, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .sort();
}

async function lines(register: Registry): Promise<string[]> {
  return (await register.metrics()).split('\n').filter((line) => /^[^#]/.test(line));
}

describe('names, types and labels are those of the original', () => {
  test('for the controller', async () => {
    const register = new Registry();
    sourceMetrics(register);
    controllerMetrics(register).poolChanged(usage);
    expect(await shownFamilies(register)).toEqual(contract('controller'));
  });

  test('for the speaker', async () => {
    const register = new Registry();
    sourceMetrics(register);
    speakerMetrics(register).announced(announced(VIP));
    const layer2 = layer2Metrics(register);
    layer2.requestReceived(VIP, 1);
    layer2.responseSent(VIP, 1);
    layer2.gratuitousSent(VIP, 1);
    expect(await shownFamilies(register)).toEqual(contract('speaker'));
  });
});

describe('of BGP and BFD', () => {
  const native = { mode: 'native', compat: 'v0.12' } as const;

  test('native mode shows those of BGP alone', async () => {
    const register = new Registry();
    const series = bgpMetrics(register, native).of({ key: 'a', kind: 'external', peer: peer('a') });
    series.down({ kind: 'connectFailed', text: 'connection refused' });
    series.messageSent('update');
    bfdMetrics(register, native);
    expect(await shownFamilies(register)).toEqual(contract('bgp'));
  });

  test('FRR mode has those of its BFD', async () => {
    const register = new Registry();
    const bfd = bfdMetrics(register, { ...native, mode: 'frr' });
    const remote = { address: VIP, vrf: undefined };
    bfd.state(remote, 'up');
    const echo = { echoIn: 0, echoOut: 0 };
    const events = { upEvents: 1, downEvents: 0, notifications: 1 };
    bfd.counted(remote, { ...echo, ...events, controlIn: 5, controlOut: 6 });
    expect(await shownFamilies(register)).toEqual(contract('bfd'));
  });
});

test('what the ring counts is named in one place too', async () => {
  const register = new Registry();
  ringMetrics(register).datagram('in');
  memberEventMetric(register);
  isolationMetric(register);
  conflictMetrics(register);
  expect(await shownFamilies(register)).toEqual(contract('ring'));
});

test('of a ring one sees its members, what happens to them, and what was thrown away', async () => {
  const register = new Registry();
  const ring = ringMetrics(register);
  ring.members(3);
  ring.awareness(2);
  ring.probeFailed();
  ring.dropped('decryption');
  ring.stream('out');
  memberEventMetric(register).event('leave');
  const page = await lines(register);
  expect(page).toEqual(
    expect.arrayContaining([
      'metallb_memberlist_members 3',
      'metallb_memberlist_health_score 2',
      'metallb_memberlist_probes_failed_total 1',
      'metallb_memberlist_dropped_total{reason="decryption"} 1',
      'metallb_memberlist_dropped_total{reason="checksum"} 0',
      'metallb_memberlist_packets_total{transport="tcp",direction="out"} 1',
      'metallb_memberlist_member_events_total{event="leave"} 1',
      'metallb_memberlist_member_events_total{event="join"} 0',
    ]),
  );
});

test('an isolated speaker shows one reason at a time, and none once it is over', async () => {
  const register = new Registry();
  const metric = isolationMetric(register);
  const shown = async (): Promise<string[]> =>
    (await lines(register)).flatMap((line) => /reason="(\w+)"} 1$/.exec(line)?.[1] ?? []);
  expect(await shown()).toEqual([]);
  metric.isolated('carrier');
  metric.isolated('paused');
  expect(await shown()).toEqual(['paused']);
  metric.isolated(undefined);
  expect(await shown()).toEqual([]);
});

test('a page begins with zeros, so that alerts have something to compare', async () => {
  const register = new Registry();
  sourceMetrics(register);
  controllerMetrics(register);
  expect(await lines(register)).toEqual([
    'metallb_k8s_client_config_loaded_bool 0',
    'metallb_k8s_client_config_stale_bool 0',
    'metallb_k8s_client_updates_total 0',
    'metallb_k8s_client_update_errors_total 0',
  ]);
});

test('a pool shows its capacity and use, and vanishes when it is removed', async () => {
  const register = new Registry();
  const controller = controllerMetrics(register);
  controller.poolChanged(usage);
  controller.poolChanged({ ...usage, pool: 'vast', capacity: 9223372036854775807n });
  controller.poolChanged({ ...usage, inUse: 16 });
  const page = await lines(register);
  expect(page).toContain('metallb_allocator_addresses_total{pool="teal"} 16');
  expect(page).toContain('metallb_allocator_addresses_in_use_total{pool="teal"} 16');
  expect(page).toContain('metallb_allocator_addresses_total{pool="vast"} 9223372036854776000');
  controller.poolRemoved('teal');
  expect((await lines(register)).filter((line) => line.includes('teal'))).toEqual([]);
});

test('an address is shown once for each protocol that announces it, however often it is told', async () => {
  const register = new Registry();
  const speaker = speakerMetrics(register);
  const overBgp = { ...announced(VIP), protocol: 'bgp' } as const;
  for (const one of [announced(VIP), overBgp, announced(VIP)]) speaker.announced(one);
  speaker.withdrawn(announced(VIP6));
  const shown = async () => (await lines(register)).filter((line) => line.includes('announced'));
  const row = (protocol: string) =>
    `metallb_speaker_announced{service="default/web",protocol="${protocol}",node="alpha",ip="192.0.2.10"} 1`;
  expect((await shown()).toSorted()).toEqual([row('bgp'), row('layer2')]);
  speaker.withdrawn(announced(VIP));
  expect(await shown()).toEqual([row('bgp')]);
  speaker.withdrawn(overBgp);
  expect(await shown()).toEqual([]);
});

test('a pool shows its families where they are asked for, and vanishes with them', async () => {
  const register = new Registry();
  const pools = familyMetrics(register);
  pools.poolChanged(usage);
  expect(await lines(register)).toEqual([
    'metallb_allocator_ipv4_addresses_total{pool="teal"} 12',
    'metallb_allocator_ipv4_addresses_in_use_total{pool="teal"} 2',
    'metallb_allocator_ipv6_addresses_total{pool="teal"} 4',
    'metallb_allocator_ipv6_addresses_in_use_total{pool="teal"} 0',
  ]);
  pools.poolRemoved('teal');
  expect(await lines(register)).toEqual([]);
});

test('Services that nobody announces are counted by pool, and nothing is shown where all is well', async () => {
  const register = new Registry();
  const coverage = coverageMetrics(register);
  expect(await shownFamilies(register)).toEqual([]);
  coverage.uncovered('teal', 0);
  coverage.uncovered('jade', 2);
  coverage.uncovered('teal', 3);
  expect(await lines(register)).toEqual([
    'metallb_allocator_services_unadvertised{pool="teal"} 3',
    'metallb_allocator_services_unadvertised{pool="jade"} 2',
  ]);
  coverage.covered('teal');
  coverage.covered('jade');
  expect(await lines(register)).toEqual([]);
});

test('an announced address is shown until it is withdrawn', async () => {
  const register = new Registry();
  const speaker = speakerMetrics(register);
  speaker.announced(announced(VIP));
  speaker.announced(announced(VIP6));
  speaker.withdrawn(announced(VIP));
  const shown = (await lines(register)).filter((line) => line.includes('announced'));
  expect(shown).toEqual([
    'metallb_speaker_announced{service="default/web",protocol="layer2",node="alpha",ip="2001:db8::a"} 1',
  ]);
});

test('requests are counted by address, by the number seen', async () => {
  const register = new Registry();
  const layer2 = layer2Metrics(register);
  layer2.requestReceived(VIP, 3);
  layer2.requestReceived(VIP, 2);
  layer2.responseSent(VIP, 4);
  layer2.gratuitousSent(VIP6, 2);
  expect(await lines(register)).toEqual([
    'metallb_layer2_requests_received{ip="192.0.2.10"} 5',
    'metallb_layer2_responses_sent{ip="192.0.2.10"} 4',
    'metallb_layer2_gratuitous_sent{ip="2001:db8::a"} 2',
  ]);
});

test('a stale configuration shows until one is accepted; loaded stays', async () => {
  const register = new Registry();
  const source = sourceMetrics(register);
  const page = (loaded: number, stale: number): string[] => [
    `metallb_k8s_client_config_loaded_bool ${loaded}`,
    `metallb_k8s_client_config_stale_bool ${stale}`,
  ];
  source.stale();
  expect(await lines(register)).toEqual(page(0, 1));
  source.accepted();
  expect(await lines(register)).toEqual(page(1, 0));
  source.stale();
  expect(await lines(register)).toEqual(page(1, 1));
});

test('controller and speaker in one process count their work together', async () => {
  const register = new Registry();
  const controller = controllerMetrics(register);
  const speaker = speakerMetrics(register);
  controller.processed();
  speaker.updated();
  controller.failed();
  speaker.updateFailed();
  const page = await lines(register);
  expect(page).toContain('metallb_k8s_client_updates_total 2');
  expect(page).toContain('metallb_k8s_client_update_errors_total 2');
});

test('names of Services cannot break the page', async () => {
  const register = new Registry();
  speakerMetrics(register).announced({ ...announced(VIP), service: 'a"b\\c\nd' });
  expect(await register.metrics()).toContain('service="a\\"b\\\\c\\nd"');
});

test('the process and the page itself are measured by the usual names', async () => {
  const register = new Registry();
  processMetrics(register);
  const scrapes = scrapeMetrics(register);
  scrapes.begun();
  const page = await lines(register);
  expect(page).toContain('promhttp_metric_handler_requests_total{code="503"} 0');
  expect(page).toContain('promhttp_metric_handler_requests_in_flight 1');
  for (const name of [
    'process_resident_memory_bytes',
    'process_cpu_seconds_total',
    'process_open_fds',
    'nodejs_eventloop_lag_seconds',
  ]) {
    expect(page.some((line) => line.startsWith(`${name} `))).toBe(true);
  }
  scrapes.answered(200);
  expect(await lines(register)).toContain('promhttp_metric_handler_requests_total{code="200"} 1');
});
