import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SUB_COMMANDS } from '../../../src/migrate/sub-commands.ts';
import { runMigrate } from '../../support/terminal.ts';

async function scriptFor(shell: string): Promise<string> {
  const { code, printed } = await runMigrate(['completion', shell]);
  expect(code).toBe(0);
  return printed.join('\n');
}

/** What bash offers for the last of some words, in a folder with `my pools.yaml` and `clusters/`. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'completion-'));
  try {
    writeFileSync(join(folder, 'my pools.yaml'), '');
    mkdirSync(join(folder, 'clusters'));
    const ask =
      'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _metal_migrate; printf "%s\\n" "${COMPREPLY[@]}"';
    const script = `${await scriptFor('bash')}\n${ask}`;
    const answer = execFileSync('bash', ['--norc', '-c', script, 'bash', ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    return answer.split('\n').filter((line) => line !== '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const names = SUB_COMMANDS.map(({ name }) => name);

describe('in bash', () => {
  test('a sub-command is completed', async () => {
    expect(await offered('metal-migrate', '')).toEqual(names);
    expect(await offered('metal-migrate', 'val')).toEqual(['validate']);
  });

  test('the options are those of the sub-command', async () => {
    const options = await offered('metal-migrate', 'validate', '--');
    expect(options).toContain('--kubeconfig');
    expect(options).toContain('--help');
    expect(options).not.toContain('--version');
    expect(await offered('metal-migrate', '--')).toContain('--version');
  });

  test.each([
    [['--mode', '']],
    [['--mode', '=']],
    [['a.yaml', '--compat', 'v0.10', '--mode', '=', '']],
  ])('an option is given its values: %j', async (words) => {
    expect(await offered('metal-migrate', 'validate', ...words)).toEqual(['none', 'native', 'frr']);
  });

  test('an argument is a file, whatever is in its name, or the cluster', async () => {
    expect(await offered('metal-migrate', 'validate', 'my')).toEqual(['my pools.yaml']);
    expect(await offered('metal-migrate', 'diff', 'my pools.yaml', 'cl')).toEqual([
      'cluster',
      'clusters',
    ]);
  });

  test('what nobody can guess is not guessed', async () => {
    expect(await offered('metal-migrate', 'validate', '--namespace', '')).toEqual([]);
  });
});

describe('in every shell', () => {
  test.each(['bash', 'zsh', 'fish'])(
    '%s is told of every sub-command and option',
    async (shell) => {
      const script = await scriptFor(shell);
      for (const { name } of SUB_COMMANDS) {
        expect(script).toContain(name);
        const help = (await runMigrate([name, '--help'])).printed.join('\n');
        for (const [, option = ''] of help.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)) {
          expect(script).toMatch(new RegExp(`(?:--|-l )${option}\\b`));
        }
      }
    },
  );

  test('a machine gets the script in JSON', async () => {
    const { json } = await runMigrate(['completion', 'fish', '-o', 'json']);
    expect(json()).toEqual([{ shell: 'fish', script: await scriptFor('fish') }]);
  });

  test('one that is not known is refused', async () => {
    const { code, complained } = await runMigrate(['completion', 'csh']);
    expect(code).toBe(2);
    expect(complained.join()).toContain('Allowed choices are bash, zsh, fish');
  });
});
