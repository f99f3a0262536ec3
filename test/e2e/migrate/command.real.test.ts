import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programFile } from '../../cluster/installation.ts';
import { type RunOptions, runCommand } from './process.ts';

const MEGABYTE = 2 ** 20;
const SOUND = 'address-pools:\n- {name: teal, protocol: layer2, addresses: [192.0.2.0/24]}\n';
const READERS = ['validate', 'convert', 'diff'] as const;

/** Each nine times the one before, twenty times over. */
const ALIASES = Array.from({ length: 20 }, (_, at) => {
  const [above, name] = [String.fromCharCode(97 + at), String.fromCharCode(98 + at)];
  return `${name}: &${name} [${Array(9).fill(`*${above}`).join(',')}]`;
});

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'command-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileWith(content: string | Uint8Array): string {
  const file = join(folder, 'input');
  writeFileSync(file, content);
  return file;
}

/** The arguments by which a sub-command reads a file. */
function reading(command: (typeof READERS)[number], file: string): readonly string[] {
  return command === 'diff' ? ['diff', file, file] : [command, file];
}

/** Runs with little memory, and holds that nothing looks like a crash. */
async function soberly(argv: readonly string[], options: RunOptions = {}) {
  const run = await runCommand(argv, { node: ['--max-old-space-size=1024'], ...options });
  expect(run.stderr + run.stdout).not.toMatch(/^\s+at |node:internal|heap|Error:/m);
  return run;
}

