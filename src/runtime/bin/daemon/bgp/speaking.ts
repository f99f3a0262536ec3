import type { BfdLayer } from '../../../bfd/index.ts';
import {
  type BgpRules,
  BgpSpeaker,
  type Dialer,
  type GracefulRestart,
  type OpenSession,
  type PeeringFeatures,
  type Session,
  type SessionFigures,
  type SessionObserver,
  Turns,
  openPeer,
} from '../../../bgp/index.ts';
import type {
  EventSink,
  NodeView,
  ObjectReference,
  Problem,
  Remark,
} from '../../../model/index.ts';
import { type IpAddress, familyOf } from '../../../net/index.ts';
import type { Clock, Logger, Random, Task } from '../../../platform/ports.ts';
import type { BgpFlags } from '../../flags/index.ts';
import { BfdThread } from './bfd-thread.ts';
import { type BfdGuard, type BfdObserver, BfdWatch, type WatchedPeer } from './bfd-watch.ts';
import { closing, draining } from './farewell.ts';
import type { LocalInterface } from './interfaces.ts';
import { SessionNews } from './session-news.ts';

/** Hears of one BGP session until it is closed, for metrics. */
export interface SessionSeries extends SessionObserver {
  /** How many prefixes the peer is to have, and how many it was sent. */
  routes(counts: Pick<SessionFigures, 'desired' | 'announced'>): void;
  /** Nothing is told of it any more. */
  close(): void;
}

export interface BgpIdentity extends BgpRules {
  readonly node: string;
  readonly flags: BgpFlags;
}

export interface BgpPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly dialer: Dialer;
  readonly makeBfd: () => BfdLayer;
  readonly interfaces: () => readonly LocalInterface[];
  readonly observe: (session: Session) => SessionSeries;
  readonly bfdObserver: BfdObserver;
  /** What of the Service `namespace/name` is not sent though it was asked for; empty: nothing any more. */
  readonly withheld: (service: string, problems: readonly Problem[]) => void;
}

/** All BGP and BFD of the program. */
export interface BgpParts {
  readonly speaker: BgpSpeaker;
  /** The own Node is like this. */
  placed(view: NodeView): void;
  /** Brings the counters up to date. */
  report(): Promise<void>;
  /** Ends what the others end before. */
  readonly tasks: readonly Task[];
  /** What goes on while everything else still runs: the drain. */
  readonly farewell: readonly Task[];
}

export function makeBgp(identity: BgpIdentity, ports: BgpPorts): BgpParts {
  const { clock, logger, events } = ports;
  const { node, flags } = identity;
  const unavailable = (peer: WatchedPeer, reason: string): void =>
    sayUnavailable({ peer, reason, node }, { logger, events });
  const thread: BfdThread = new BfdThread({
    clock,
    logger,
    make: ports.makeBfd,
    watch: () => watch,
  });
  const watch: BfdWatch = new BfdWatch({
    ...ports,
    layer: thread,
    observer: ports.bfdObserver,
    unavailable,
  });
  const running = new Map<string, SessionSeries>();
  const restarts = (): boolean => !speaker.isSettled;
  const open = opener(identity, ports, { watch, running, restarts });
  const speaker: BgpSpeaker = new BgpSpeaker(identity, { ...ports, open });
  return {
    speaker,
    placed: ({ labels, addresses = [] }) =>
      speaker.place({ labels, addresses: byFamily(addresses) }),
    report: async () => {
      await thread.report();
      for (const figures of speaker.figures()) running.get(figures.session.key)?.routes(figures);
    },
    tasks: inTurn(closing(speaker, flags, clock), thread.task),
    farewell: flags.drain > 0 ? [draining(speaker, flags, clock)] : [],
  };
}

/** Both end at the same signal, the second after the first. */
function inTurn(first: Task, second: Task): readonly Task[] {
  const turn = new AbortController();
  const leading = async (signal: AbortSignal): Promise<void> => {
    try {
      await first.run(signal);
    } finally {
      turn.abort(signal.reason);
    }
  };
  return [
    { name: first.name, run: leading },
    { name: second.name, run: async () => await second.run(turn.signal) },
  ];
}

