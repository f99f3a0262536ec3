import { expect, test } from 'vitest';
import { brokenPromise } from './expectation.ts';

test('columns may be wider or narrower than the page shows', () => {
  expect(brokenPromise(['NAME  AGE', 'web   <age>'], ['NAME       AGE', 'web        3s'])).toBe(
    undefined,
  );
});

test('only known placeholders stand for a word: others are what a command prints', () => {
  expect(brokenPromise(['web <pending>'], ['web <pending>'])).toBe(undefined);
  expect(brokenPromise(['web <pending>'], ['web 192.0.2.200'])).toBe('web <pending>');
  expect(brokenPromise(['pod <pod> runs'], ['pod two words runs'])).toBe('pod <pod> runs');
});

test('dots stand for any lines or any text in a line, and nothing else is forgiven', () => {
  expect(brokenPromise(['a', '...', 'd'], ['a', 'b', 'c', 'd'])).toBe(undefined);
  expect(brokenPromise(['a', '...', 'd'], ['a', 'd'])).toBe(undefined);
  expect(brokenPromise(['told ... twice'], ['told him twice'])).toBe(undefined);
  expect(brokenPromise(['up ...'], ['up'])).toBe(undefined);
  expect(brokenPromise(['a'], ['a', 'b'])).toBe('nothing more');
  expect(brokenPromise(['a', 'b'], ['a'])).toBe('b');
});

test('a page may promise nothing, and brackets and dots are no patterns', () => {
  expect(brokenPromise([], ['whatever'])).toBe(undefined);
  expect(brokenPromise(['["1.2.3.4"]'], ['["1.2.3.4"]'])).toBe(undefined);
  expect(brokenPromise(['1.2'], ['132'])).toBe('1.2');
});
