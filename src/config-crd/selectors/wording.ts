import { goQuote } from '../../runtime/model/index.ts';
import type { ExpressionSpec, SelectorSpec } from '../objects/kinds.ts';

/** A selector as Go's `%v` prints it: `{map[a:b] [{c In [d e]}]}`. */
export function plainSelector(selector: SelectorSpec): string {
  return selectorText(selector, (text) => text);
}

/** A selector as Go's `%q` prints it: `{map["a":"b"] [{"c" "In" ["d" "e"]}]}`. */
export function quotedSelector(selector: SelectorSpec): string {
  return selectorText(selector, goQuote);
}

export function quotedExpression(expression: ExpressionSpec): string {
  return expressionText(expression, goQuote);
}

function selectorText(
  { matchLabels, matchExpressions }: SelectorSpec,
  shown: (text: string) => string,
): string {
  const labels = Object.entries(matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([key, value]) => `${shown(key)}:${shown(value)}`);
  const expressions = (matchExpressions ?? []).map((one) => expressionText(one, shown));
  return `{map[${labels.join(' ')}] [${expressions.join(' ')}]}`;
}

function expressionText(
  { key = '', operator = '', values = [] }: ExpressionSpec,
  shown: (text: string) => string,
): string {
  return `{${shown(key)} ${shown(operator)} [${values.map(shown).join(' ')}]}`;
}
