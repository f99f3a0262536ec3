import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SystemClock } from '../../src/runtime/platform/index.ts';
import { Folder, recallState } from '../../src/runtime/standalone/index.ts';
import type { Reading } from '../../src/runtime/standalone/settle.ts';

vi.setConfig({ testTimeout: 30_000 });

let directory: string;
let folder: Folder;
let seen: ReadonlyMap<string, Reading>[];
let lost: string[];
let stop: AbortController;
let stopped: Promise<void> | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metal-lb-folder-'));
  seen = [];
  lost = [];
  folder = new Folder(directory, new SystemClock(), {
    contents: (files) => seen.push(files),
    lost: (message) => lost.push(message),
  });
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await stopped;
  await rm(directory, { recursive: true, force: true });
});

function put(name: string, text: string): Promise<void> {
  return writeFile(join(directory, name), text);
}

async function start(): Promise<void> {
  stopped = folder.run(stop.signal);
  await vi.waitFor(() => expect(seen).not.toEqual([]), { timeout: 10_000, interval: 20 });
}

/** Waits until the newest content is as wanted. */
function becomes(files: Readonly<Record<string, unknown>>): Promise<void> {
  return vi.waitFor(() => expect(Object.fromEntries(seen.at(-1) ?? [])).toEqual(files), {
    timeout: 10_000,
    interval: 20,
  });
}

const text = (content: string): Reading => ({ kind: 'text', text: content });

test('manifests are told all at once at the start; other files are none of our business', async () => {
  await put('a.yaml', 'kind: A\n');
  await put('b.json', '{"kind": "B"}\n');
  await put('notes.txt', 'hello\n');
  await put('.hidden.yaml', 'kind: H\n');
  await start();
  expect(Object.fromEntries(seen[0]!)).toEqual({
    'a.yaml': text('kind: A\n'),
    'b.json': text('{"kind": "B"}\n'),
  });
});

test('an edit in place, a rename over and a new file are noticed', async () => {
  await put('a.yaml', 'kind: A\n');
  await start();
  await put('a.yaml', 'kind: A2\n');
  await becomes({ 'a.yaml': text('kind: A2\n') });
  await put('draft', 'kind: A3\n');
  await rename(join(directory, 'draft'), join(directory, 'a.yaml'));
  await put('b.yaml', 'kind: B\n');
  await becomes({ 'a.yaml': text('kind: A3\n'), 'b.yaml': text('kind: B\n') });
});

test('a swapped symbolic link, as a mounted volume swaps it, is noticed', async () => {
  for (const version of ['1', '2']) {
    await mkdir(join(directory, `..${version}`));
    await writeFile(join(directory, `..${version}`, 'a.yaml'), `kind: V${version}\n`);
  }
  await symlink('..1', join(directory, '..data'));
  await symlink('..data/a.yaml', join(directory, 'a.yaml'));
  await start();
  await symlink('..2', join(directory, '..tmp'));
  await rename(join(directory, '..tmp'), join(directory, '..data'));
  await becomes({ 'a.yaml': text('kind: V2\n') });
});

test('what cannot be read is told for that file alone', async () => {
  await put('good.yaml', 'kind: A\n');
  await mkdir(join(directory, 'folder.yaml'));
  await symlink('nowhere', join(directory, 'dangling.yaml'));
  await writeFile(join(directory, 'binary.yaml'), Buffer.from([0xff, 0xfe, 0x00]));
  await writeFile(join(directory, 'huge.yaml'), Buffer.alloc(5 << 20, '#'));
  await start();
  await becomes({
    'good.yaml': text('kind: A\n'),
    'folder.yaml': { kind: 'failed', message: 'cannot be read (EISDIR)' },
    'dangling.yaml': { kind: 'failed', message: 'cannot be read (ENOENT)' },
    'binary.yaml': { kind: 'failed', message: 'not UTF-8 text' },
    'huge.yaml': { kind: 'failed', message: 'larger than 4194304 octets' },
  });
});

test('a file written slowly is never taken half-written', async () => {
  await put('a.yaml', 'kind: Old\nname: a\n');
  await start();
  let written = '';
  for (const piece of ['kind: Ne', 'w\nname: b\nsp', 'ec: {}\n']) {
    written += piece;
    await put('a.yaml', written);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await becomes({ 'a.yaml': text(written) });
  expect(seen).toHaveLength(2);
});

test('a folder that goes away is told once, and what it held stays', async () => {
  await put('a.yaml', 'kind: A\n');
  await start();
  await rm(directory, { recursive: true });
  await vi.waitFor(() => expect(lost).toEqual([`${directory} cannot be read (ENOENT)`]), {
    timeout: 10_000,
    interval: 20,
  });
  expect(seen).toHaveLength(1);
});

describe('the state file', () => {
  test('is replaced whole and leaves nothing beside it', async () => {
    await folder.saveState('one');
    await folder.saveState('two');
    expect(await folder.loadState()).toBe('two');
    expect(await readdir(directory)).toEqual(['.metal-lb-state.json']);
  });

  test('that cannot be read is set aside, not lost, and it is said', async () => {
    await put('.metal-lb-state.json', '{"version": 1, "servi');
    const remarks: string[] = [];
    expect(await recallState(folder, (remark) => remarks.push(remark))).toEqual(new Map());
    const [aside = ''] = await readdir(directory);
    expect(await readFile(join(directory, aside), 'utf8')).toBe('{"version": 1, "servi');
    expect(remarks).toEqual([
      `the state file cannot be read and is now ${aside}; addresses are assigned anew`,
    ]);
  });

  test('cannot be saved into a folder that is gone', async () => {
    await rm(directory, { recursive: true });
    await expect(folder.saveState('one')).rejects.toThrow('ENOENT');
  });
});
