/** Kubernetes' operators, as label selectors spell them; `Equals` is what `matchLabels` means. */
export type SelectorOperator = 'Equals' | 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

/** The operators that people may write. */
export const SELECTOR_OPERATORS: readonly SelectorOperator[] = [
  'In',
  'NotIn',
  'Exists',
  'DoesNotExist',
];

/** One requirement on a label; `values` sorted: one for `Equals`, none for `Exists` and `DoesNotExist`. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

/** All requirements must hold; none at all matches everything. */
export interface Selector {
  /** Kubernetes' text form: equal selectors have equal text, and `''` matches everything. */
  readonly text: string;
  readonly requirements: readonly Requirement[];
}

export type Labels = Readonly<Record<string, string>>;

export const EVERYTHING: Selector = { text: '', requirements: [] };

/** Builds a selector, its requirements sorted by key as Kubernetes sorts them. */
export function makeSelector(requirements: readonly Requirement[]): Selector {
  const sorted = requirements
    .map((requirement) => ({ ...requirement, values: [...new Set(requirement.values)].sort() }))
    .sort((a, b) => compare(a.key, b.key));
  return { text: sorted.map(formatRequirement).join(','), requirements: sorted };
}

/** Whether labels satisfy every requirement; `NotIn` holds for an absent label. */
function selects(selector: Selector, labels: Labels): boolean {
  return selector.requirements.every((requirement) => holds(requirement, labels));
}

/** Selectors are alternatives; no selector at all matches every set of labels. legacy.md §1.6 */
export function anySelects(selectors: readonly Selector[], labels: Labels): boolean {
  return selectors.length === 0 || selectors.some((selector) => selects(selector, labels));
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'Equals':
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return operator satisfies never;
  }
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'Equals':
      return `${key}=${values.join(',')}`;
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return operator satisfies never;
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
