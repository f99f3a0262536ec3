import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runMigrate } from '../../support/terminal.ts';

const FOLDER = new URL('../../fixtures/migrate/forms/', import.meta.url);

/** Every form that people have a configuration in; all of them mean the same. */
const files: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  readdirSync(FOLDER).map((name): [string, Uint8Array] => [
    name,
    readFileSync(new URL(name, FOLDER)),
  ]),
);
const names = Object.keys(files);

async function modelOf(name: string): Promise<unknown> {
  const { code, json } = await runMigrate(['validate', '-o', 'json', name], files);
  expect(code).toBe(0);
  const [{ model }] = json() as [{ model: { peers: { name: string }[] } }];
  // Resources name their peers, a ConfigMap counts them.
  return { ...model, peers: model.peers.map((peer) => ({ ...peer, name: '' })) };
}

describe('a configuration', () => {
  test.each(names)('as %s means what it means in every other form', async (name) => {
    expect(await modelOf(name)).toEqual(await modelOf('bare.yaml'));
  });

  test.each(names)('as %s is compared with the bare one, and found equal', async (name) => {
    const { code, printed } = await runMigrate(['diff', name, 'bare.yaml'], files);
    expect([code, printed.at(-1)]).toEqual([0, `${name} and bare.yaml mean the same`]);
  });

  test.each(names)('as %s may come through standard input', async (name) => {
    const { code, printed } = await runMigrate(['validate', '-'], { '-': files[name] ?? '' });
    expect([code, printed.at(-1)]).toEqual([0, '-: valid: 2 pools, 1 peer']);
  });
});

describe('what is converted', () => {
  const withResources = names.filter((name) => /^(?:resources|mix)/.test(name));
  const withConfigMap = names.filter((name) => !name.startsWith('resources'));

  test.each(withConfigMap)('is the ConfigMap of %s', async (name) => {
    const { code, printed } = await runMigrate(['convert', name], files);
    expect(code).toBe(0);
    const made = { ...files, made: printed.join('\n') };
    expect((await runMigrate(['diff', name, 'made'], made)).code).toBe(0);
  });

  test.each(withResources)('are the resources of %s, on the way back', async (name) => {
    const { code, printed } = await runMigrate(['convert', '--reverse', name], files);
    expect(code).toBe(0);
    const made = { ...files, made: printed.join('\n') };
    expect((await runMigrate(['diff', name, 'made'], made)).code).toBe(0);
  });

  test.each([
    [['convert'], 'resources.yaml', '--reverse'],
    [['convert', '--reverse'], 'bare.yaml', 'no v0.13 resources here'],
  ])('is not what there is none of: %j', async (argv, name, words) => {
    const { code, printed, complained } = await runMigrate([...argv, name], files);
    expect([code, printed]).toEqual([1, []]);
    expect(complained.join('\n')).toContain(words);
  });
});

describe('a ConfigMap and resources in one text', () => {
  const mix = Buffer.from(files['mix.yaml'] ?? '').toString('utf8');
  const run = (text: string, ...argv: string[]) =>
    runMigrate(['validate', ...argv, 'mix'], { mix: text });

  test('that mean the same are both checked, and it is said that the resources count', async () => {
    expect((await run(mix)).printed[0]).toBe(
      'mix: holds a ConfigMap and v0.13 resources that mean the same: the resources count',
    );
    expect((await run(mix, '-o', 'json')).json()).toMatchObject([
      { valid: true, counts: 'resources', differences: [] },
    ]);
  });

  test('that differ are told apart, and the ConfigMap counts', async () => {
    const other = mix.replace('localPref: 100', 'localPref: 200');
    expect((await run(other, '-o', 'json')).json()).toMatchObject([
      {
        valid: true,
        counts: 'ConfigMap',
        differences: [expect.stringContaining('local preference')],
        model: { pools: [{ name: 'jade', bgp: [{ localPref: 100 }] }, {}] },
      },
    ]);
  });

  test('are not valid if one of them is not', async () => {
    for (const [good, bad] of [
      ['protocol: layer2', 'protocol: layer3'],
      ['peerASN: 64501', 'peerASN: 64500, x'],
      ['holdTime: 30s', 'holdTime: 2s'],
    ] as const) {
      const { code, printed } = await run(mix.replace(good, bad));
      expect(code).toBe(1);
      expect(printed[0]).toMatch(/^mix:\d+:\d+: /);
    }
  });

  test('beside the ConfigMaps that every namespace has are no mix', async () => {
    const resources = Buffer.from(files['resources.yaml'] ?? '').toString('utf8');
    const root = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-root-ca.crt}\n---\n';
    const { code, printed } = await run(root + resources);
    expect([code, printed]).toEqual([0, ['mix: valid: 2 pools, 1 peer']]);
  });
});
