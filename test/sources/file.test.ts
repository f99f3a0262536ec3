import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { millis, seconds } from '../../src/runtime/platform/ports.ts';
import { FileSource } from '../../src/runtime/sources/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { Inbox } from '../support/sources.ts';

const TEAL = 'address-pools:\n- name: teal\n  protocol: layer2\n  addresses: [192.0.2.0/28]\n';
const JADE = TEAL.replace('teal', 'jade');

let directory: string;
let path: string;
let clock: ManualClock;
let inbox: Inbox;
let logger: RecordingLogger;
let stop: () => Promise<void>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'metal-lb-file-'));
  path = join(directory, 'config');
  clock = new ManualClock();
  inbox = new Inbox();
  logger = new RecordingLogger();
});

afterEach(async () => {
  await stop();
  rmSync(directory, { recursive: true, force: true });
});

function start(file = path): void {
  const names = { name: 'config', namespace: 'metallb-system' };
  const source = new FileSource({ path: file, names, inbox, clock, logger });
  const control = new AbortController();
  const done = source.run(control.signal);
  stop = async () => {
    control.abort();
    await done;
  };
}

/** Lets a little time pass, again and again, until `reached`: disk and watcher take the time they take. */
async function until(reached: () => void, step = 20): Promise<void> {
  await vi.waitFor(
    () => {
      clock.advance(millis(step));
      reached();
    },
    { timeout: 20_000, interval: 5 },
  );
}

async function finds(expected: string): Promise<void> {
  await until(() => expect(inbox.last).toBe(expected));
}

describe('a configuration in a file is found', () => {
  test('at the start, at once where the file has long been there', async () => {
    writeFileSync(path, TEAL);
    utimesSync(path, 0, 0);
    start();
    await until(() => expect(inbox.found).toEqual([TEAL]), 0);
  });

  test('as a bare document or in a ConfigMap manifest, with places in the file', async () => {
    const indented = TEAL.replace(/^/gm, '    ').trimEnd();
    writeFileSync(
      path,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\ndata:\n  config: |\n${indented}\n`,
    );
    start();
    await finds(TEAL);
    expect(inbox.documents[0]?.locate?.(2, 3)).toEqual({ line: 8, column: 7 });
    expect(inbox.documents[0]?.origin).toEqual({ fields: { file: path } });
  });

  test('when it is written in place', async () => {
    writeFileSync(path, TEAL);
    start();
    await finds(TEAL);
    writeFileSync(path, JADE);
    await finds(JADE);
    expect(inbox.found).toEqual([TEAL, JADE]);
  });

  test('when another file is renamed to its name', async () => {
    writeFileSync(path, TEAL);
    start();
    await finds(TEAL);
    for (const text of [JADE, TEAL, JADE]) {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
      await finds(text);
    }
  });

  test('behind the ..data link of a mounted volume, after bursts of updates too', async () => {
    let version = 0;
    const publish = (text: string): void => {
      const before = `..v${version}`;
      version += 1;
      mkdirSync(join(directory, `..v${version}`));
      writeFileSync(join(directory, `..v${version}`, 'config'), text);
      symlinkSync(`..v${version}`, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
      rmSync(join(directory, before), { recursive: true, force: true });
    };
    publish(TEAL);
    symlinkSync('..data/config', path);
    start();
    await finds(TEAL);
    publish(JADE);
    await finds(JADE);
    for (let i = 0; i < 30; i += 1) publish(`${TEAL}# ${i}\n`);
    await finds(`${TEAL}# 29\n`);
    publish(JADE);
    await finds(JADE);
  });

  test('where the file, and its directory, come later or anew', async () => {
    rmSync(directory, { recursive: true });
    start();
    await finds('<missing>');
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { file: path } }]);
    for (const text of [TEAL, JADE]) {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
      writeFileSync(path, text);
      await until(() => expect(inbox.last).toBe(text), 1000);
    }
  });

  test('by looking again from time to time where no notice came', async () => {
    mkdirSync(join(directory, 'real'));
    writeFileSync(join(directory, 'real', 'config'), TEAL);
    symlinkSync(join(directory, 'real', 'config'), path);
    start();
    await finds(TEAL);
    writeFileSync(join(directory, 'real', 'config'), JADE);
    await until(() => expect(inbox.last).toBe(JADE), 5000);
  });
});

