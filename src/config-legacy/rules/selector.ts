import {
  EVERYTHING,
  type Requirement,
  type Selector,
  type SelectorOperator,
  SELECTOR_OPERATORS,
  goQuote,
  labelKeyFaults,
  labelValueFaults,
  makeSelector,
  nearest,
  valueCountFault,
} from '../../runtime/model/index.ts';
import type { Span } from '../yaml/tree.ts';
import type { RequirementEntry, SelectorEntry } from './document.ts';
import { Refusal, within } from './refusal.ts';

/** A selector and what distinguishes it in the original, which keeps values in the order written. */
export interface ParsedSelector {
  readonly selector: Selector;
  readonly identity: readonly (readonly [string, string, readonly string[]])[];
}

/** Reads one of `node-selectors`; an empty one matches every node. legacy.md §1.6 */
export function parseNodeSelector(entry: SelectorEntry): ParsedSelector {
  const written: Requirement[] = [];
  for (const [key, { value, span, keySpan }] of entry['match-labels']?.entries ?? []) {
    const path = `match-labels.${key}`;
    checkKey(key, path, keySpan);
    checkValue(key, value, { path, span });
    written.push({ key, operator: 'Equals', values: [value] });
  }
  (entry['match-expressions']?.items ?? []).forEach((expression, index) => {
    const path = `match-expressions[${index}]`;
    written.push(within('', path, () => parseRequirement(expression)));
  });
  if (written.length === 0) return { selector: EVERYTHING, identity: [] };
  const identity = written
    .map(({ key, operator, values }) => [key, operator, values] as const)
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return { selector: makeSelector(written), identity };
}

function parseRequirement(entry: RequirementEntry): Requirement {
  const operator = SELECTOR_OPERATORS.find((known) => known === entry.operator?.value);
  if (operator === undefined) throw unknownOperator(entry);
  const key = entry.key?.value ?? '';
  checkKey(key, 'key', entry.key?.span ?? entry.span);
  const values = entry.values?.items ?? [];
  checkCount(operator, values.length, entry.values?.span ?? entry.span);
  values.forEach(({ value, span }, index) =>
    checkValue(key, value, { path: `values[${index}]`, span }),
  );
  return { key, operator, values: values.map(({ value }) => value) };
}

function checkCount(operator: SelectorOperator, count: number, span: Span): void {
  const message = valueCountFault(operator, count);
  if (message !== undefined) throw refusal(message, 'values', span);
}

function unknownOperator(entry: RequirementEntry): Refusal {
  const operator = entry.operator?.value ?? '';
  return new Refusal(`${goQuote(operator)} is not a valid pod selector operator`, {
    reason: 'peer-bad-node-selector',
    path: 'operator',
    span: entry.operator?.span ?? entry.span,
    didYouMean: nearest(operator, SELECTOR_OPERATORS),
  });
}

function checkKey(key: string, path: string, span: Span): void {
  const faults = labelKeyFaults(key);
  if (faults.length === 0) return;
  throw refusal(`invalid label key ${goQuote(key)}: ${faults.join('; ')}`, path, span);
}

function checkValue(
  key: string,
  value: string,
  { path, span }: { path: string; span: Span },
): void {
  const faults = labelValueFaults(value);
  if (faults.length === 0) return;
  const found = `invalid label value: ${goQuote(value)}: at key: ${goQuote(key)}`;
  throw refusal(`${found}: ${faults.join('; ')}`, path, span);
}

function refusal(message: string, path: string, span: Span): Refusal {
  return new Refusal(message, { reason: 'peer-bad-node-selector', path, span });
}
