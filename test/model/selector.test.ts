import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EVERYTHING,
  type Labels,
  type Requirement,
  anySelects,
  type Selector,
  makeSelector,
} from '../../src/runtime/model/index.ts';

const selects = (selector: Selector, labels: Labels): boolean => anySelects([selector], labels);
const rack = (operator: Requirement['operator'], ...values: string[]): Requirement => {
  return { key: 'rack', operator, values };
};

describe('a requirement', () => {
  test.each<[text: string, requirement: Requirement, verdicts: string]>([
    ['rack=a', rack('Equals', 'a'), 'yes no no'],
    ['rack in (a,b)', rack('In', 'b', 'a'), 'yes no no'],
    ['rack notin (a)', rack('NotIn', 'a'), 'no yes yes'],
    ['rack', rack('Exists'), 'yes yes no'],
    ['!rack', rack('DoesNotExist'), 'no no yes'],
  ])('%s', (text, requirement, verdicts) => {
    const selector = makeSelector([requirement]);
    expect(selector.text).toBe(text);
    const nodes: Labels[] = [{ rack: 'a' }, { rack: 'z' }, { zone: 'a' }];
    const selected = nodes.map((labels) => (selects(selector, labels) ? 'yes' : 'no'));
    expect(selected.join(' ')).toBe(verdicts);
  });

  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'on a label named %s sees labels only, not what every object has',
    (key) => {
      expect(selects(makeSelector([{ key, operator: 'Exists', values: [] }]), {})).toBe(false);
      expect(selects(makeSelector([{ key, operator: 'DoesNotExist', values: [] }]), {})).toBe(true);
    },
  );
});

test('requirements must all hold, selectors are alternatives, and none means all', () => {
  const both = makeSelector([rack('Equals', 'a'), { key: 'zone', operator: 'Exists', values: [] }]);
  expect(selects(both, { rack: 'a' })).toBe(false);
  expect(selects(both, { rack: 'a', zone: '' })).toBe(true);
  expect(anySelects([both, makeSelector([rack('Equals', 'b')])], { rack: 'b' })).toBe(true);
  expect(anySelects([both], { rack: 'b' })).toBe(false);
  expect(anySelects([], {})).toBe(true);
  expect(selects(EVERYTHING, {})).toBe(true);
});

const key = fc.constantFrom('a', 'b', 'c');
const value = fc.constantFrom('x', 'y', 'z');
const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({ key, operator: fc.constant('Equals' as const), values: fc.tuple(value) }),
  fc.record({
    key,
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.array(value, { minLength: 1 }),
  }),
  fc.record({
    key,
    operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const),
    values: fc.constant([]),
  }),
);
const labels: fc.Arbitrary<Labels> = fc.dictionary(key, value);

test('selectors of equal text select the same, in whatever order they were written', () => {
  const shuffled = fc
    .array(requirement, { maxLength: 4 })
    .chain((given) =>
      fc.tuple(
        fc.constant(given),
        fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length }),
      ),
    );
  fc.assert(
    fc.property(shuffled, labels, ([given, again], node) => {
      const distinct = new Set(given.map((one) => one.key)).size === given.length;
      const [a, b] = [makeSelector(given), makeSelector(again)];
      if (distinct) expect(a.text).toBe(b.text);
      expect(selects(a, node)).toBe(selects(b, node));
      expect(selects(a, node)).toBe(given.every((one) => selects(makeSelector([one]), node)));
    }),
  );
});

test('In and NotIn are opposites, as are Exists and DoesNotExist', () => {
  fc.assert(
    fc.property(key, fc.array(value, { minLength: 1 }), labels, (name, values, node) => {
      const has = (operator: Requirement['operator'], of: string[]): boolean =>
        selects(makeSelector([{ key: name, operator, values: of }]), node);
      expect(has('In', values)).toBe(!has('NotIn', values));
      expect(has('Exists', [])).toBe(!has('DoesNotExist', []));
    }),
  );
});