describe('a file in the middle of being written is not taken', () => {
  test.each<[name: string, moment: (file: string) => void]>([
    ['emptied', (file) => truncateSync(file, 0)],
    ['cut off', (file) => truncateSync(file, 40)],
    ['cut off at the end of a line', (file) => truncateSync(file, TEAL.indexOf('- name'))],
    ['gone', (file) => rmSync(file)],
  ])('%s', async (_name, moment) => {
    writeFileSync(path, TEAL);
    start();
    await finds(TEAL);
    moment(path);
    // It has been looked at, and is to be looked at again in a while.
    await until(() => {
      const next = clock.next! - clock.now();
      expect(next > 1000 && next <= 3000).toBe(true);
    });
    await clock.advanceAsync(millis(clock.next! - clock.now() - 1));
    expect(inbox.found).toEqual([TEAL]);
    writeFileSync(path, JADE);
    await finds(JADE);
    expect(inbox.found).toEqual([TEAL, JADE]);
  });

  test('growing part by part', async () => {
    writeFileSync(path, TEAL);
    start();
    await finds(TEAL);
    const lines = JADE.match(/.*\n/g)!;
    writeFileSync(path, '');
    for (const line of lines) {
      for (const part of [line.slice(0, 5), line.slice(5)]) {
        appendFileSync(path, part);
        for (let i = 0; i < 9; i += 1) await clock.advanceAsync(millis(10));
      }
    }
    await finds(JADE);
    expect(inbox.found).toEqual([TEAL, JADE]);
  });

  test('but one that stays empty is, in the end', async () => {
    writeFileSync(path, TEAL);
    start();
    await finds(TEAL);
    truncateSync(path, 0);
    await finds('');
  });

  test('and one that stays away is missing', async () => {
    writeFileSync(path, TEAL);
    start();
    await finds(TEAL);
    rmSync(path);
    await finds('<missing>');
    writeFileSync(path, TEAL);
    await finds(TEAL);
  });
});

describe('a file that cannot be used is told with its path, and what comes after it is taken', () => {
  test.each<[name: string, make: () => void, message: RegExp]>([
    ['a directory', () => mkdirSync(path), /config: is a directory, wanted is a file/],
    ['a device that gives for ever', () => symlinkSync('/dev/zero', path), /is no regular file/],
    ['a link to itself', () => symlinkSync('config', path), /config: cannot be read \(ELOOP\)/],
    ['not text', () => writeFileSync(path, Uint8Array.of(0xff, 0xfe, 0x80)), /is not UTF-8 text/],
    ['huge', () => truncateSync(touched(), 5 << 20), /is larger than 4194304 octets/],
    [
      'another kind of object',
      () => writeFileSync(path, 'apiVersion: v1\nkind: Service\n'),
      /no configuration in it/,
    ],
    [
      'several ConfigMaps, none of the name',
      () => writeFileSync(path, `${manifest('a')}---\n${manifest('b')}`),
      /2 configurations, cannot tell the one named metallb-system\/config/,
    ],
    [
      'v0.13 resources',
      () => writeFileSync(path, 'apiVersion: metallb.io/v1beta1\nkind: BGPPeer\n'),
      /v0\.13 resource/,
    ],
  ])('%s', async (_name, make, message) => {
    make();
    start();
    await until(() => expect(inbox.last).toMatch(/^<unreadable>/));
    expect(inbox.last).toMatch(message);
    expect(inbox.last).toContain(path);
    rmSync(path, { recursive: true });
    writeFileSync(path, JADE);
    await finds(JADE);
  });

  test('the ConfigMap of the configured name among others', async () => {
    writeFileSync(path, `${manifest('other')}---\n${manifest('config', TEAL)}`);
    start();
    await finds(TEAL);
  });
});

test('stops at once, whatever it is waiting for', async () => {
  start();
  await finds('<missing>');
  await stop();
  clock.advance(seconds(60));
  expect(clock.pending).toBe(0);
});

function touched(): string {
  writeFileSync(path, '');
  return path;
}

function manifest(name: string, config = 'peers: []\n'): string {
  const text = JSON.stringify(config);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {config: ${text}}\n`;
}
