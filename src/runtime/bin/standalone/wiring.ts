import { ServiceController, type ServiceStatusWriter } from '../../controller/index.ts';
import type { BgpMode } from '../../bgp/index.ts';
import { Announcer } from '../../layer2/index.ts';
import type { Compat, EndpointView, EventSink } from '../../model/index.ts';
import { TcpDialer, WorkerBfd, WorkerLinkLayer, loadLibc } from '../../platform/index.ts';
import { type Clock, type Logger, type Random, type Task, millis } from '../../platform/ports.ts';
import { Speaker } from '../../speaker/index.ts';
import type { ServiceListener } from '../../standalone/index.ts';
import { localInterfaces } from '../daemon/bgp/interfaces.ts';
import { type BgpParts, makeBgp } from '../daemon/bgp/speaking.ts';

/** What every part of the program is given. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: EventSink;
}

export interface Identity {
  readonly node: string;
  readonly compat: Compat;
  readonly mode: BgpMode;
}

const PURPOSE = 'metal-standalone';
const AF_PACKET = 17;
const SOCK_RAW = 3;
/** There is no metrics page here. */
const unobserved = (): void => undefined;

export function makeController(
  writer: ServiceStatusWriter,
  { compat }: Identity,
  { clock, random, logger, events }: Surroundings,
): ServiceController {
  const observer = {
    processed: unobserved,
    failed: unobserved,
    poolChanged: unobserved,
    poolRemoved: unobserved,
  };
  return new ServiceController(compat, { writer, events, observer, clock, random, log: logger });
}

/** Announces on the named interfaces, or on all that qualify. */
export function makeAnnouncer(
  interfaces: readonly string[] | undefined,
  { clock, logger }: Surroundings,
): Announcer {
  const observer = {
    requestReceived: unobserved,
    responseSent: unobserved,
    gratuitousSent: unobserved,
  };
  // The bundle keeps the thread's program beside this one.
  const entry = new URL('./link-worker.js', import.meta.url);
  const layer = new WorkerLinkLayer({ entry, purpose: PURPOSE, trace: logger.enabled('debug') });
  return new Announcer({ layer, clock, logger, observer, ...(interfaces && { interfaces }) });
}

/** A speaker that knows no other node. */
export function makeSpeaker(
  announcer: Announcer,
  endpointsOf: (key: string) => readonly EndpointView[],
  identity: Identity,
  around: Surroundings,
): { readonly speaker: Speaker; readonly bgp: readonly Task[] } {
  const { clock, logger, events } = around;
  const bgp = makeRoutes(identity, around, () => speaker);
  const observer = {
    updated: unobserved,
    updateFailed: unobserved,
    announced: unobserved,
    withdrawn: unobserved,
  };
  const speaker: Speaker = new Speaker(
    { layer2: announcer, bgp: bgp.speaker, observer, events, endpointsOf, clock, logger },
    identity,
  );
  const { node } = identity;
  speaker.membersChanged({ kind: 'known', nodes: new Set([node]) });
  const labels = { 'kubernetes.io/hostname': node };
  const view = { name: node, labels, networkUnavailable: false };
  speaker.nodeChanged(node, view);
  bgp.placed(view);
  speaker.nodesListed();
  announcer.watchInterfaces((names) => speaker.interfacesChanged(names));
  return { speaker, bgp: bgp.tasks };
}

function makeRoutes(
  { node, compat, mode }: Identity,
  around: Surroundings,
  speaker: () => Speaker,
): BgpParts {
  const entry = new URL('./bfd-worker.js', import.meta.url);
  const session = {
    ...{ state: unobserved, up: unobserved, down: unobserved, messageSent: unobserved },
    ...{ messageReceived: unobserved, malformedUpdate: unobserved, retrySuppressed: unobserved },
    ...{ routes: unobserved, close: unobserved },
  };
  const flags = { gracefulRestart: millis(0), drain: millis(0), ttlSecurity: 0 };
  return makeBgp(
    { node, compat, mode, flags },
    {
      ...around,
      dialer: new TcpDialer(around.clock),
      makeBfd: () => new WorkerBfd({ entry, purpose: PURPOSE }),
      interfaces: localInterfaces,
      observe: () => session,
      bfdObserver: { state: unobserved, counted: unobserved, ended: unobserved },
      withheld: (service, problems) => speaker().withheld(service, problems),
    },
  );
}

/** The speaker's ear for Services. */
export function listenerOf(speaker: Speaker): ServiceListener {
  return {
    changed: (key, view) => speaker.serviceChanged(key, view),
    synced: () => speaker.synced(),
  };
}

/** Why this process can have no raw sockets; `undefined` if it can. */
export async function obstacleToRawSockets(): Promise<string | undefined> {
  try {
    const libc = await loadLibc(PURPOSE);
    const fd = libc.socket(AF_PACKET, SOCK_RAW, 0);
    if (fd >= 0) {
      libc.close(fd);
      return undefined;
    }
    const code = libc.errno();
    return code === 'EPERM' ? 'the capability NET_RAW is missing' : `raw sockets fail: ${code}`;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}
