import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SUB_COMMANDS } from '../../../src/migrate/sub-commands.ts';
import { type Files, runMigrate } from '../../support/terminal.ts';

const form = (name: string): Uint8Array =>
  readFileSync(new URL(`../../fixtures/migrate/forms/${name}`, import.meta.url));
const names = SUB_COMMANDS.map(({ name }) => name);

async function helpOf(name: string): Promise<string> {
  const { code, printed } = await runMigrate([name, '--help']);
  expect(code).toBe(0);
  return printed.join('\n');
}

/** The command lines of a help's examples, as a shell takes them apart. */
function examplesIn(help: string): readonly (readonly string[])[] {
  const [, block = ''] = /^Examples?:\n((?: {2}.*\n)*)/m.exec(help) ?? [];
  return [...block.matchAll(/metal-migrate ([^|&<>()#\n]*)/g)].map(([, line = '']) =>
    line.trim().split(/\s+/),
  );
}

/** Every file there is, resources where the name says so. */
const files: Files = new Proxy<Record<string, Uint8Array>>(
  {},
  {
    get: (_, path) =>
      form(/resource|after|new/.test(String(path)) ? 'resources.yaml' : 'bare.yaml'),
  },
);

describe('help', () => {
  test('lists every sub-command, says what the exit codes mean and what is taken', async () => {
    const { code, printed } = await runMigrate(['--help']);
    const help = printed.join('\n');
    expect(code).toBe(0);
    for (const { name, summary } of SUB_COMMANDS) {
      expect(help.replaceAll(/\s+/g, ' ')).toContain(`${name} `);
      expect(help.replaceAll(/\s+/g, ' ')).toContain(summary);
    }
    expect(help).toContain('Exits with 0');
    expect(help).toContain('Helm values');
  });

  test.each(names)('of %s has an example, its exit codes and -o json', async (name) => {
    const help = await helpOf(name);
    expect(help).toMatch(/^Examples?:$/m);
    expect(examplesIn(help)).not.toEqual([]);
    expect(help).toMatch(/^Exits with 0/m);
    expect(help).toMatch(/-o, --output <form>/);
    expect(help).toContain('"json"');
  });

  test.each(names)('of %s is set evenly, and counts its examples', async (name) => {
    const help = await helpOf(name);
    const [, heading, block = ''] = /^(Examples?):\n((?: {2}.*\n)*)/m.exec(help) ?? [];
    expect(heading).toBe(block.trimEnd().includes('\n') ? 'Examples' : 'Example');
    expect(help.split('\n').filter((line) => line.length > 120)).toEqual([]);
    expect(help.slice(help.indexOf(block))).not.toMatch(/^(?=.{1,60}$)[^ ].*[^.:,]\n[a-z]/m);
  });

  test.each(['plan', 'apply', 'verify', 'rollback'])(
    'of %s does not say of an option that it is for "cluster", since a cluster is always read',
    async (name) => {
      expect(await helpOf(name)).not.toContain('for "cluster"');
    },
  );

  test.each(names)('of %s shows examples that are understood', async (name) => {
    for (const example of examplesIn(await helpOf(name))) {
      const { complained } = await runMigrate(example, files);
      expect(complained.join('\n')).not.toMatch(/unknown|missing|invalid|too many|--help/);
    }
  });

  test.each(names)('is told by "help %s" too', async (name) => {
    const { code, printed } = await runMigrate(['help', name]);
    expect([code, printed.join('\n')]).toEqual([0, await helpOf(name)]);
  });

  test('of the version is one line', async () => {
    expect(await runMigrate(['--version'])).toMatchObject({ code: 0, printed: ['0.0.0'] });
  });
});

describe('a command line that is not understood', () => {
  test.each([
    [['valdiate', 'a'], /unknown command 'valdiate'\n\(Did you mean validate\?\)/],
    [['validate', '--mod', 'frr', 'a'], /unknown option '--mod'\n\(Did you mean --mode\?\)/],
    [['validate', '--mode', 'x', 'a'], /Allowed choices are none, native, frr/],
    [['validate'], /missing required argument 'FILE'/],
    [['diff', 'a'], /missing required argument 'B'/],
    [['diff', 'a', 'b', 'c'], /too many arguments/],
    [[], /Usage: metal-migrate/],
  ])('is told, with what was meant and exit code 2: %j', async (argv, words) => {
    const { code, printed, complained } = await runMigrate(argv);
    expect([code, printed]).toEqual([2, []]);
    expect(complained.join('\n')).toMatch(words);
  });

  test.each([
    [['validate', '-o', 'json'], 'missing required argument'],
    [['validate', '-ojson', '--nope'], 'unknown option'],
    [['validate', '--output=json', '--mode', 'x', 'a'], 'Allowed choices'],
    [['cook', '--output', 'json'], 'unknown command'],
    [['-o', 'json'], 'unknown option'],
  ])('is JSON for a machine: %j', async (argv, words) => {
    const { code, json, complained } = await runMigrate(argv);
    expect([code, complained]).toEqual([2, []]);
    expect(json()).toEqual([
      { error: { reason: 'usage', message: expect.stringContaining(words) as string } },
    ]);
  });
});

describe('an interruption', () => {
  const interrupted = AbortSignal.abort(new Error('interrupted by SIGINT'));
  const more = {
    interrupted,
    read: () => Promise.reject(interrupted.reason as Error),
  };

  test('is one line, and not taken for a result', async () => {
    const run = await runMigrate(['validate', '-'], {}, more);
    expect(run).toMatchObject({ code: 2, printed: [], complained: ['interrupted by SIGINT'] });
  });

  test('is JSON for a machine', async () => {
    const { json } = await runMigrate(['diff', '-o', 'json', 'a', 'b'], {}, more);
    expect(json()).toEqual([
      { error: { reason: 'interrupted', message: 'interrupted by SIGINT' } },
    ]);
  });
});
