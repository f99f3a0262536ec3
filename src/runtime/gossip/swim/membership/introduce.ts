import type { Endpoint } from '../../protocol/message.ts';
import type { Member } from '../effect.ts';
import { type Ring, SMALL_RING } from '../ring.ts';
import { type Entry, sameEndpoint } from './table.ts';

/**
 * Tells those known before of whom an exchange of states has just brought. Gossip is sent a few times to whomever chance picks:
 * now and then it passes one by, who then hears of the newcomer only with its own next exchange.
 *
 * @param before - members that counted before
 */
export function introduce(ring: Ring, before: readonly Member[]): void {
  const { table } = ring;
  if (table.size > SMALL_RING || table.members() === before) return;
  const known = new Set(before.map(({ node }) => node));
  const alive = othersAlive(ring);
  const isKnown = ({ node }: Entry): boolean => known.has(node);
  const newcomers = alive.filter((entry) => !isKnown(entry));
  for (const other of alive.filter(isKnown)) {
    for (const newcomer of newcomers) ring.sendBare(other, [ring.claimOf(newcomer)]);
  }
}

/**
 * The same of this member, when others knew a former life of it.
 *
 * @param told - who knows already
 */
export function introduceSelf(ring: Ring, told: Endpoint | undefined): void {
  if (ring.table.size > SMALL_RING) return;
  for (const other of othersAlive(ring)) {
    const isTold = told !== undefined && sameEndpoint(other.endpoint, told);
    if (!isTold) ring.sendBare(other, [ring.ownClaim]);
  }
}

const othersAlive = ({ table, self }: Ring): readonly Entry[] =>
  table.entries().filter((entry) => entry.state === 'alive' && entry !== self);
