import type { Problem } from '../../model/index.ts';
import type { Family, Prefix } from '../../net/index.ts';
import type { WithholdReason } from '../policy.ts';
import type { TableRow } from '../table.ts';
import type { RunningSession } from './node-sessions.ts';
import type { FamilyObstacle } from './route-outlet.ts';

type Reason = WithholdReason | FamilyObstacle;

const NAMES: Readonly<Record<Family, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };
/** Of peers in one sentence. */
const MOST_NAMED = 5;

/** The wording of the first two is the original's. legacy.md §6.3 */
const PROBLEMS: Readonly<Record<Reason, (prefix: Prefix, peers: string) => Omit<Problem, 'path'>>> =
  {
    ipv6InNativeMode: ({ text }) => ({
      reason: 'bgp-ipv6-in-native-mode',
      message: `cannot advertise non-v4 prefix "${text}"`,
      hint: 'METALLB_BGP_TYPE=frr asks for IPv6 over BGP',
    }),
    tooManyCommunities: ({ text }, peers) => ({
      reason: 'bgp-too-many-communities',
      message: `cannot advertise "${text}" to ${peers}: max supported communities is 63`,
    }),
    noNextHop: ({ text, family }, peers) => ({
      reason: 'bgp-no-next-hop',
      message: `cannot advertise "${text}" to ${peers}: this node has no ${NAMES[family]} address to be the next hop`,
    }),
    familyNotAgreed: ({ text, family }, peers) => ({
      reason: 'bgp-family-not-agreed',
      message: `cannot advertise "${text}" to ${peers}: no ${NAMES[family]} routes are taken there`,
    }),
  };

/**
 * What of these prefixes is not sent though it was asked for. That one peer takes no routes of a family is told only where no
 * other peer takes them: each family has often a peer of its own.
 */
export function withheldRoutes(
  rows: Iterable<TableRow>,
  sessions: readonly RunningSession[],
): readonly Problem[] {
  return [...rows].flatMap(({ prefix, verdicts }) => {
    const peers = new Map<Reason, string[]>();
    let isSent = false;
    for (const [index, { session, outlet }] of sessions.entries()) {
      const verdict = verdicts[index];
      if (verdict === undefined || verdict.kind === 'none') continue;
      const reason = verdict.kind === 'withhold' ? verdict.reason : outlet.obstacles[prefix.family];
      if (reason === undefined) isSent = true;
      else peers.set(reason, [...(peers.get(reason) ?? []), session.peer.name]);
    }
    if (isSent) peers.delete('familyNotAgreed');
    return [...peers].map(([reason, names]) => ({
      path: '',
      ...PROBLEMS[reason](prefix, named(names)),
    }));
  });
}

/** Whether {@link withheldRoutes} can have anything to say of any of these; what is alike is looked at once. */
export function isAnythingWithheld(
  rows: Iterable<TableRow>,
  sessions: readonly RunningSession[],
): boolean {
  const innocent = new Set<TableRow['verdicts']>();
  for (const { prefix, verdicts } of rows) {
    if (innocent.has(verdicts)) continue;
    const isWithheld = sessions.some(({ outlet }, index) => {
      const kind = verdicts[index]?.kind ?? 'none';
      return kind === 'withhold' || (kind === 'send' && outlet.obstacles[prefix.family]);
    });
    if (isWithheld) return true;
    innocent.add(verdicts);
  }
  return false;
}

function named(peers: readonly string[]): string {
  const shown = peers.slice(0, MOST_NAMED).join(', ');
  const more = peers.length - MOST_NAMED;
  const text = more > 0 ? `${shown} and ${more} more` : shown;
  return peers.length === 1 ? `peer ${text}` : `peers ${text}`;
}
