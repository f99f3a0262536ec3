import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readManifests } from '../../src/runtime/standalone/manifest.ts';

function names(text: string): unknown {
  const found = readManifests(text);
  return found.kind === 'read'
    ? found.manifests.map(({ kind, name, line }) => [kind, name, line])
    : found;
}

test('a file may hold one object, several documents, a List or JSON', () => {
  const one = 'kind: Service\nmetadata: {name: a}\n';
  expect(names(one)).toEqual([['Service', 'a', 1]]);
  expect(names(`# hello\n---\n${one}---\n${one.replace('a}', 'b}')}---\n`)).toEqual([
    ['Service', 'a', 3],
    ['Service', 'b', 6],
  ]);
  const item = { kind: 'Service', metadata: { name: 'c', namespace: 'shop' } };
  expect(names(JSON.stringify({ kind: 'List', items: [item, item] }))).toEqual([
    ['Service', 'c', 1],
    ['Service', 'c', 1],
  ]);
  expect(names('')).toEqual([]);
});

test('a text that only looks like a number or a date is what YAML 1.2 and Kubernetes make of it', () => {
  const found = readManifests(
    'kind: Service\nmetadata: {name: a, labels: {on: yes, day: 2026-01-01}}\n',
  );
  expect(found).toMatchObject({
    manifests: [{ object: { metadata: { labels: { on: 'yes', day: '2026-01-01' } } } }],
  });
});

test.each<[name: string, text: string, place: { line: number; column: number }]>([
  ['a tab', 'kind: Service\n\tmetadata: {}\n', { line: 2, column: 1 }],
  ['a key said twice', 'kind: Service\nkind: Service\n', { line: 2, column: 1 }],
  ['a bracket left open', 'a: [1, 2\n', { line: 2, column: 1 }],
  ['endless nesting', '['.repeat(10_000), { line: 1, column: 100 }],
])('%s breaks the whole file, and the place is told', (_name, text, place) => {
  expect(readManifests(text)).toMatchObject({ kind: 'broken', problem: place });
});

describe('an odd object is passed over with its line, the others count', () => {
  const good = '---\nkind: Service\nmetadata: {name: a}\n';
  test.each<[text: string, message: string]>([
    ['just text\n', 'not a Kubernetes object: a mapping with kind and metadata is wanted'],
    ['metadata: {name: b}\n', 'not a Kubernetes object: it has no kind'],
    ['kind: Service\n', 'Service without metadata.name'],
    ['kind: Service\nmetadata: {name: a/b}\n', 'Service "a/b": not a legal name or namespace'],
    [
      'kind: Service\nmetadata: {name: b, namespace: 3}\n',
      'Service "b": not a legal name or namespace',
    ],
  ])('%j', (text, message) => {
    expect(readManifests(text + good)).toMatchObject({
      manifests: [{ name: 'a' }],
      problems: [{ message, line: 1 }],
    });
  });
});

test('no text whatever makes reading fail', () => {
  const yamlish = fc.string({
    unit: fc.constantFrom(...Array.from('ab:-{}[]&*!|>"\'%@#,?\n \t0~')),
  });
  fc.assert(
    fc.property(fc.oneof(yamlish, fc.string({ unit: 'binary' })), (text) => {
      expect(['read', 'broken']).toContain(readManifests(text).kind);
    }),
  );
});
