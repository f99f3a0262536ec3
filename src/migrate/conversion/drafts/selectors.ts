import type { RequirementEntry, SelectorEntry } from '../../../config-legacy/index.ts';
import { type Path, type Span, Fields, type Origin } from './draft.ts';
import type { Report } from './report.ts';

/** A label selector as Kubernetes writes it. */
type LabelSelector = Readonly<Record<string, unknown>>;

interface Converted {
  readonly selectors: readonly LabelSelector[];
  readonly origins: readonly Origin[];
}

interface Places {
  /** Of the list, in the legacy document. */
  readonly source: Path;
  /** Of the list, in the manifest. */
  readonly target: Path;
}

/**
 * Node selectors. What is there twice is written once, since v0.13 refuses repetition among selectors and inside of them
 * (crd.md §2.4); the rest stays in its order.
 */
export function convertSelectors(
  entries: readonly SelectorEntry[],
  { source, target }: Places,
  report: Report,
): Converted {
  const selectors: LabelSelector[] = [];
  const origins: Origin[] = [];
  const seen = new Map<string, number>();
  entries.forEach((entry, index) => {
    const from = [...source, index];
    const fields = new Fields(from, [...target, selectors.length]);
    convertSelector(entry, fields, { source: from, report });
    const identity = identityOf(fields.values);
    const first = seen.get(identity);
    if (first !== undefined) {
      warnOfRepetition({ source: from, span: entry.span }, 'node selector', report);
      origins.push({ source: from, span: entry.span, target: [...target, first] });
      return;
    }
    seen.set(identity, selectors.length);
    origins.push({ source: from, span: entry.span, target: [...target, selectors.length] });
    origins.push(...fields.origins);
    selectors.push(fields.values);
  });
  return { selectors, origins };
}

function convertSelector(
  entry: SelectorEntry,
  fields: Fields,
  { source, report }: { readonly source: Path; readonly report: Report },
): void {
  const labels = entry['match-labels'];
  if (labels !== undefined && labels.entries.size > 0) {
    const written = [...labels.entries].map(([key, { value }]) => [key, value] as const);
    fields.set('matchLabels', Object.fromEntries(written), 'match-labels', labels);
    for (const [key, { span }] of labels.entries) {
      fields.comesFrom(['match-labels', key], { span }, ['matchLabels', key]);
    }
  }
  const expressions = entry['match-expressions'];
  if (expressions === undefined || expressions.items.length === 0) return;
  const kept = new Map<string, object>();
  expressions.items.forEach((expression, index) => {
    const place = { source: [...source, 'match-expressions', index], span: expression.span };
    const { requirement, origins } = convertRequirement(expression, place, report);
    const identity = requirementIdentity(requirement);
    if (kept.has(identity)) {
      warnOfRepetition(place, 'match expression', report);
    } else {
      const at = ['matchExpressions', kept.size];
      fields.comesFrom(['match-expressions', index], expression, at);
      for (const [from, span, to] of origins) {
        fields.comesFrom(['match-expressions', index, ...from], { span }, [...at, ...to]);
      }
      kept.set(identity, requirement);
    }
  });
  fields.set('matchExpressions', [...kept.values()], 'match-expressions', expressions);
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

function convertRequirement(
  { key, operator, values }: RequirementEntry,
  place: { readonly source: Path; readonly span: Span },
  report: Report,
): { requirement: Requirement; origins: readonly (readonly [Path, Span, Path])[] } {
  const origins: (readonly [Path, Span, Path])[] = [];
  for (const [name, field] of Object.entries({ key, operator, values })) {
    if (field !== undefined) origins.push([[name], field.span, [name]]);
  }
  const kept: string[] = [];
  values?.items.forEach(({ value, span }, index) => {
    const first = kept.indexOf(value);
    origins.push([['values', index], span, ['values', first < 0 ? kept.length : first]]);
    if (first < 0) kept.push(value);
    else warnOfRepetition({ source: [...place.source, 'values', index], span }, 'value', report);
  });
  const requirement = {
    key: key?.value ?? '',
    operator: operator?.value ?? '',
    ...(kept.length > 0 && { values: kept }),
  };
  return { requirement, origins };
}

function warnOfRepetition(
  place: { readonly source: Path; readonly span: Span },
  what: string,
  report: Report,
): void {
  const message = `this ${what} is there before and is written once`;
  report.warn({ ...place, reason: 'duplicate-removed', message });
}

function identityOf(selector: LabelSelector): string {
  const labels = Object.entries(selector['matchLabels'] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = (selector['matchExpressions'] ?? []) as readonly Requirement[];
  return JSON.stringify([labels, expressions.map(requirementIdentity)]);
}

function requirementIdentity({ key, operator, values }: Requirement): string {
  return JSON.stringify([key, operator, values?.toSorted() ?? null]);
}
