import { isDeepStrictEqual } from 'node:util';
import type { Peer } from '../../model/index.ts';
import type { BgpMode } from '../rules.ts';
import type { Session } from '../session.ts';

/** What a change does to a session that is up, the mildest first. */
export type Disruption =
  | 'none'
  /** Taken over while the session stays. */
  | 'live'
  /** Closed, and opened as it is now: TCP or the OPEN say it, and neither can be said twice. */
  | 'reopen';

export interface SessionChange {
  /** The worst of all fields. */
  readonly disruption: Disruption;
  /** The fields that differ and bring it about. */
  readonly fields: readonly (keyof Peer)[];
}

type Judge = (before: Session, after: Session, mode: BgpMode) => Disruption;

/** One for each field of a peer; docs/operator/bgp.md tells operators the same. */
const JUDGES: Readonly<Record<keyof Peer, Judge>> = {
  name: onDifference('name', 'live'),
  myASN: onDifference('myASN', 'reopen'),
  peerASN: onDifference('peerASN', 'reopen'),
  address: onDifference('address', 'reopen'),
  port: onDifference('port', 'reopen'),
  sourceAddress: onDifference('sourceAddress', 'reopen'),
  routerID: onDifference('routerID', 'reopen'),
  holdTimeSeconds: onDifference('holdTimeSeconds', 'reopen'),
  keepaliveTimeSeconds: onDifference('keepaliveTimeSeconds', 'live'),
  password: onDifference('password', 'reopen'),
  vrf: onDifference('vrf', 'reopen'),
  bfdProfile: (before, after) =>
    before.peer.bfdProfile === after.peer.bfdProfile && isDeepStrictEqual(before.bfd, after.bfd)
      ? 'none'
      : 'live',
  // It sets the TTL, and only FRR mode knows it. legacy.md §6.2, §6.9
  ebgpMultiHop: (before, after, mode) =>
    mode === 'native' || before.peer.ebgpMultiHop === after.peer.ebgpMultiHop ? 'none' : 'reopen',
  // They say whether there is a session at all, and here both sides of the change have one.
  nodeSelectors: () => 'none',
};

const WORST_FIRST = ['reopen', 'live'] as const;

/** What becomes of a session whose configuration changes from one to the other. */
export function changeOf(before: Session, after: Session, mode: BgpMode): SessionChange {
  const fields = Object.keys(JUDGES) as (keyof Peer)[];
  const judged = fields.map((field) => [field, JUDGES[field](before, after, mode)] as const);
  const worst = WORST_FIRST.find((one) => judged.some(([, disruption]) => disruption === one));
  if (worst === undefined) return { disruption: 'none', fields: [] };
  return {
    disruption: worst,
    fields: judged.filter(([, one]) => one === worst).map(([field]) => field),
  };
}

function onDifference(field: keyof Peer, disruption: Disruption): Judge {
  return (before, after) => {
    const [a, b] = [before.peer, after.peer];
    const isSame =
      field === 'password'
        ? (a.password?.equals(b.password) ?? b.password === undefined)
        : a[field] === b[field];
    return isSame ? 'none' : disruption;
  };
}
