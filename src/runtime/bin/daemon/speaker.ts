import {
  ApiError,
  EndpointStore,
  type HttpApiClient,
  Informer,
  type Listener,
  coreResource,
  isAllowed,
  listPods,
  serviceView,
} from '../../kube/index.ts';
import { Announcer, type TrafficObserver } from '../../layer2/index.ts';
import type { Compat, EventSink, ServiceView } from '../../model/index.ts';
import { WorkerLinkLayer } from '../../platform/index.ts';
import type { Task } from '../../platform/ports.ts';
import {
  MemberDiscovery,
  type Members,
  type PodLister,
  PodsForbidden,
  Speaker,
  type SpeakerObserver,
} from '../../speaker/index.ts';
import { type Ground, groundOf } from './cluster.ts';
import type { ExcludedInterfaces } from './excluded-interfaces.ts';
import { watchNodes } from './nodes.ts';

interface Surroundings extends Ground {
  readonly client: HttpApiClient;
  readonly events: EventSink;
  readonly observer: SpeakerObserver;
}

export interface SpeakerIdentity {
  readonly node: string;
  readonly compat: Compat;
  readonly lbClass: string;
  readonly ignoreExcludeLb: boolean;
  readonly namespace: string;
  /** `--ml-labels`: how the other speakers are found. */
  readonly podSelector: string;
  readonly slices: 'detect' | 'disabled';
}

export interface SpeakerParts {
  readonly speaker: Speaker;
  /** What tells the speaker about the cluster. */
  readonly watching: readonly Task[];
}

/** The answering of ARP and NDP, in a thread of its own beside the bundle. */
export function makeAnnouncer(
  observer: TrafficObserver,
  excluded: ExcludedInterfaces,
  { clock, logger }: Ground,
): Announcer {
  const entry = new URL('./link-worker.js', import.meta.url);
  const trace = logger.enabled('debug');
  const layer = new WorkerLinkLayer({ entry, purpose: 'metal-speaker', trace });
  return new Announcer({ layer, clock, logger, observer, excluded });
}

/** The speaker, and the copies of the cluster that it decides from. */
export function makeSpeaker(
  announcer: Announcer,
  identity: SpeakerIdentity,
  around: Surroundings,
): SpeakerParts {
  const listed = allOf(['services', 'endpoints', 'nodes'], () => speaker.synced());
  const watching = { ...around, ...groundOf('kube', around) };
  const endpoints = watchEndpoints(identity, watching, {
    changed: (key) => speaker.endpointsChanged(key),
    synced: () => listed('endpoints'),
  });
  const endpointsOf = (key: string) => endpoints.get(key);
  const { clock, events, observer } = around;
  const logger = around.logger.traced('speaker');
  const members = discoverMembers(identity, around, (found) => speaker.membersChanged(found));
  const nodes = watchNodes(identity, watching, {
    changed: (name, view) => speaker.nodeChanged(name, view),
    ownChanged: () => members.trigger(),
    listed: () => speaker.nodesListed(),
    unavailable: () => speaker.nodesUnavailable(),
    begun: () => listed('nodes'),
  });
  const nodesNeeded = () => nodes.need();
  const ports = { layer2: announcer, events, observer, clock, logger, endpointsOf, nodesNeeded };
  const speaker = new Speaker(ports, identity);
  announcer.watchInterfaces((names) => speaker.interfacesChanged(names));
  const services = watchServices(watching, {
    changed: (key, view) => speaker.serviceChanged(key, view),
    synced: () => listed('services'),
  });
  return { speaker, watching: [services, endpoints, ...nodes.tasks, members] };
}

function watchEndpoints(
  { slices }: SpeakerIdentity,
  { client, clock, random, logger }: Surroundings,
  listener: ConstructorParameters<typeof EndpointStore>[0]['listener'],
): EndpointStore {
  return new EndpointStore({ client, clock, random, logger, slices, listener });
}

function watchServices(
  { client, clock, random, logger }: Surroundings,
  listener: Listener<ServiceView>,
): Task {
  const resource = coreResource('services');
  const project = serviceView;
  return new Informer({ client, clock, random, logger, resource, project, listener });
}

function discoverMembers(
  { node, namespace, podSelector }: SpeakerIdentity,
  { client, clock, random, logger }: Surroundings,
  changed: (members: Members) => void,
): MemberDiscovery {
  const pods = podLister(client, namespace);
  const self = { node, podSelector, ...podNameIn(process.env) };
  return new MemberDiscovery({ pods, clock, random, logger, changed }, self);
}

function podLister(client: HttpApiClient, namespace: string): PodLister {
  return {
    listPods: async (selector) => {
      try {
        return await listPods(client, namespace, selector);
      } catch (error) {
        if (error instanceof ApiError && error.code === 403) throw new PodsForbidden(error.message);
        throw error;
      }
    },
    mayListPods: () => isAllowed(client, 'list', coreResource('pods', namespace)),
  };
}

/** Set by manifests that ask for it; without it the own Pod is told by its node. */
function podNameIn({ METALLB_POD_NAME: podName }: NodeJS.ProcessEnv): { podName?: string } {
  return podName === undefined || podName === '' ? {} : { podName };
}

/** Calls `done` once all of `names` have been reported. */
function allOf(names: readonly string[], done: () => void): (name: string) => void {
  const missing = new Set(names);
  return (name) => {
    if (missing.delete(name) && missing.size === 0) done();
  };
}
