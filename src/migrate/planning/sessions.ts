import type { Session, SessionRoutes } from '../../runtime/bgp/index.ts';
import type { Forecast } from './simulation/forecast.ts';
import type { SessionChange } from './plan-report.ts';
import { placeOf } from './simulation/route-book.ts';

/**
 * The sessions that begin, end, or are reset, by node and peer. What a peer is called means nothing: sessions are matched
 * by all that is agreed with the peer, and those left over by its address and port.
 */
export function compareSessions(before: Forecast, after: Forecast): readonly SessionChange[] {
  const nodes = [...new Set([...before.sessions.keys(), ...after.sessions.keys()])].sort();
  return nodes.flatMap((node) =>
    changesOn(node, sessionsOf(before.sessions.get(node)), sessionsOf(after.sessions.get(node))),
  );
}

function changesOn(
  node: string,
  before: readonly Session[],
  after: readonly Session[],
): readonly SessionChange[] {
  const ended: Session[] = [];
  const begun = [...after];
  for (const session of before) {
    const twin = begun.findIndex((other) => differences(session, other).length === 0);
    if (twin < 0) ended.push(session);
    else begun.splice(twin, 1);
  }
  const changes: SessionChange[] = [];
  for (const session of ended) {
    const peer = placeOf(session);
    const match = begun.findIndex((other) => placeOf(other) === peer);
    const [other] = match < 0 ? [] : begun.splice(match, 1);
    changes.push(
      other === undefined
        ? { node, peer, change: 'ends', because: [] }
        : { node, peer, change: 'is reset', because: differences(session, other) },
    );
  }
  for (const session of begun) {
    changes.push({ node, peer: placeOf(session), change: 'begins', because: [] });
  }
  return changes.sort((a, b) => (a.peer < b.peer ? -1 : Number(a.peer > b.peer)));
}

/** What two sessions do not agree in; passwords are compared and never told. */
function differences(a: Session, b: Session): readonly string[] {
  const [one, other] = [termsOf(a), termsOf(b)];
  const found = [...one].filter(([term, value]) => other.get(term) !== value);
  const { password } = a.peer;
  const same =
    password === undefined ? b.peer.password === undefined : password.equals(b.peer.password);
  return [...found.map(([term]) => term), ...(same ? [] : ['password'])];
}

function termsOf(session: Session): ReadonlyMap<string, string> {
  const { peer, bfd } = session;
  return new Map([
    ['peer', placeOf(session)],
    ['own AS', String(peer.myASN)],
    ['AS', String(peer.peerASN)],
    ['source address', peer.sourceAddress ?? ''],
    ['router ID', peer.routerID ?? ''],
    ['hold time', seconds(peer.holdTimeSeconds)],
    ['keepalive time', seconds(peer.keepaliveTimeSeconds)],
    ['BFD profile', bfd === undefined ? '' : JSON.stringify({ ...bfd, name: undefined })],
    ['multihop', String(peer.ebgpMultiHop)],
    ['VRF', peer.vrf ?? ''],
  ]);
}

function seconds(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

function sessionsOf(routes: readonly SessionRoutes[] = []): readonly Session[] {
  return routes.map(({ session }) => session);
}
