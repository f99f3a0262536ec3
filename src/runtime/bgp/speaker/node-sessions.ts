import type { Config } from '../../model/index.ts';
import { familyOf } from '../../net/index.ts';
import type { Logger } from '../../platform/ports.ts';
import type { Stop } from '../fsm/fsm.ts';
import type { Outlet } from '../peering/outlet.ts';
import { AdjRibOut } from '../rib/adj-rib-out.ts';
import type { BgpMode } from '../rules.ts';
import type { Session } from '../session.ts';
import { type NodeAddresses, RouteOutlet } from './route-outlet.ts';
import { type SessionChange, changeOf } from './session-change.ts';
import { pairSessions } from './session-pairs.ts';

/** How a session ends, for the peer to know. */
export type Closing = Omit<Stop, 'type'>;

/** A session that was opened and stays so, connected or not, until it is closed. */
export interface SessionLink {
  /** The same session with settings that can be taken over while it is up. */
  update(session: Session): void;
  /** The outlet has something to send. */
  pull(): void;
  /** Resolves when all of it has left. */
  close(closing: Closing): Promise<void>;
}

/** Starts a session, which gets its UPDATE messages from the outlet; never pulls before it has returned. */
export type OpenSession = (session: Session, outlet: Outlet) => SessionLink;

export interface NodeSessionsPorts {
  readonly open: OpenSession;
  readonly logger: Logger;
  /** A peer is sent a family no longer, or again. */
  readonly onObstacles: () => void;
}

/** One session of the node with all that belongs to it. */
export interface RunningSession {
  readonly session: Session;
  readonly rib: AdjRibOut;
  readonly outlet: RouteOutlet;
  readonly link: SessionLink;
}

/** The sessions of a node, kept in step with its configuration. legacy.md §6.1 */
export class NodeSessions {
  readonly #mode: BgpMode;
  readonly #ports: NodeSessionsPorts;
  #running: readonly RunningSession[] = [];
  #addresses: NodeAddresses = {};
  #settled = false;
  #draining = false;
  /** Sessions that are closed and have something to say yet. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(mode: BgpMode, ports: NodeSessionsPorts) {
    this.#mode = mode;
    this.#ports = ports;
  }

  /** In the order of the sessions that were followed last. */
  get running(): readonly RunningSession[] {
    return this.#running;
  }

  /** Closes, opens and changes sessions until they are the `wanted` ones, which are those of `config`. */
  follow(wanted: readonly Session[], config: Config): void {
    const running = new Map(this.#running.map((one) => [one.session, one]));
    const before = [...running.keys()];
    const { kept, closed, opened } = pairSessions(before, wanted, this.#mode);
    for (const { before: old, change } of closed) {
      const one = running.get(old);
      if (one !== undefined) this.#close(one, config, change);
    }
    const next = new Map<Session, RunningSession>();
    for (const { before: old, after, change } of kept) {
      const one = running.get(old);
      if (one !== undefined) next.set(after, this.#keep(one, after, change));
    }
    for (const session of opened) next.set(session, this.#open(session));
    this.#running = wanted.flatMap((session) => next.get(session) ?? []);
  }

  /** For sessions that are opened from now on. */
  moveTo(addresses: NodeAddresses): void {
    this.#addresses = addresses;
  }

  /** Whether peers may be told that they were told all. */
  settle(settled: boolean): void {
    this.#settled = settled;
    for (const { rib } of this.#running) rib.settle(settled);
  }

  /** Those that are opened from now on are drained from their beginning. */
  drain(): void {
    this.#draining = true;
  }

  async stop(closing: Closing): Promise<void> {
    const running = this.#running;
    this.#running = [];
    const ends = running.map(async ({ link }) => link.close(closing));
    await Promise.all([...ends, ...this.#leaving]);
  }

  #open(session: Session): RunningSession {
    const { peer, kind } = session;
    const { logger, open, onObstacles } = this.#ports;
    logger.info({
      event: 'peerAdded',
      peer: peer.address,
      msg: 'peer configured, starting BGP session',
    });
    const rib = new AdjRibOut(this.#settled);
    if (this.#draining) rib.drain();
    const traits = { family: familyOf(peer.address), internal: kind === 'internal' };
    const outlet = new RouteOutlet(rib, traits, this.#addresses, {
      logger: logger.with({ peer: peer.address }),
      onObstacles,
    });
    return { session, rib, outlet, link: open(session, outlet) };
  }

  #keep(running: RunningSession, session: Session, change: SessionChange): RunningSession {
    if (change.disruption !== 'none') {
      this.#ports.logger.info({
        event: 'peerChanged',
        peer: session.peer.address,
        fields: change.fields,
        msg: 'peer changed, keeping BGP session',
      });
    }
    // Its key may be another by what became of others.
    const isNews = change.disruption !== 'none' || running.session.key !== session.key;
    if (isNews) running.link.update(session);
    return { ...running, session };
  }

  #close({ session, link }: RunningSession, config: Config, change?: SessionChange): void {
    const isConfigured = config.peers.some(
      (peer) => changeOf(session, { ...session, peer }, this.#mode).disruption === 'none',
    );
    this.#ports.logger.info({
      event: 'peerRemoved',
      peer: session.peer.address,
      reason: isConfigured ? 'filteredByNodeSelector' : 'removedFromConfig',
      ...(change !== undefined && { fields: change.fields }),
      msg: 'peer deconfigured, closing BGP session',
    });
    const closing: Closing =
      change === undefined
        ? { subcode: 'peerDeconfigured', reason: undefined }
        : { subcode: 'otherConfigurationChange', reason: undefined };
    const end = link.close(closing).finally(() => this.#leaving.delete(end));
    this.#leaving.add(end);
  }
}
