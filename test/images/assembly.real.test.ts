import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { assemble, assembled, entriesOf, machineOf } from './image.ts';

const NAMES = ['controller', 'speaker', 'migrate'] as const;
const ENTRY = { controller: 'controller', speaker: 'speaker', migrate: 'metal-migrate' };
/** What differs between architectures; machines by linux/elf.h. */
const ARCHITECTURES = {
  amd64: {
    machine: 62,
    libraries: '/lib/x86_64-linux-gnu',
    loader: '/lib64/ld-linux-x86-64.so.2',
    native: 'linux_x64',
  },
  arm64: {
    machine: 183,
    libraries: '/lib/aarch64-linux-gnu',
    loader: '/lib/ld-linux-aarch64.so.1',
    native: 'linux_arm64',
  },
} as const;
const [HERE, ELSEWHERE] =
  process.arch === 'arm64' ? (['arm64', 'amd64'] as const) : (['amd64', 'arm64'] as const);

const folders = { amd64: '', arm64: '' };

beforeAll(() => {
  const scratch = mkdtempSync(join(tmpdir(), 'metal-lb-images-'));
  folders[HERE] = assembled(scratch);
  folders[ELSEWHERE] = join(scratch, ELSEWHERE);
  assemble(folders[ELSEWHERE], { arch: ELSEWHERE });
  return () => {
    rmSync(scratch, { recursive: true, force: true });
  };
});

describe.for([HERE, ELSEWHERE])('for %s the root file system of', (arch) => {
  const { machine, libraries, loader, native } = ARCHITECTURES[arch];
  const rootOf = (name: string): string => join(folders[arch], name);

  test.for(NAMES)('%s has these entries at its top and no others', (name) => {
    const top = ['bin', 'dev', 'etc', 'lib', 'licenses', 'opt', 'proc', 'run', 'sys', 'tmp', 'var'];
    const forLoader = loader.startsWith('/lib64/') ? ['lib64'] : [];

    expect(new Set(readdirSync(rootOf(name)))).toEqual(
      new Set([...top, ...forLoader, ENTRY[name]]),
    );
  });

  test.for(NAMES)('%s can start Node, its loader and its program: no shell is there', (name) => {
    const files = entriesOf(rootOf(name)).filter(({ type }) => type === 'file');

    const executable = files.filter(({ mode }) => (mode & 0o111) !== 0).map(({ path }) => path);

    expect(executable).toEqual(['/bin/node', loader, `/opt/metal-lb/${name}.js`]);
  });

  test.for(NAMES)('%s has the libraries that Node needs and no others', (name) => {
    expect(readdirSync(join(rootOf(name), libraries)).toSorted()).toEqual([
      'libatomic.so.1',
      'libc.so.6',
      'libdl.so.2',
      'libgcc_s.so.1',
      'libm.so.6',
      'libpthread.so.0',
      'libstdc++.so.6',
    ]);
  });

  test.for(NAMES)('%s belongs to root, and nobody else may write', (name) => {
    const odd = entriesOf(rootOf(name)).filter(({ type, mode, owner, changed }) => {
      const open = type !== 'link' && (mode & 0o7022) !== 0;
      return open || owner !== '0:0' || type === 'other' || changed !== 0;
    });

    expect(odd).toEqual([]);
  });

  test.for(NAMES)('%s holds machine code of this architecture alone', (name) => {
    expect(machines(rootOf(name))).toEqual(new Set([machine]));
  });

  test.for(NAMES)('%s names the licenses of what it holds', (name) => {
    const held = licenses(rootOf(name));

    expect(held).toEqual(
      expect.arrayContaining(['metal-lb', 'node', 'libc6', 'libgcc-s1', 'commander', 'yaml']),
    );
    expect(held.includes('koffi')).toBe(name === 'speaker');
    expect(held.includes('prom-client')).toBe(name !== 'migrate');
  });

  test('the speaker alone holds native code of a package, for one libc', () => {
    const held = NAMES.map((name) =>
      entriesOf(rootOf(name)).filter(({ path }) => path.endsWith('.node')),
    );

    expect(held.map((entries) => entries.map(({ path }) => path.split('/').at(-2)))).toEqual([
      [],
      [native],
      [],
    ]);
  });
});

test('assembling twice gives the same trees, octet by octet', () => {
  const again = mkdtempSync(join(tmpdir(), 'metal-lb-again-'));
  try {
    assemble(again);
    for (const name of NAMES) {
      expect(digests(join(again, name))).toEqual(digests(join(folders[HERE], name)));
    }
  } finally {
    rmSync(again, { recursive: true });
  }
});

test('flags that Node does not take from its environment are set before the program starts', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'metal-lb-flags-'));
  try {
    const programs = join(scratch, 'programs');
    cpSync(process.env['PROGRAMS'] ?? 'dist', programs, { recursive: true });
    const bundle = join(programs, 'speaker.js');
    const flags = '--max-semi-space-size=1 --no-opt --no-maglev';
    const program = readFileSync(bundle, 'utf8');
    writeFileSync(bundle, program.replace(/^.*/, `#!/usr/bin/env -S node ${flags}`));

    assemble(scratch, { programs });

    const app = join(scratch, 'speaker', 'opt/metal-lb');
    expect(readFileSync(join(app, 'node.env'), 'utf8')).toBe(
      'NODE_OPTIONS="--max-semi-space-size=1 --require=/opt/metal-lb/engine.cjs"\n',
    );
    expect(readFileSync(join(app, 'engine.cjs'), 'utf8').split('\n')).toEqual([
      "require('node:v8').setFlagsFromString('--no-opt');",
      "require('node:v8').setFlagsFromString('--no-maglev');",
      '',
    ]);
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

/** The machines that the ELF files are for. */
function machines(root: string): Set<number> {
  const files = entriesOf(root).filter(({ type }) => type === 'file');
  const found = files.map(({ path }) => machineOf(join(root, path)));
  return new Set(found.filter((machine) => machine !== undefined));
}

/** What the license files are about. */
function licenses(root: string): string[] {
  const files = ['licenses', 'licenses/npm'].flatMap((name) => readdirSync(join(root, name)));
  return files.map((file) => file.replace(/-\d+[.].*/, ''));
}

function digests(root: string): string[] {
  return entriesOf(root).map(({ path, type, mode, changed }) => {
    const octets = type === 'file' ? readFileSync(join(root, path)) : '';
    const digest = createHash('sha256').update(octets).digest('hex');
    return [type, mode.toString(8), changed, digest, path].join(' ');
  });
}
