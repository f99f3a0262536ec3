#!/usr/bin/env -S node --max-semi-space-size=1 --max-old-space-size=256 --optimize-for-size --v8-pool-size=1
/** metal-speaker: answers for the addresses of Services on this node. legacy.md §4, §5 */
import type { HttpApiClient } from '../kube/index.ts';
import type { Announcer, ConflictObserver, Rivals } from '../layer2/index.ts';
import {
  bfdMetrics,
  bgpMetrics,
  conflictMetrics,
  isolationMetric,
  layer2Metrics,
  memberEventMetric,
  ringMetrics,
  speakerMetrics,
} from '../metrics/index.ts';
import { type Task, millis, seconds } from '../platform/ports.ts';
import type { EventSink } from '../model/index.ts';
import { TcpDialer, WorkerBfd } from '../platform/index.ts';
import { Stations } from '../speaker/index.ts';
import { localInterfaces } from './daemon/bgp/interfaces.ts';
import { type BgpParts, makeBgp } from './daemon/bgp/speaking.ts';
import { connect, groundOf, recordEvents } from './daemon/cluster.ts';
import { makeConfiguration } from './daemon/configuration.ts';
import {
  type Daemon,
  leave,
  makeDaemon,
  orFail,
  runDaemon,
  serveMetrics,
  surroundings,
} from './daemon/daemon.ts';
import { saveMemory } from './daemon/engine.ts';
import { type ExcludedInterfaces, excludedInterfaces } from './daemon/excluded-interfaces.ts';
import type { RingMetrics } from './daemon/ring/members.ts';
import { kernelNeighbors } from './daemon/ring/neighbors.ts';
import { type SpeakerOptions, speakerOptions } from './flags/index.ts';
import {
  type SpeakerIdentity,
  type SpeakerParts,
  makeAnnouncer,
  makeSpeaker,
} from './daemon/speaker.ts';
import { deliverEvents } from './daemon/tasks.ts';

/** Pods of speakers are given two seconds to end. legacy.md §7.5. Before the program begins, which needs it at its end. */
const GRACE = seconds(1.8);

saveMemory(process.version);
const line = speakerOptions(process.argv.slice(2), await surroundings());
if (line.kind === 'exit') await leave(line, 'metal-speaker');
else await main(line.options);

async function main(options: SpeakerOptions): Promise<void> {
  const daemon = makeDaemon('speaker', options.logLevel);
  const client = await orFail(daemon, 'failed to create k8s client', () =>
    connect(options.kubeconfig, daemon),
  );
  if (client === 'failed') return;
  const excluded = await orFail(daemon, 'failed to read the interfaces to exclude', () =>
    excludedInterfaces(options.compat),
  );
  if (excluded !== 'failed') await announce(options, { ...daemon, excluded }, client);
  client.close();
  // What lingers, as the connection of a BGP peer that takes nothing, must not keep the process.
  process.exit();
}

async function announce(
  options: SpeakerOptions,
  daemon: Daemon & { readonly excluded: ExcludedInterfaces },
  client: HttpApiClient,
): Promise<void> {
  const { register } = daemon;
  const { namespace, config, compat, mode, nodeName } = options;
  const events = recordEvents(client, 'metallb-speaker', groundOf('events', daemon), nodeName);
  const stations = new Stations(daemon.clock, kernelNeighbors(daemon.clock, daemon.logger));
  const announcer = announcerOf(options, { ...daemon, stations }, () => parts.speaker);
  const bgp = bgpOf(options, { ...daemon, events }, () => parts.speaker);
  const refresh = () => allOf([announcer.report(), bgp.report()]);
  const gauges = speakerMetrics(register);
  const withdrawn: typeof gauges.withdrawn = (address) => {
    gauges.withdrawn(address);
    configuration.keeper.retry();
  };
  const observer = { ...gauges, withdrawn };
  const parts = makeSpeaker(announcer, identityOf(options), {
    ...daemon,
    ...{ client, events, observer, stations, bgp },
    ringMetrics: () => ringMetricsOf(register),
  });
  const configuration = makeConfiguration(
    {
      source: options.source,
      namespace,
      config,
      compat,
      legacyMode: mode,
      resourceMode: mode,
      withoutWaiting: false,
    },
    daemon,
    { client, events, consumer: parts.speaker },
  );
  await runDaemon(
    [
      [metricsPage(options, daemon, refresh), deliverEvents(events)],
      [announcer, ...bgp.tasks],
      parts.ring,
      [parts.speaker],
      [...configuration.tasks, ...parts.watching],
      bgp.farewell,
    ],
    daemon,
    millis(GRACE + options.bgp.drain),
  );
  configuration.close();
}

function metricsPage(
  { host, port, enablePprof: profiling }: SpeakerOptions,
  daemon: Daemon,
  refresh: () => Promise<void>,
): Task {
  return serveMetrics({ host, port, profiling, refresh }, daemon);
}

async function allOf(reports: readonly Promise<void>[]): Promise<void> {
  await Promise.all(reports);
}

function ringMetricsOf(register: Daemon['register']): RingMetrics {
  const ring = ringMetrics(register);
  const events = memberEventMetric(register);
  return { ring, events, isolation: isolationMetric(register) };
}

/** Who else speaks for an address is judged by the ring and by the order of election. */
function announcerOf(
  { layer2 }: SpeakerOptions,
  daemon: Daemon & { readonly excluded: ExcludedInterfaces; readonly stations: Stations },
  speaker: () => SpeakerParts['speaker'],
): Announcer {
  const { register, excluded, stations } = daemon;
  const gauges = conflictMetrics(register);
  const observer: ConflictObserver = {
    found: (conflict) => {
      gauges.found(conflict);
      speaker().conflictFound(conflict);
    },
    ended: (conflict) => gauges.ended(conflict),
  };
  const rivals = {
    stationOf: (mac) => stations.stationOf(mac),
    isMember: (node) => stations.isMember(node),
    ringChangedAt: () => stations.ringChangedAt(),
    outranks: (node, service) => speaker().outranks(node, service),
  } satisfies Rivals;
  const around = { observer: layer2Metrics(register), excluded, conflicts: { rivals, observer } };
  return makeAnnouncer(around, layer2, groundOf('layer2', daemon));
}

/** BGP, and BFD in a thread of its own beside the bundle, which is started where a session needs it. */
function bgpOf(
  { nodeName: node, compat, mode, bgp: flags }: SpeakerOptions,
  { events, register, ...daemon }: Daemon & { readonly events: EventSink },
  speaker: () => SpeakerParts['speaker'],
): BgpParts {
  const ground = groundOf('bgp', daemon);
  const rules = { compat, mode };
  const entry = new URL('./bfd-worker.js', import.meta.url);
  const series = bgpMetrics(register, rules);
  return makeBgp(
    { ...rules, node, flags },
    {
      ...ground,
      events,
      dialer: new TcpDialer(ground.clock),
      makeBfd: () => new WorkerBfd({ entry, purpose: 'metal-speaker' }),
      interfaces: localInterfaces,
      observe: (session) => series.of(session),
      bfdObserver: bfdMetrics(register, rules),
      withheld: (service, problems) => speaker().withheld(service, problems),
    },
  );
}

function identityOf(options: SpeakerOptions): SpeakerIdentity {
  const { nodeName: node, compat, lbClass, ignoreExcludeLb, namespace } = options;
  const { memberlist, mlKeyBytes: keyBytes } = options;
  const slices = options.disableEndpointSlices ? 'disabled' : 'detect';
  return { node, compat, lbClass, ignoreExcludeLb, namespace, memberlist, keyBytes, slices };
}
