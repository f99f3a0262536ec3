import { EVERYTHING, type Layer2Advertisement } from '../../runtime/model/index.ts';
import type { Resource } from '../objects/collect.ts';
import type { Layer2Spec } from '../objects/kinds.ts';
import { refuseRepeated, refuseRepeatedSelectors } from '../selectors/duplicates.ts';
import { parseSelectors } from '../selectors/selectors.ts';
import { type Coverable, coveredPools } from './coverage.ts';

/**
 * Layer-2 advertisements by the name of the pool they are for, in order of the objects' names. crd.md §2.3
 *
 * One that says the same of a pool as another before it is dropped. The original compares the nodes that are there;
 * here selectors are compared, so that a node's label changes nothing that is written down: announcing twice from the
 * same nodes is announcing.
 */
export function parseLayer2(
  resources: readonly Resource<Layer2Spec>[],
  coverable: Coverable,
): ReadonlyMap<string, readonly Layer2Advertisement[]> {
  const byPool = new Map<string, Map<string, Layer2Advertisement>>();
  for (const { name, spec, place } of resources) {
    const at = place.at('spec');
    const pools = at.at('ipAddressPools');
    const nodes = at.at('nodeSelectors');
    refuseRepeated(spec.ipAddressPools, 'ipAddressPools', pools);
    const chosen = at.at('ipAddressPoolSelectors');
    refuseRepeatedSelectors(spec.ipAddressPoolSelectors, 'ipAddressPoolSelectors', chosen);
    refuseRepeatedSelectors(spec.nodeSelectors, 'nodeSelectors', nodes);
    const selectors = parseSelectors(
      spec.nodeSelectors,
      nodes,
      (selector) =>
        `Failed to parse node selector for ${name}: Invalid label selector ${selector}: `,
    );
    const advertisement = {
      nodeSelectors: selectors.length === 0 ? [EVERYTHING] : selectors,
      interfaces: [...new Set(spec.interfaces)].sort(),
    };
    const key = identity(advertisement);
    for (const { bare } of coveredPools(spec, at, coverable)) {
      const attached = byPool.get(bare.name) ?? new Map<string, Layer2Advertisement>();
      if (!attached.has(key)) attached.set(key, advertisement);
      byPool.set(bare.name, attached);
    }
  }
  return new Map([...byPool].map(([pool, attached]) => [pool, [...attached.values()]]));
}

function identity({ nodeSelectors, interfaces }: Layer2Advertisement): string {
  return JSON.stringify([nodeSelectors.map(({ text }) => text).sort(), interfaces]);
}
