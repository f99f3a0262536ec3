import {
  type Requirement,
  SELECTOR_OPERATORS,
  type Selector,
  goQuote,
  labelKeyFaults,
  labelValueFaults,
  makeSelector,
  valueCountFault,
} from '../../runtime/model/index.ts';
import type { ExpressionSpec, SelectorSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';
import { plainSelector } from './wording.ts';

/**
 * Selectors as Kubernetes reads them; an empty one matches everything. Those that it cannot read are told and left out.
 *
 * @param words - what the original puts before the words of Kubernetes; it is given the selector as Go prints it
 */
export function parseSelectors(
  specs: readonly SelectorSpec[] | undefined,
  place: Place,
  words: (selector: string) => string,
): readonly Selector[] {
  return (specs ?? []).flatMap((spec, index) => {
    const at = place.at(index).saying(words(plainSelector(spec)));
    const requirements = readRequirements(spec, at);
    return requirements === undefined ? [] : [makeSelector(requirements)];
  });
}

/** Nothing if one of them is wrong: the first that is. */
function readRequirements(
  { matchLabels, matchExpressions }: SelectorSpec,
  place: Place,
): readonly Requirement[] | undefined {
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(matchLabels ?? {}).sort(byKey)) {
    const at = place.at('matchLabels', key);
    if (!isSoundKey(key, at) || !isSoundValue({ key, value, index: 0 }, at)) return undefined;
    requirements.push({ key, operator: 'Equals', values: [value] });
  }
  for (const [index, expression] of (matchExpressions ?? []).entries()) {
    const requirement = readExpression(expression, place.at('matchExpressions', index));
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return requirements;
}

function readExpression(expression: ExpressionSpec, place: Place): Requirement | undefined {
  const { key = '', values = [] } = expression;
  const operator = SELECTOR_OPERATORS.find((known) => known === expression.operator);
  if (operator === undefined) {
    const written = expression.operator ?? '';
    const message = `${goQuote(written)} is not a valid label selector operator`;
    const didYouMean = place.nearest(written, SELECTOR_OPERATORS);
    place.at('operator').refuse({ reason: 'invalid-selector', message, didYouMean });
    return undefined;
  }
  if (!isSoundKey(key, place.at('key'))) return undefined;
  const miscount = valueCountFault(operator, values.length);
  if (miscount !== undefined) {
    const shown = values.length === 0 ? '(nil)' : `{${values.map(goQuote).join(', ')}}`;
    refuse(place.at('values'), `values: Invalid value: []string${shown}: ${miscount}`);
    return undefined;
  }
  const sound = values.every((value, index) =>
    isSoundValue({ key, value, index }, place.at('values', index)),
  );
  return sound ? { key, operator, values } : undefined;
}

function isSoundKey(key: string, place: Place): boolean {
  const faults = labelKeyFaults(key);
  if (faults.length === 0) return true;
  refuse(place, `key: Invalid value: ${goQuote(key)}: ${faults.join('; ')}`);
  return false;
}

function isSoundValue(
  { key, value, index }: { key: string; value: string; index: number },
  place: Place,
): boolean {
  const faults = labelValueFaults(value);
  if (faults.length === 0) return true;
  refuse(place, `values[${index}][${key}]: Invalid value: ${goQuote(value)}: ${faults.join('; ')}`);
  return false;
}

function refuse(place: Place, message: string): void {
  place.refuse({ reason: 'invalid-selector', message });
}

function byKey([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : Number(a > b);
}
