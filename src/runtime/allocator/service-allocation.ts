import { type Compat, type Pool, anySelects, atLeast } from '../model/index.ts';
import type { Claim } from './claim.ts';
import { type Refusal, refusal } from './families.ts';

/** Whether a pool serves a Service; `unknown` while that turns on labels of its namespace that nobody knows yet. */
export type Fitness = 'fit' | 'unfit' | 'unknown';

/** Where a Service is and how it is labeled, which is what pools choose by. */
type Applicant = Pick<Claim, 'namespace' | 'labels' | 'namespaceLabels'>;

/**
 * Pools may choose by namespace, named or selected, and by labels of the Service: both must hold where both are given.
 * Selectors that match no namespace at all let nobody in, other than in the original. crd.md §2.9
 */
export function fitness({ serviceAllocation }: Pool, applicant: Applicant): Fitness {
  if (serviceAllocation === undefined) return 'fit';
  const { namespaces, namespaceSelectors, serviceSelectors } = serviceAllocation;
  if (!anySelects(serviceSelectors, applicant.labels)) return 'unfit';
  if (namespaces.includes(applicant.namespace)) return 'fit';
  if (namespaceSelectors.length === 0) return namespaces.length === 0 ? 'fit' : 'unfit';
  const { namespaceLabels } = applicant;
  if (namespaceLabels === undefined) return 'unknown';
  return anySelects(namespaceSelectors, namespaceLabels) ? 'fit' : 'unfit';
}

/** Why a pool does not serve a Service, or not yet. */
export function unfitPool(pool: Pool, why: 'unfit' | 'unknown'): Refusal {
  if (why === 'unfit') return refusal(`pool ${pool.name} not compatible for ip assignment`);
  const reason = `pool ${pool.name} selects namespaces, and their labels are not known`;
  return { ...refusal(reason), undecided: true };
}

/**
 * The pools that give addresses without being asked by name, in the order in which they are tried: those that choose
 * their Services first; each group by priority, the lowest number first and none last, then by name. A pool keeps its
 * place when a migration renames it. crd.md §2.9, product.md §3
 *
 * From v0.13 on, a `serviceAllocation` that chooses nothing takes its pool out; later releases mended that. crd.md §5
 */
export function automaticOrder<T extends { readonly pool: Pool }>(
  indexes: readonly T[],
  compat: Compat,
): readonly T[] {
  const rank = ({ pool }: T): number => Number(!chooses(pool));
  return indexes
    .filter(({ pool }) => pool.autoAssign)
    .filter(({ pool }) => !isChoiceless(pool) || !atLeast(compat, 'v0.13'))
    .toSorted((a, b) => {
      return rank(a) - rank(b) || priority(a.pool) - priority(b.pool) || byOldName(a.pool, b.pool);
    });
}

function chooses({ serviceAllocation }: Pool): boolean {
  if (serviceAllocation === undefined) return false;
  const { namespaces, namespaceSelectors, serviceSelectors } = serviceAllocation;
  return namespaces.length + namespaceSelectors.length + serviceSelectors.length > 0;
}

function isChoiceless(pool: Pool): boolean {
  return pool.serviceAllocation !== undefined && !chooses(pool);
}

function priority({ serviceAllocation }: Pool): number {
  const given = serviceAllocation?.priority ?? 0;
  return given === 0 ? Number.MAX_SAFE_INTEGER : given;
}

function byOldName(a: Pool, b: Pool): number {
  const [nameA, nameB] = [a.legacyName ?? a.name, b.legacyName ?? b.name];
  return nameA < nameB ? -1 : Number(nameA > nameB);
}
