import type { LanHost } from '../../cluster/index.ts';
import type { Stage } from './stage.ts';

/** What led to a takeover: milliseconds from the failure, absent where nobody said so. */
export interface Detection {
  /** The first member that got no answer says so. */
  readonly suspected?: number;
  /** The first member that believes it. */
  readonly lost?: number;
  /** An heir tells everyone; of several addresses, the last. */
  readonly announced?: number;
}

interface Loss {
  readonly owner: LanHost;
  readonly left: readonly LanHost[];
  readonly orphans: readonly string[];
  /** Milliseconds since 1970. */
  readonly began: number;
}

/** Reads the logs of those who are left, and what the prober heard. memberlist-wire.md §22 */
export function detectionOf(stage: Stage, { owner, left, orphans, began }: Loss): Detection {
  const said = left
    .flatMap((node) => stage.speaker(node).lines())
    .map(({ ts, msg, ...facts }) => ({
      // Nanoseconds are more than a Date can read.
      at: Date.parse(`${String(ts).slice(0, 23)}Z`) - began,
      text: `${String(msg)} ${JSON.stringify(facts)}`,
    }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  const firstOf = (what: RegExp): number | undefined =>
    said.find(({ text }) => what.test(text))?.at;
  const heirs = new Set(left.map(({ mac }) => mac));
  const announced = orphans.map(
    (address) =>
      stage.prober.journal.gratuitous.find(
        (heard) => heard.address === address && heard.at >= began && heirs.has(heard.mac),
      )?.at,
  );
  const last = announced.includes(undefined) ? undefined : Math.max(...(announced as number[]));
  return known({
    suspected: firstOf(new RegExp(`Suspect ${owner.name} has failed`)),
    lost: firstOf(new RegExp(`Marking ${owner.name} as failed|"NodeLeave"`)),
    announced: last === undefined ? undefined : last - began,
  });
}

function known(found: { [Name in keyof Detection]: number | undefined }): Detection {
  return Object.fromEntries(Object.entries(found).filter(([, at]) => at !== undefined));
}
