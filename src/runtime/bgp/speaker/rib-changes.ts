import type { Verdict } from '../policy.ts';
import type { Attributes } from '../attributes.ts';
import type { AdjRibOut } from '../rib/adj-rib-out.ts';
import { attributesIn } from '../table.ts';
import type { RunningSession } from './node-sessions.ts';

/** What one peer is to have of a prefix from now on. */
export interface RibChange {
  readonly rib: AdjRibOut;
  /** Absent: nothing. */
  readonly attributes: Attributes | undefined;
}

type Verdicts = readonly Verdict[];

/**
 * Says which peers have to be told something where the verdicts on a prefix change. The same question is answered at once: a
 * node has many prefixes, and few ways in which they are announced.
 *
 * @param before - the sessions of the verdicts before, in their order; those that stay have the same Adj-RIB-Out
 * @param after - the sessions of the verdicts after
 */
export function ribChanges(
  before: readonly RunningSession[],
  after: readonly RunningSession[],
): (old: Verdicts, now: Verdicts) => readonly RibChange[] {
  const places = new Map(before.map(({ rib }, index) => [rib, index]));
  const answers = new Map<Verdicts, Map<Verdicts, readonly RibChange[]>>();
  const compare = (old: Verdicts, now: Verdicts): readonly RibChange[] =>
    after.flatMap(({ rib }, index) => {
      const place = places.get(rib);
      const was = place === undefined ? undefined : attributesIn(old[place]);
      const attributes = attributesIn(now[index]);
      return was?.text === attributes?.text ? [] : [{ rib, attributes }];
    });
  return (old, now) => {
    const known = answers.get(old) ?? new Map<Verdicts, readonly RibChange[]>();
    const answer = known.get(now) ?? compare(old, now);
    answers.set(old, known.set(now, answer));
    return answer;
  };
}
