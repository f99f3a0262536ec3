import {
  type Labels,
  type Pool,
  type Requirement,
  type Selector,
  makeSelector,
} from '../../src/runtime/model/index.ts';
import { poolOf } from './views.ts';

type Allocation = NonNullable<Pool['serviceAllocation']>;

/** What `matchLabels` says. */
export function labeled(labels: Labels): Selector {
  const requirements = Object.entries(labels).map(([key, value]): Requirement => ({
    key,
    operator: 'Equals',
    values: [value],
  }));
  return makeSelector(requirements);
}

/** A pool that chooses the Services it serves. */
export function choosyPool(
  name: string,
  addresses: readonly string[],
  choice: Partial<Allocation>,
  over: Partial<Pool> = {},
): Pool {
  const none = { priority: 0, namespaces: [], namespaceSelectors: [], serviceSelectors: [] };
  return poolOf(name, addresses, { ...over, serviceAllocation: { ...none, ...choice } });
}
