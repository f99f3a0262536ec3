import { coveredPools } from './advertisements/coverage.ts';
import { type Resources, collectResources } from './objects/collect.ts';
import type { CoverageSpec } from './objects/kinds.ts';
import { Findings } from './objects/place.ts';
import { parsePool } from './pools/pool.ts';

/** The resources field by field, as they were written, and which advertisement is for which pool. */
export interface Interpretation {
  readonly resources: Resources;
  /** Names of the IPAddressPools that each advertisement is for, by its own name. */
  readonly coverage: Readonly<
    Record<'L2Advertisement' | 'BGPAdvertisement', ReadonlyMap<string, readonly string[]>>
  >;
}

/** Takes apart what `readResources` accepts; of what it refuses, this is as much as there is. Never throws. */
export function interpretResources(objects: readonly unknown[], namespace: string): Interpretation {
  const findings = new Findings();
  const resources = collectResources(objects, namespace, findings);
  const { names } = resources;
  const coverable = {
    pools: new Map(resources.IPAddressPool.map(parsePool).map((pool) => [pool.bare.name, pool])),
    poolNames: names.get('IPAddressPool') ?? new Set<string>(),
    addressPoolNames: names.get('AddressPool') ?? new Set<string>(),
  };
  const covered = (kind: keyof Interpretation['coverage']) => {
    const advertisements = resources[kind].map(({ name, spec, place }) => {
      const coverage: CoverageSpec = spec;
      const pools = coveredPools(coverage, place.telling(findings).at('spec'), coverable);
      return [name, pools.map(({ bare }) => bare.name)] as const;
    });
    return new Map(advertisements);
  };
  return {
    resources,
    coverage: {
      L2Advertisement: covered('L2Advertisement'),
      BGPAdvertisement: covered('BGPAdvertisement'),
    },
  };
}
