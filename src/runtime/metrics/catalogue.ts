import { Counter, Gauge, type Registry, collectDefaultMetrics } from 'prom-client';
import type { ControllerObserver } from '../controller/index.ts';
import type { TrafficObserver } from '../layer2/index.ts';
import type { AgreementObserver, SourceObserver } from '../sources/index.ts';
import type { CoverageObserver } from '../status/index.ts';
import type { SpeakerObserver } from '../speaker/index.ts';
import { AnnouncedGauge } from './announced-gauge.ts';

/**
 * Names and labels are a contract with dashboards and alerts: add, never edit. legacy.md §8.3
 *
 * `metallb_allocator_services_allocated_total` is not here: the original registers it and never sets it, so that no
 * page ever showed it. Those of BGP and BFD come with their parts.
 */
export function controllerMetrics(register: Registry): ControllerObserver {
  const work = workMetrics(register);
  const perPool = { labelNames: ['pool'] as const, registers: [register] };
  const total = new Gauge({
    name: 'metallb_allocator_addresses_total',
    help: 'Addresses a pool can give',
    ...perPool,
  });
  const inUse = new Gauge({
    name: 'metallb_allocator_addresses_in_use_total',
    help: 'Distinct addresses of a pool in use; one shared by several Services counts once',
    ...perPool,
  });
  return {
    processed: () => work.updates.inc(),
    failed: () => work.errors.inc(),
    poolChanged: (usage) => {
      total.set({ pool: usage.pool }, Number(usage.capacity));
      inUse.set({ pool: usage.pool }, usage.inUse);
    },
    poolRemoved: (pool) => [total, inUse].forEach((gauge) => gauge.remove({ pool })),
  };
}

/** How full the pools are by family, as releases from v0.14.2 on tell. crd.md §3.6 */
export function familyMetrics(
  register: Registry,
): Pick<ControllerObserver, 'poolChanged' | 'poolRemoved'> {
  const gauges = (['ipv4', 'ipv6'] as const).map((family) => {
    const what = family === 'ipv4' ? 'IPv4' : 'IPv6';
    const perPool = { labelNames: ['pool'] as const, registers: [register] };
    const total = new Gauge({
      name: `metallb_allocator_${family}_addresses_total`,
      help: `${what} addresses a pool can give`,
      ...perPool,
    });
    const inUse = new Gauge({
      name: `metallb_allocator_${family}_addresses_in_use_total`,
      help: `Distinct ${what} addresses of a pool in use`,
      ...perPool,
    });
    return { family, total, inUse };
  });
  return {
    poolChanged: ({ pool, families }) => {
      for (const { family, total, inUse } of gauges) {
        total.set({ pool }, Number(families[family].capacity));
        inUse.set({ pool }, families[family].inUse);
      }
    },
    poolRemoved: (pool) => {
      for (const { total, inUse } of gauges) [total, inUse].forEach((one) => one.remove({ pool }));
    },
  };
}

/** Not on the page until there is a pool that no advertisement covers, which the legacy dialect cannot say. */
export function coverageMetrics(register: Registry): CoverageObserver {
  const name = 'metallb_allocator_services_unadvertised';
  const help =
    'Services with addresses of a pool that no advertisement covers: nobody announces them';
  const gauge = (): Gauge<'pool'> => {
    const known = register.getSingleMetric(name);
    if (known instanceof Gauge) return known;
    return new Gauge({ name, help, labelNames: ['pool'] as const, registers: [register] });
  };
  return {
    uncovered: (pool, services) => gauge().set({ pool }, services),
    covered: (pool) => gauge().remove({ pool }),
  };
}

export function speakerMetrics(register: Registry): SpeakerObserver {
  const work = workMetrics(register);
  const announced = new AnnouncedGauge(register);
  return {
    updated: () => work.updates.inc(),
    updateFailed: () => work.errors.inc(),
    announced: (address) => announced.add(address),
    withdrawn: (address) => announced.delete(address),
  };
}

/** NDP counts here too, as in the original. */
export function layer2Metrics(register: Registry): TrafficObserver {
  const perAddress = { labelNames: ['ip'] as const, registers: [register] };
  const received = new Counter({
    name: 'metallb_layer2_requests_received',
    help: 'ARP and NDP requests received for addresses announced here',
    ...perAddress,
  });
  const sent = new Counter({
    name: 'metallb_layer2_responses_sent',
    help: 'ARP and NDP responses sent for addresses announced here',
    ...perAddress,
  });
  const gratuitous = new Counter({
    name: 'metallb_layer2_gratuitous_sent',
    help: 'Unsolicited ARP and NDP announcements sent',
    ...perAddress,
  });
  return {
    requestReceived: (ip, count) => received.inc({ ip }, count),
    responseSent: (ip, count) => sent.inc({ ip }, count),
    gratuitousSent: (ip, count) => gratuitous.inc({ ip }, count),
  };
}

/** Not on the page until there are two sources to compare: an alert on 0 must not fire where there is one. */
export function agreementMetric(register: Registry): AgreementObserver {
  const name = 'metallb_config_sources_agree';
  return {
    agreement: (agree) => {
      const known = register.getSingleMetric(name);
      if (agree === undefined) {
        if (known !== undefined) register.removeSingleMetric(name);
        return;
      }
      const help =
        '1 while the ConfigMap and the v0.13 resources say the same, 0 while they differ';
      const gauge =
        known instanceof Gauge ? known : new Gauge({ name, help, registers: [register] });
      gauge.set(agree ? 1 : 0);
    },
  };
}

export function sourceMetrics(register: Registry): SourceObserver {
  const loaded = new Gauge({
    name: 'metallb_k8s_client_config_loaded_bool',
    help: '1 once a configuration has been taken into force',
    registers: [register],
  });
  const stale = new Gauge({
    name: 'metallb_k8s_client_config_stale_bool',
    help: '1 while the latest configuration is refused or missing and an older one stays in force',
    registers: [register],
  });
  return {
    accepted: () => {
      loaded.set(1);
      stale.set(0);
    },
    stale: () => stale.set(1),
  };
}

/** The `process_*` families every client library has, and Node's own instead of `go_*`. */
export function processMetrics(register: Registry): void {
  // The library's 10 ms would wake an idle process a hundred times a second.
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 100 });
}

/** What the page counts about itself, by the names Go's client uses. */
export interface ScrapeObserver {
  begun(): void;
  answered(code: 200 | 500): void;
}

export function scrapeMetrics(register: Registry): ScrapeObserver {
  const requests = new Counter({
    name: 'promhttp_metric_handler_requests_total',
    help: 'Scrapes answered, by HTTP status code',
    labelNames: ['code'] as const,
    registers: [register],
  });
  const inFlight = new Gauge({
    name: 'promhttp_metric_handler_requests_in_flight',
    help: 'Scrapes being served',
    registers: [register],
  });
  for (const code of [200, 500, 503]) requests.inc({ code }, 0);
  return {
    begun: () => inFlight.inc(),
    answered: (code) => {
      inFlight.dec();
      requests.inc({ code });
    },
  };
}

/** Controller and speaker count alike; in one process they share the counters. */
function workMetrics(register: Registry): { updates: Counter; errors: Counter } {
  return {
    updates: sharedCounter(register, 'metallb_k8s_client_updates_total', 'Changes handled'),
    errors: sharedCounter(
      register,
      'metallb_k8s_client_update_errors_total',
      'Changes whose handling ended in an error',
    ),
  };
}

function sharedCounter(register: Registry, name: string, help: string): Counter {
  const known = register.getSingleMetric(name);
  return known instanceof Counter ? known : new Counter({ name, help, registers: [register] });
}
