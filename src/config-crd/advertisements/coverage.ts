import { anySelects, goQuote } from '../../runtime/model/index.ts';
import type { CoverageSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';
import type { ParsedPool } from '../pools/pool.ts';
import { parseSelectors } from '../selectors/selectors.ts';

/** What an advertisement may be for. */
export interface Coverable {
  /** The IPAddressPools, by name, ascending. */
  readonly pools: ReadonlyMap<string, ParsedPool>;
  /** Names of all of them, those included that could not be read. */
  readonly poolNames: ReadonlySet<string>;
  /** AddressPools, which no advertisement reaches. */
  readonly addressPoolNames: ReadonlySet<string>;
}

/**
 * The pools that an advertisement is for, each once, by name: those it names and those it selects; all where it does
 * neither. crd.md §2.3
 *
 * The original passes over names that it does not know and selectors that match nothing. Here both are warnings.
 */
export function coveredPools(
  { ipAddressPools = [], ipAddressPoolSelectors = [] }: CoverageSpec,
  place: Place,
  coverable: Coverable,
): readonly ParsedPool[] {
  if (ipAddressPools.length === 0 && ipAddressPoolSelectors.length === 0) {
    return [...coverable.pools.values()];
  }
  const named = new Set(ipAddressPools);
  ipAddressPools.forEach((name, index) => {
    warnOfUnknown(name, place.at('ipAddressPools', index), coverable);
  });
  const selectors = parseSelectors(
    ipAddressPoolSelectors,
    place.at('ipAddressPoolSelectors'),
    (selector) => `Invalid label selector ${selector}: `,
  );
  const covered =
    selectors.length === 0
      ? [...named].sort().flatMap((name) => coverable.pools.get(name) ?? [])
      : [...coverable.pools.values()].filter(
          ({ bare, labels }) => named.has(bare.name) || anySelects(selectors, labels),
        );
  if (covered.length === 0 && named.size === 0) {
    const message = 'no pool has such labels: nothing is advertised by this object';
    place.at('ipAddressPoolSelectors').warn({ reason: 'covers-nothing', message });
  }
  return covered;
}

function warnOfUnknown(name: string, place: Place, coverable: Coverable): void {
  const { poolNames, addressPoolNames } = coverable;
  if (poolNames.has(name)) return;
  const reason = 'unknown-pool';
  if (addressPoolNames.has(name)) {
    const message = `${goQuote(name)} is an AddressPool: advertisements reach only IPAddressPools`;
    place.warn({ reason, message });
    return;
  }
  const message = `there is no IPAddressPool ${goQuote(name)}`;
  place.warn({ reason, message, didYouMean: place.nearest(name, poolNames) });
}
