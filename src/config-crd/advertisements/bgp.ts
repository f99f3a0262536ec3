import {
  type BgpAdvertisement,
  EVERYTHING,
  type Labels,
  goQuote,
} from '../../runtime/model/index.ts';
import type { Resource } from '../objects/collect.ts';
import { followsLegacyRules } from '../objects/legacy-rules.ts';
import type { BgpSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';
import { refuseRepeated, refuseRepeatedSelectors } from '../selectors/duplicates.ts';
import { parseSelectors } from '../selectors/selectors.ts';
import type { ParsedPool } from '../pools/pool.ts';
import type { Aliases } from './community.ts';
import { type Coverable, coveredPools } from './coverage.ts';
import { checkAggregation, parseRoute } from './route.ts';

/** A BGPAdvertisement and what it is for. */
export interface Announcement {
  readonly name: string;
  readonly advertisement: BgpAdvertisement;
  readonly pools: readonly ParsedPool[];
  readonly place: Place;
  /** It is held to what v0.12 took of it. */
  readonly legacyRules: boolean;
}

export interface BgpFacts extends Coverable {
  readonly aliases: Aliases;
  readonly peerNames: ReadonlySet<string>;
}

/** The BGPAdvertisements by name. A pool that one covers by name and by selector has it once. crd.md §2.3–2.5 */
export function parseAnnouncements(
  resources: readonly Resource<BgpSpec>[],
  facts: BgpFacts,
): readonly Announcement[] {
  return resources.map(({ name, annotations, spec, place }) => {
    const at = place.at('spec');
    refuseRepetition(spec, at);
    const parsed = parseRoute(spec, facts.aliases, at);
    const { isSound } = parsed;
    const route = { ...parsed.route, ...zeroLength(annotations) };
    const selectors = parseSelectors(
      spec.nodeSelectors,
      at.at('nodeSelectors'),
      (selector) =>
        `Failed to parse node selector for ${name}: Invalid label selector ${selector}: `,
    );
    const pools = coveredPools(spec, at, facts);
    if (isSound) {
      const entries = pools.map((pool) => pool.entries);
      checkAggregation(route, entries, at);
    }
    warnOfUnknownPeers(spec.peers ?? [], at.at('peers'), facts.peerNames);
    const advertisement = {
      ...route,
      peers: [...new Set(spec.peers)].sort(),
      nodeSelectors: selectors.length === 0 ? [EVERYTHING] : selectors,
    };
    return { name, advertisement, pools, place, legacyRules: followsLegacyRules(annotations) };
  });
}

const AGGREGATION_LENGTH = 'metal-lb.io/aggregation-length';

/** The one length of the legacy dialect that the field cannot say: all of IPv4 as one route. crd.md §1.3 */
function zeroLength(annotations: Labels): Partial<Pick<BgpAdvertisement, 'aggregationLength'>> {
  return annotations[AGGREGATION_LENGTH] === '0' ? { aggregationLength: 0 } : {};
}

function refuseRepetition(spec: BgpSpec, place: Place): void {
  refuseRepeated(spec.ipAddressPools, 'ipAddressPools', place.at('ipAddressPools'));
  refuseRepeated(spec.communities, 'community', place.at('communities'));
  refuseRepeated(spec.peers, 'peers', place.at('peers'));
  for (const key of ['ipAddressPoolSelectors', 'nodeSelectors'] as const) {
    refuseRepeatedSelectors(spec[key], key, place.at(key));
  }
}

/** The original never looks whether there are such peers. */
function warnOfUnknownPeers(
  names: readonly string[],
  place: Place,
  known: ReadonlySet<string>,
): void {
  names.forEach((name, index) => {
    if (known.has(name)) return;
    const message = `there is no BGPPeer ${goQuote(name)}`;
    const didYouMean = place.nearest(name, known);
    place.at(index).warn({ reason: 'unknown-peer', message, didYouMean });
  });
}
