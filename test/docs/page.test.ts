import { describe, expect, test } from 'vitest';
import { parsePage } from './page.ts';

const page = (...lines: readonly string[]): ReturnType<typeof parsePage> =>
  parsePage(lines.join('\n'));

describe('a block of commands', () => {
  test('is read as commands with their lines, machines and promised output', () => {
    const { parts } = page(
      'Look:',
      '```console',
      '$ kubectl get pods',
      'NAME   READY',
      'web-1  1/1',
      'n1$ ip link',
      '```',
    );

    expect(parts).toMatchObject([
      {
        kind: 'commands',
        line: 2,
        notRun: undefined,
        fails: false,
        steps: [
          {
            line: 3,
            machine: undefined,
            command: 'kubectl get pods',
            expected: ['NAME   READY', 'web-1  1/1'],
          },
          { line: 6, machine: 'n1', command: 'ip link', expected: [] },
        ],
      },
    ]);
  });

  test('keeps a command of several lines together', () => {
    const { parts } = page(
      '```console',
      '$ kubectl get services \\',
      '    --all-namespaces',
      'NAME',
      "$ kubectl apply -f - <<'EOF'",
      'kind: Service',
      'EOF',
      'service/web created',
      '```',
    );

    expect(parts).toMatchObject([
      {
        steps: [
          { command: 'kubectl get services \\\n    --all-namespaces', expected: ['NAME'] },
          {
            line: 5,
            command: "kubectl apply -f - <<'EOF'\nkind: Service\nEOF",
            expected: ['service/web created'],
          },
        ],
      },
    ]);
  });

  test('says why it is not run, and that it is to fail', () => {
    const { parts } = page(
      '```console not-run="needs helm"',
      '$ helm list',
      '```',
      '```console fails',
      '$ curl http://192.0.2.200',
      '```',
    );

    expect(parts).toMatchObject([
      { notRun: 'needs helm', fails: false },
      { notRun: undefined, fails: true },
    ]);
  });

  test('without a command first, or without an end, is refused with its line', () => {
    expect(() => page('```console', 'NAME', '```')).toThrow('line 2: a block begins');
    expect(() => page('', '```console', '$ ls')).toThrow('line 2: the block does not end');
  });
});

test('files to save and stages are found in their order', () => {
  const { parts } = page(
    '<!-- stage: installed -->',
    '```yaml file="web.yaml"',
    'kind: Service',
    '```',
    '```text',
    'x',
    '```',
  );

  expect(parts).toMatchObject([
    { kind: 'stage', line: 1, name: 'installed' },
    { kind: 'file', line: 2, file: 'web.yaml', text: 'kind: Service\n' },
    { kind: 'other', language: 'text' },
  ]);
});

test('links, headings and quoted words are found in the text and not in blocks', () => {
  const { links, anchors, quoted } = page(
    '# IPVS: `strictARP`',
    'See [the index](README.md) and `kubectl`.',
    '```text',
    '[no](link.md) `no`',
    '```',
  );

  expect(links).toEqual([{ line: 2, target: 'README.md' }]);
  expect([...anchors]).toEqual(['ipvs-strictarp']);
  expect(quoted.map(({ text }) => text)).toEqual(['strictARP', 'kubectl']);
});