interface Watching {
  readonly watch: BfdWatch;
  /** By the key of the session. */
  readonly running: Map<string, SessionSeries>;
  /** Whether a session that begins now may be one that an earlier run of this program had. */
  readonly restarts: () => boolean;
}

/** Opens sessions that are counted and, while they are up, watched. */
function opener(
  { mode, node: nodeName, flags }: BgpIdentity,
  ports: BgpPorts,
  { watch, running, restarts }: Watching,
): OpenSession {
  const tell = (news: Remark | undefined): void => {
    if (news !== undefined) ports.events.record(nodeNamed(nodeName), news);
  };
  const turns = new Turns(ports.clock);
  return (session, outlet) => {
    let { key } = session;
    const series = ports.observe(session);
    running.set(key, series);
    const forget = (): void => {
      if (running.get(key) === series) running.delete(key);
    };
    const guard = watch.guard(session, () => link.bfdDown());
    const observer = observerOf(series, guard, { news: new SessionNews(session), tell });
    const links = ports.interfaces;
    const features = featuresOf(mode, flags, restarts());
    const peering = { ...ports, turns, links, nodeName, features, observe: () => observer };
    const link = openPeer(peering, session, outlet);
    return {
      update: (changed) => {
        forget();
        ({ key } = changed);
        running.set(key, series);
        link.update(changed);
        guard.update(changed);
      },
      pull: () => link.pull(),
      close: (how) => {
        const closed = link.close(how);
        series.close();
        forget();
        // Later, or the peer hears of the end of BFD first, and takes it for the reason.
        return closed.finally(() => guard.close());
      },
    };
  };
}

/** Passes on what a session tells: to metrics all of it, to BFD when it begins to watch, to people what is news. */
function observerOf(
  series: SessionSeries,
  guard: BfdGuard,
  people: { readonly news: SessionNews; readonly tell: (news: Remark | undefined) => void },
): SessionObserver {
  const { news, tell } = people;
  return {
    state: (state) => series.state(state),
    up: (agreed, local) => {
      series.up(agreed, local);
      tell(news.up());
      guard.up(local);
    },
    down: (reason) => {
      series.down(reason);
      tell(news.down(reason));
    },
    messageSent: (type) => series.messageSent(type),
    messageReceived: (type) => series.messageReceived(type),
    malformedUpdate: () => series.malformedUpdate(),
    retrySuppressed: (wait) => series.retrySuppressed(wait),
  };
}

/** What the original's OPEN has not is said only where something needs it. product.md §5 */
function featuresOf(
  mode: BgpRules['mode'],
  { gracefulRestart, ttlSecurity }: BgpFlags,
  restarted: boolean,
): PeeringFeatures {
  const restart: GracefulRestart = {
    kind: 'gracefulRestart',
    restarted,
    notification: true,
    restartTime: Math.round(gracefulRestart / 1000),
    // Packets are forwarded by the kernel, which this program's end does not concern.
    families: [1, 2].map((afi) => ({ afi, safi: 1, forwarding: true })),
  };
  const isKept = gracefulRestart > 0;
  const kept = isKept && { gracefulRestart: restart };
  return { mode, ttlSecurity, routeRefresh: mode === 'frr', ...kept };
}

function byFamily(addresses: readonly IpAddress[]): { ipv4?: IpAddress; ipv6?: IpAddress } {
  const ipv4 = addresses.find((address) => familyOf(address) === 'ipv4');
  const ipv6 = addresses.find((address) => familyOf(address) === 'ipv6');
  return { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) };
}

function sayUnavailable(
  { peer, reason, node }: { peer: WatchedPeer; reason: string; node: string },
  { logger, events }: { logger: Logger; events: EventSink },
): void {
  const { address } = peer;
  const msg = 'BFD is not to be had, the BGP session goes on without it';
  logger.warn({ op: 'bfd', peer: address, error: reason, msg });
  const message = `the BGP session with ${address} goes on without BFD: ${reason}`;
  events.record(nodeNamed(node), { type: 'Warning', reason: 'bfdUnavailable', message });
}

/** As the kubelet names it, so that both tell their Events of one object. */
function nodeNamed(name: string): ObjectReference {
  return { apiVersion: 'v1', kind: 'Node', namespace: '', name, uid: name };
}
