import type { AdvertisementEntry } from '../../../config-legacy/index.ts';
import type { BgpAdvertisement } from '../../../runtime/model/index.ts';
import type { Family } from '../../../runtime/net/index.ts';
import { Fields, type Origin, type Path } from '../drafts/draft.ts';
import { AGGREGATION_LENGTH, type Making } from '../drafts/making.ts';
import { type Aliases, convertCommunities } from './community-texts.ts';

type Lengths = Pick<BgpAdvertisement, 'aggregationLength' | 'aggregationLengthV6'>;
export type LengthKey = keyof Lengths;

/** One of a pool's ways to be announced over BGP, as a spec without its pools. */
export interface Route {
  readonly lengths: Lengths;
  readonly localPref: number;
  readonly communities: readonly string[];
  /** Lengths that are to be written, being those that the document writes. */
  readonly explicit: ReadonlySet<LengthKey>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Targets start in the object. */
  readonly origins: readonly Origin[];
}

const LENGTHS: readonly {
  readonly key: 'aggregation-length' | 'aggregation-length-v6';
  readonly name: LengthKey;
  readonly family: Family;
  /** What the field takes. crd.md §1.3 */
  readonly least: number;
}[] = [
  { key: 'aggregation-length', name: 'aggregationLength', family: 'ipv4', least: 1 },
  { key: 'aggregation-length-v6', name: 'aggregationLengthV6', family: 'ipv6', least: 0 },
];

export const DEFAULT_LENGTHS: Lengths = { aggregationLength: 32, aggregationLengthV6: 128 };

export const DEFAULT_ROUTE: Route = {
  lengths: DEFAULT_LENGTHS,
  localPref: 0,
  communities: [],
  explicit: new Set(),
  annotations: {},
  origins: [],
};

interface RouteFacts {
  readonly families: ReadonlySet<Family>;
  readonly aliases: Aliases;
  readonly making: Making;
}

/** What one of `bgp-advertisements` says. legacy.md §1.10 */
export function convertRoute(entry: AdvertisementEntry, source: Path, facts: RouteFacts): Route {
  const fields = new Fields(source, ['spec']);
  const annotations = new Fields(source, ['metadata', 'annotations']);
  const lengths: Record<LengthKey, number> = { ...DEFAULT_LENGTHS };
  const explicit = new Set<LengthKey>();
  for (const { key, name, family, least } of LENGTHS) {
    const written = entry[key];
    if (written === undefined) continue;
    if (written.value >= least) {
      lengths[name] = written.value;
      explicit.add(name);
      fields.set(name, written.value, key, written);
    } else if (facts.families.has(family)) {
      lengths[name] = written.value;
      annotations.set(AGGREGATION_LENGTH, String(written.value), key, written);
      refuseZero({ source: [...source, key], span: written.span }, facts.making);
    } else warnOfUnused(key, { source: [...source, key], span: written.span }, facts.making);
  }
  const preference = entry.localpref?.value ?? 0;
  fields.set('localPref', preference === 0 ? undefined : preference, 'localpref', entry.localpref);
  const communities = convertCommunities(entry, fields, { source, ...facts });
  return {
    lengths,
    localPref: preference,
    communities,
    explicit,
    annotations: annotations.values as Record<string, string>,
    origins: [{ source, span: entry.span, target: [] }, ...fields.origins, ...annotations.origins],
  };
}

interface Place {
  readonly source: Path;
  readonly span: Origin['span'];
}

function refuseZero(place: Place, { target, report }: Making): void {
  if (target === 'metal-lb') return;
  report.refuse({
    ...place,
    reason: 'aggregation-length-zero',
    message: 'aggregation-length 0 makes one route of all of IPv4; the CRDs of v0.13 begin at 1',
    hint: 'write the addresses as 0.0.0.0/1 and 128.0.0.0/1, with an aggregation-length of 1',
  });
}

function warnOfUnused(key: string, place: Place, { report }: Making): void {
  const message = `the pool has no addresses that ${key} is for, and no resource can say it: it is left out`;
  report.warn({ ...place, reason: 'irrelevant-field-dropped', message });
}