describe('an input that is too much', () => {
  test.each(READERS)('of 100 MB is not read to its end by %s', async (command) => {
    const file = fileWith('');
    truncateSync(file, 100 * MEGABYTE);
    const { code, stdout, stderr, seconds } = await soberly(reading(command, file));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`larger than 64 MiB`);
    expect(seconds).toBeLessThan(10);
  });

  test('never ends, and is not waited for', async () => {
    const { code, stderr } = await soberly(['validate', '/dev/zero']);
    expect(code).toBe(2);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  test('of 20 MB is no configuration', async () => {
    const { code, stderr } = await soberly(['validate', '-'], {
      stdin: Buffer.alloc(20 * MEGABYTE, '# nothing\n'),
    });
    expect([code, stderr]).toEqual([
      2,
      'metal-migrate: -: larger than 8 MiB, which no configuration is\n',
    ]);
  });

  test.each([
    ['brackets', '['.repeat(2 * MEGABYTE)],
    ['mappings', '{a: '.repeat(MEGABYTE / 2)],
    ['dashes', '- '.repeat(MEGABYTE)],
    ['values', `[${'a,'.repeat(2 * MEGABYTE)}a]`],
    ['documents', '---\n'.repeat(MEGABYTE)],
    ['aliases', `a: &a [x]\n${ALIASES.join('\n')}\nconfigInline: *u\n`],
  ])('in its %s is refused in bounded memory', async (_name, text) => {
    const { code, stdout, seconds } = await soberly(['validate', fileWith(text)]);
    expect(code).toBe(1);
    expect(stdout.split('\n').length).toBeLessThan(5);
    expect(stdout.length).toBeLessThan(1000);
    expect(seconds).toBeLessThan(20);
  });
});

describe('an input that is not what it should be', () => {
  test.each<[name: string, content: string | Uint8Array, words: RegExp]>([
    ['binary', Uint8Array.from({ length: 4096 }, (_, at) => (at * 7) % 256), /invalid|control/],
    [
      'half a document',
      'apiVersion: v1\nkind: ConfigMap\ndata:\n  config: "peers:\\n- my-',
      /end of stream/,
    ],
    [
      'another kind',
      'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n',
      /no configuration here.*Service web/,
    ],
    [
      'two ConfigMaps',
      ['a', 'b']
        .map(
          (name) =>
            `kind: ConfigMap\napiVersion: v1\nmetadata: {name: ${name}}\ndata: {config: "{}"}\n`,
        )
        .join('---\n'),
      /more than one configuration.*ConfigMap a.*ConfigMap b/,
    ],
  ])('is %s: each command says so and exits as refused', async (_name, content, words) => {
    const file = fileWith(content);
    for (const command of ['validate', 'convert'] as const) {
      const { code, stdout, stderr } = await soberly(reading(command, file));
      expect(code).toBe(1);
      expect(stdout + stderr).toMatch(words);
    }
    expect(await soberly(['diff', file, file])).toMatchObject({ code: 2, stdout: '' });
  });

  test.each([
    ['a folder', () => folder, 'a directory, not a file'],
    ['not there', () => join(folder, 'gone'), 'no such file'],
    ['below a file', () => join(fileWith(''), 'x'), 'no such file'],
  ])('is %s: nothing could run', async (_name, path, words) => {
    for (const command of READERS) {
      const { code, stderr } = await soberly(reading(command, path()));
      expect(code).toBe(2);
      expect(stderr).toContain(words);
    }
  });

  test('is told in JSON too', async () => {
    const { code, stdout, stderr } = await soberly(['validate', '-o', 'json', folder]);
    expect([code, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toMatchObject({ valid: false, errors: [{ reason: 'unreadable' }] });
  });

  test('is empty: an empty configuration, as the original takes it', async () => {
    const { code, stdout } = await soberly(['validate', fileWith('')]);
    expect([code, stdout]).toEqual([0, `${join(folder, 'input')}: valid: 0 pools, 0 peers\n`]);
  });
});

describe('an output that nobody takes', () => {
  test('is closed: the command ends quietly', async () => {
    const files = Array<string>(200).fill(fileWith(SOUND));
    const { code, stderr } = await soberly(['validate', '-o', 'json', ...files], {
      meanwhile: (child) => void child.stdout?.destroy(),
    });
    expect([code, stderr]).toEqual([0, '']);
  });

  test('is full: the command says so and fails', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      const { code, stderr } = await soberly(['validate', fileWith(SOUND)], {
        stdio: ['ignore', full, 'pipe'],
      });
      expect(code).toBe(2);
      expect(stderr).toContain('could not be written: ENOSPC');
    } finally {
      closeSync(full);
    }
  });
});

describe('a terminal that is interrupted', () => {
  /** More than a pipe holds: once it is gone, the command is reading. */
  async function isReading({ stdin }: ChildProcess): Promise<void> {
    if (stdin?.write('# more to come\n'.repeat(MEGABYTE / 16)) === false) {
      await once(stdin, 'drain');
    }
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends at once, says so and exits with %i', async (signal, expected) => {
    const run = await soberly(['validate', '-'], {
      meanwhile: async (child) => {
        await isReading(child);
        child.kill(signal);
      },
    });
    expect(run).toMatchObject({
      code: expected,
      stdout: '',
      stderr: `metal-migrate: interrupted by ${signal}\n`,
    });
  });
});

describe('what a terminal sees', () => {
  test('has no color and no control characters where it is none', async () => {
    const typo = fileWith(SOUND.replace('name', 'nmae'));
    const { stdout } = await soberly(['validate', typo]);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('did you mean "name"?');
  });

  test('has color, but not in what goes into a file beside it', () => {
    const complaints = join(folder, 'complaints');
    const typo = fileWith(SOUND.replace('name', 'nmae'));
    const command = `${process.execPath} ${programFile('migrate')} convert ${typo}`;
    const onTerminal = (line: string): string => {
      const env = { ...process.env, NO_COLOR: '' };
      return spawnSync('script', ['-qc', line, '/dev/null'], { env, encoding: 'utf8' }).stdout;
    };
    expect(onTerminal(command)).toContain('\u001b[1m');
    onTerminal(`${command} 2>${complaints}`);
    expect(readFileSync(complaints, 'utf8')).toMatch(/^metal-migrate: [^\u001b]*$/);
  });

  test('is the version that was built', async () => {
    const { stdout } = await soberly(['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
