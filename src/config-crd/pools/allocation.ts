import type { ServiceAllocation } from '../../runtime/model/index.ts';
import type { AllocationSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';
import { refuseRepeatedSelectors } from '../selectors/duplicates.ts';
import { parseSelectors } from '../selectors/selectors.ts';

/** Which Services a pool is for; whatever is written here, even nothing, ends its general use. crd.md §1.1, §2.9 */
export function parseAllocation(spec: AllocationSpec, place: Place): ServiceAllocation {
  const { priority = 0, namespaces = [], namespaceSelectors, serviceSelectors } = spec;
  const seen = new Set<string>();
  const again = namespaces.findIndex((name) => seen.size === seen.add(name).size);
  if (again >= 0) {
    const message = 'duplicate definition in namespaces field';
    place.at('namespaces', again).refuse({ reason: 'duplicate-list-entry', message });
  }
  const ofNamespaces = place.at('namespaceSelectors');
  const ofServices = place.at('serviceSelectors');
  refuseRepeatedSelectors(namespaceSelectors, 'namespaceSelectors', ofNamespaces);
  refuseRepeatedSelectors(serviceSelectors, 'serviceSelectors', ofServices);
  return {
    priority,
    namespaces: namespaces.toSorted(),
    namespaceSelectors: parseSelectors(
      namespaceSelectors,
      ofNamespaces,
      (selector) => `invalid namespace label selector ${selector}: `,
    ),
    serviceSelectors: parseSelectors(
      serviceSelectors,
      ofServices,
      (selector) => `invalid service label selector ${selector}: `,
    ),
  };
}
