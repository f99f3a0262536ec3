import { goQuote } from '../../runtime/model/index.ts';
import type { ExpressionSpec, SelectorSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';
import { quotedExpression, quotedSelector } from './wording.ts';

/** Refuses a value that is in a list twice. crd.md §2.4 */
export function refuseRepeated(
  values: readonly string[] | undefined,
  what: string,
  place: Place,
): void {
  eachRepeated(values ?? [], (value, index) => {
    const message = `duplicate definition of ${what} ${goQuote(value)}`;
    place.at(index).refuse({ reason: 'duplicate-list-entry', message });
  });
}

/** Refuses repetition among selectors and inside each; the order of values means nothing. crd.md §2.4 */
export function refuseRepeatedSelectors(
  written: readonly SelectorSpec[] | undefined,
  what: string,
  place: Place,
): void {
  const selectors = (written ?? []).map(withSortedValues);
  selectors.forEach(({ matchExpressions = [] }, index) => {
    refuseInside(matchExpressions, place.at(index, 'matchExpressions'));
  });
  eachRepeated(selectors.map(identity), (_, index) => {
    const message = `duplicate definition of ${what} ${quotedSelector(selectors[index] ?? {})}`;
    place.at(index).refuse({ reason: 'duplicate-selector', message });
  });
}

function refuseInside(expressions: readonly ExpressionSpec[], place: Place): void {
  expressions.forEach(({ values = [] }, index) => {
    eachRepeated(values, (value) => {
      const what = 'match expression value in label selector';
      const message = `duplicate definition of ${what} ${goQuote(value)}`;
      place.at(index, 'values').refuse({ reason: 'duplicate-match-expression', message });
    });
  });
  eachRepeated(expressions.map(expressionIdentity), (_, index) => {
    const message = `duplicate definition of match expressions ${quotedExpression(expressions[index] ?? {})}`;
    place.at(index).refuse({ reason: 'duplicate-match-expression', message });
  });
}

/** Each value once that was there before, with the place where it is seen again. */
function eachRepeated(
  values: readonly string[],
  report: (value: string, index: number) => void,
): void {
  const seen = new Map<string, number>();
  values.forEach((value, index) => {
    const times = seen.get(value) ?? 0;
    if (times === 1) report(value, index);
    seen.set(value, times + 1);
  });
}

function withSortedValues({ matchExpressions, ...selector }: SelectorSpec): SelectorSpec {
  const sorted = matchExpressions?.map(({ values, ...expression }) => ({
    ...expression,
    ...(values !== undefined && { values: values.toSorted() }),
  }));
  return { ...selector, ...(sorted !== undefined && { matchExpressions: sorted }) };
}

/** To the original, nothing written and something empty are not equal. */
function identity({ matchLabels, matchExpressions }: SelectorSpec): string {
  const labels = matchLabels && Object.entries(matchLabels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([labels ?? null, matchExpressions?.map(expressionIdentity) ?? null]);
}

function expressionIdentity({ key, operator, values }: ExpressionSpec): string {
  return JSON.stringify([key ?? '', operator ?? '', values ?? null]);
}
