import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { namePattern } from '../../src/runtime/layer2/index.ts';

function isFound(pattern: string, name: string): boolean {
  const compiled = namePattern(pattern);
  if (compiled.kind === 'refused') throw new Error(`${pattern}: ${compiled.error}`);
  return compiled.isFoundIn(name);
}

describe('a pattern is found in', () => {
  test.each<[pattern: string, found: string[], missed: string[]]>([
    ['lo', ['lo', 'enslow0'], ['eth0']],
    ['^lo$', ['lo'], ['enslow0', 'lo0']],
    ['^docker.*', ['docker0', 'docker'], ['mydocker']],
    ['', ['eth0', ''], []],
    ['^(eth|ens)[0-9]+$', ['eth0', 'ens192'], ['eth', 'eth0a', 'wlan0']],
    ['^veth[^a-f]', ['veth1', 'vethz'], ['vetha', 'veth']],
    ['^a{2,3}$', ['aa', 'aaa'], ['a', 'aaaa']],
    ['^a{2}$', ['aa'], ['a', 'aaa']],
    ['^a{2,}$', ['aa', 'aaaa'], ['a']],
    ['^x?y+?z*$', ['y', 'xyyz'], ['xz']],
    ['^br-[[:xdigit:]]{12}$', ['br-0123456789ab'], ['br-0123456789ag']],
    ['^[[:^alpha:]]', ['0eth'], ['eth0']],
    ['^eth\\d\\.\\d$', ['eth0.1'], ['eth0x1']],
    ['\\D0\\b', ['eth0', 'eth0.1'], ['eth01', '0']],
    ['\\Acni\\z', ['cni'], ['cni0']],
    ['^(?:kube)-(?P<mode>ipvs)0$', ['kube-ipvs0'], ['kube-ipvs']],
    ['^[]a-]$', [']', 'a', '-'], ['b']],
    ['^{$', ['{'], ['x']],
    ['^\\x65\\x{74}h', ['eth0'], ['xth0']],
    ['^[\\w.-]+$', ['eth0.1-a_b'], ['eth@1']],
    ['|eth', ['wlan0'], []],
  ])('%s', (pattern, found, missed) => {
    expect(found.filter((name) => !isFound(pattern, name))).toEqual([]);
    expect(missed.filter((name) => isFound(pattern, name))).toEqual([]);
  });
});

describe('a pattern that the original refuses, or that is not understood, is refused with a reason:', () => {
  test.each([
    ['(eth', 'missing closing )'],
    ['eth)', 'unexpected )'],
    ['[a-', 'missing closing ]'],
    ['[z-a]', 'invalid character class range'],
    ['[[:nope:]]', 'invalid character class [:nope:]'],
    ['*eth', 'missing argument to repetition operator *'],
    ['eth**', 'invalid nested repetition operator'],
    ['a{2}{3}', 'invalid nested repetition operator'],
    ['a{3,2}', 'invalid repeat count {3,2}'],
    ['a{1001}', 'invalid repeat count {1001}'],
    ['eth\\', 'trailing backslash'],
    ['(e)\\1', '\\1 is not understood'],
    ['\\y', '\\y is not understood'],
    ['\\pL', '\\p is not understood'],
    ['\\Qa.b\\E', '\\Q is not understood'],
    ['(?=eth)', '(?=e: flags and look-around are not understood'],
    ['(?i)ETH', '(?i): flags and look-around are not understood'],
    ['x'.repeat(1001), 'longer than 1000 characters'],
    ['('.repeat(60), 'more than 50 groups in one another'],
  ])('%s', (pattern, error) => {
    expect(namePattern(pattern)).toEqual({ kind: 'refused', error });
  });
});

test('no pattern takes long', { timeout: 2000 }, () => {
  const name = 'aaaaaaaaaaaaaaa';
  expect(isFound('^((((a*)*)*)*)*b$', name)).toBe(false);
  expect(isFound(`^${'a?'.repeat(200)}b$`, name)).toBe(false);
  expect(isFound('^((a{1,1000}){1,1000}){1,1000}b$', name)).toBe(false);
});

const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '^', '$', '\\b');
const { expression } = fc.letrec<{ expression: string; part: string }>((tie) => ({
  expression: fc
    .array(fc.array(tie('part'), { maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((options) => options.map((parts) => parts.join('')).join('|')),
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    fc
      .tuple(tie('expression'), fc.constantFrom('', '*', '+', '?', '{0,2}', '{2}', '*?'))
      .map(([inner, repeat]) => `(${inner})${repeat}`),
  ),
}));

test('what JavaScript and RE2 spell alike is found in the same names', () => {
  fc.assert(
    fc.property(expression, fc.stringMatching(/^[ab1.]{0,6}$/), (pattern, name) => {
      expect(isFound(pattern, name)).toBe(new RegExp(pattern).test(name));
    }),
  );
});

const symbol = fc.constantFrom(...Array.from('()[]{}*+?|^$.\\-,:=!<>PQAabdpwxz019 é😀\n\0'));

test('no text whatever makes compiling or searching fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: symbol }), fc.string({ maxLength: 15 }), (pattern, name) => {
      const compiled = namePattern(pattern);
      if (compiled.kind === 'pattern') expect(typeof compiled.isFoundIn(name)).toBe('boolean');
      else expect(compiled.error).not.toBe('');
    }),
  );
});
