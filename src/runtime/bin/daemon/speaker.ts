import {
  EndpointStore,
  type HttpApiClient,
  Informer,
  type Listener,
  announcedView,
  coreResource,
} from '../../kube/index.ts';
import {
  Announcer,
  type ConflictObserver,
  type Rivals,
  type TrafficObserver,
} from '../../layer2/index.ts';
import type { AnnouncedView, Compat, EventSink } from '../../model/index.ts';
import { WorkerLinkLayer } from '../../platform/index.ts';
import type { Task } from '../../platform/ports.ts';
import { Speaker, type SpeakerObserver, type Stations } from '../../speaker/index.ts';
import type { Layer2Flags } from '../flags/index.ts';
import { type Ground, groundOf } from './cluster.ts';
import type { BgpParts } from './bgp/speaking.ts';
import type { ExcludedInterfaces } from './excluded-interfaces.ts';
import { watchNodes } from './nodes.ts';
import { type MembersPlan, type RingMetrics, findMembers } from './ring/members.ts';

interface Surroundings extends Ground {
  readonly client: HttpApiClient;
  readonly events: EventSink;
  readonly observer: SpeakerObserver;
  readonly stations: Stations;
  readonly bgp: Pick<BgpParts, 'speaker' | 'placed'>;
  /** Called where there is a ring to be counted. */
  readonly ringMetrics: () => RingMetrics;
}

export interface SpeakerIdentity extends MembersPlan {
  readonly compat: Compat;
  readonly lbClass: string;
  readonly ignoreExcludeLb: boolean;
  readonly slices: 'detect' | 'disabled';
}

export interface SpeakerParts {
  readonly speaker: Speaker;
  /** The speaker's part in the ring: it is left once the speaker has handed over. */
  readonly ring: readonly Task[];
  /** What tells the speaker about the cluster. */
  readonly watching: readonly Task[];
}

/** What the announcer asks and tells. */
export interface AnnouncerSurroundings {
  readonly observer: TrafficObserver;
  readonly excluded: ExcludedInterfaces;
  readonly conflicts: { readonly rivals: Rivals; readonly observer: ConflictObserver };
}

/** The answering of ARP and NDP, in a thread of its own beside the bundle. */
export function makeAnnouncer(
  around: AnnouncerSurroundings,
  { announceInterval, probeAddresses }: Layer2Flags,
  { clock, random, logger }: Ground,
): Announcer {
  const entry = new URL('./link-worker.js', import.meta.url);
  const trace = logger.enabled('debug');
  const layer = new WorkerLinkLayer({ entry, purpose: 'metal-speaker', trace });
  return new Announcer({
    ...{ ...around, layer, clock, logger },
    announceEvery: announceInterval > 0 ? announceInterval : undefined,
    probeFirst: probeAddresses ? random : undefined,
  });
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
  const ground = { ...around, logger, announcer };
  const members = findMembers(identity, ground, {
    changed: (found) => speaker.membersChanged(found),
    joined: () => speaker.memberJoined(),
  });
  const nodes = watchNodes(identity, watching, {
    changed: (name, view) => {
      speaker.nodeChanged(name, view);
      if (name === identity.node && view !== undefined) around.bgp.placed(view);
    },
    ownChanged: () => members.nodeChanged(),
    listed: () => speaker.nodesListed(),
    unavailable: () => speaker.nodesUnavailable(),
    begun: () => listed('nodes'),
  });
  const nodesNeeded = () => nodes.need();
  const able = () => members.able();
  const heralded = { layer2: announcer, bgp: around.bgp.speaker, events, observer, clock, logger };
  const leave = () => members.leave();
  const ports = { ...heralded, endpointsOf, nodesNeeded, able, leave };
  const speaker = new Speaker(ports, identity);
  announcer.watchInterfaces((names) => speaker.interfacesChanged(names));
  const services = watchServices(watching, {
    changed: (key, view) => speaker.serviceChanged(key, view),
    synced: () => listed('services'),
  });
  const tasks = [services, endpoints, ...nodes.tasks, ...members.watching];
  return { speaker, ring: members.ring, watching: tasks };
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
  listener: Listener<AnnouncedView>,
): Task {
  const resource = coreResource('services');
  const project = announcedView;
  return new Informer({ client, clock, random, logger, resource, project, listener });
}

/** Calls `done` once all of `names` have been reported. */
function allOf(names: readonly string[], done: () => void): (name: string) => void {
  const missing = new Set(names);
  return (name) => {
    if (missing.delete(name) && missing.size === 0) done();
  };
}
