import { type Selector, makeSelector } from '../selector.ts';

/** What the two sides of a comparison are called, as in `the ConfigMap`. */
export type Sides = readonly [string, string];

/** Fields of a thing, each with a text: equal texts mean the same, an empty one that there is nothing. */
export type Fields = ReadonlyMap<string, string>;

/** Every field that differs, told with both values. */
export function fieldDifferences(
  what: string,
  [a, b]: readonly [Fields, Fields],
  sides: Sides,
): readonly string[] {
  const found: string[] = [];
  for (const [field, value] of a) {
    const other = b.get(field) ?? '';
    if (value === other) continue;
    found.push(`${what}: ${field} ${shown(value)} in ${sides[0]}, ${shown(other)} in ${sides[1]}`);
  }
  return found;
}

/** Empty: every node. */
export function nodesText(selectors: readonly Selector[]): string {
  const all = selectorTexts(selectors);
  return all.includes('') ? '' : all.map((text) => `(${text})`).join(' or ');
}

export function shownNodes(selectors: readonly Selector[]): string {
  const text = nodesText(selectors);
  return text === '' ? 'every node' : `nodes ${text}`;
}

export function selectorTexts(selectors: readonly Selector[]): readonly string[] {
  return distinct(selectors.map(textOf));
}

/** A demand that is made twice is made once. */
function textOf({ text, requirements }: Selector): string {
  const single = new Map(requirements.map((one) => [JSON.stringify(one), one]));
  return single.size === requirements.length ? text : makeSelector([...single.values()]).text;
}

export function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

function shown(value: string): string {
  return value === '' ? 'none' : value;
}
