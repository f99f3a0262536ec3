import { familyOf } from '../../net/index.ts';
import type { Clock, Link, Logger, Random } from '../../platform/ports.ts';
import type { Session } from '../session.ts';
import type { SessionLink } from '../speaker/node-sessions.ts';
import type { Dialer } from './dialer.ts';
import type { SessionObserver } from './observer.ts';
import type { Outlet } from './outlet.ts';
import { PeerSession } from './peer-session.ts';
import { isNone, routerIdOf } from './router-id.ts';
import { type PeeringFeatures, peerSettings } from './settings.ts';
import type { Turns } from './turns.ts';

/** What the sessions of a node have in common. */
export interface Peering {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly random: Random;
  readonly logger: Logger;
  readonly features: PeeringFeatures;
  readonly nodeName: string;
  /** The interfaces of the node, as they are now. */
  readonly links: () => readonly Pick<Link, 'addresses' | 'linkLocal'>[];
  readonly observe: (session: Session) => SessionObserver;
}

/** A session that runs. */
export interface PeerLink extends SessionLink {
  /** BFD says that the peer is gone. */
  bfdDown(): void;
}

/** Starts a session of the node. */
export function openPeer(peering: Peering, session: Session, outlet: Outlet): PeerLink {
  const { features, links, nodeName, observe } = peering;
  const { routerID, myASN, peerASN } = session.peer;
  const logger = peering.logger.with({ peer: peerLabel(session), localASN: myASN, peerASN });
  if (routerID !== undefined && isNone(routerID)) {
    const msg = 'router-id 0.0.0.0 identifies nobody, using one of this node';
    logger.warn({ event: 'routerIdIgnored', msg });
  }
  const running = new PeerSession(peerSettings(session, features), {
    ...peering,
    logger,
    observer: observe(session),
    outlet,
    routerId: (local) => routerIdOf({ configured: routerID, local, links: links(), nodeName }),
  });
  running.start();
  return {
    update: ({ peer }) => running.changeKeepaliveTime(peer.keepaliveTimeSeconds),
    pull: () => running.pull(),
    close: (closing) => running.stop(closing),
    bfdDown: () => running.bfdDown(),
  };
}

/** As log lines and metrics name a peer. legacy.md §6.2, §6.7 */
export function peerLabel({ peer: { address, port } }: Session): string {
  return familyOf(address) === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
