import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { bundleQuickstart } from '../support/standalone-bundle.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const EXAMPLE = fileURLToPath(new URL('../../examples/quickstart', import.meta.url));

let programs: string;
let directory: string;
let child: ChildProcess;
let printed: string;

beforeAll(async () => {
  programs = await bundleQuickstart();
});

afterAll(() => rm(programs, { recursive: true }));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metal-lb-quickstart-'));
  const isOurs = (path: string): boolean => !path.includes('.metal-lb-state');
  await cp(EXAMPLE, directory, { recursive: true, filter: isOurs });
  printed = '';
});

afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(directory, { recursive: true });
});

function start(args: readonly string[], command: readonly string[] = []): void {
  const [program = process.execPath, ...rest] = [
    ...command,
    process.execPath,
    join(programs, 'quickstart.js'),
    '--dir',
    directory,
    ...args,
  ];
  child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
}

function shows(wanted: RegExp): Promise<void> {
  return vi.waitFor(() => expect(printed).toMatch(wanted), { timeout: 30_000, interval: 50 });
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(directory, file);
  await writeFile(path, change(await readFile(path, 'utf8')));
}

async function exitCode(): Promise<unknown> {
  if (child.exitCode !== null) return child.exitCode;
  return ((await once(child, 'exit')) as unknown[])[0];
}

/** An answer for the address as a frame: its sender's MAC stands in it three times. */
function answerFor(address: string, last: string): RegExp {
  const mac = '((?:[0-9a-f]{2}:){5}[0-9a-f]{2})';
  const escaped = address.replaceAll('.', '\\.');
  return new RegExp(
    `received 60 octets: ${escaped} is at ${mac}\\n +Ethernet +from \\1 .*\\n +ARP +reply, sender ${escaped} \\(\\1\\)` +
      `[^]*?08 06 00 01\\n +08 00 06 04 00 02 (?:[0-9a-f]{2} ){6}c0 a8 1f ${last}`,
  );
}

test('a newcomer sees the address, the answer on the wire, and an edit taking effect', async () => {
  start([]);
  await shows(/nginx +LoadBalancer +<none> +192\.168\.31\.210 +80\/TCP/);
  await shows(answerFor('192.168.31.210', 'd2'));
  await shows(/Now edit a file/);
  await edit('config.yaml', (text) => text.replace('- 192.168.31.210-', '- 192.168.31.215-'));
  await shows(/nginx +LoadBalancer +<none> +192\.168\.31\.215 +80\/TCP/);
  await shows(answerFor('192.168.31.215', 'd7'));
  await shows(/who has 192\.168\.31\.210\?\n +nobody answers any more/);
  await edit('nginx.yaml', (text) =>
    text.replace('type:', 'loadBalancerIP: 192.168.31.218\n  type:'),
  );
  await shows(answerFor('192.168.31.218', 'da'));
  child.kill('SIGTERM');
  expect(await exitCode()).toBe(0);
});

test('another pool in another folder gives another address', async () => {
  await edit('config.yaml', (text) => text.replace('- 192.168.31.210-', '- 192.168.31.213-'));
  start(['--once']);
  expect(await exitCode()).toBe(0);
  expect(printed).toMatch(answerFor('192.168.31.213', 'd5'));
});

test('the address is the same after a restart, although a lower one is free', async () => {
  await edit('nginx.yaml', (text) =>
    text.replace('type:', 'loadBalancerIP: 192.168.31.212\n  type:'),
  );
  start(['--once']);
  expect(await exitCode()).toBe(0);
  await edit('nginx.yaml', (text) => text.replace('loadBalancerIP: 192.168.31.212\n', '\n'));
  printed = '';
  start(['--once']);
  expect(await exitCode()).toBe(0);
  expect(printed).toMatch(answerFor('192.168.31.212', 'd4'));
});

test('the end of standard input ends it, and nothing is left behind', async () => {
  const links = execFileSync('ip', ['-brief', 'link'], { encoding: 'utf8' });
  start([]);
  child.stdin?.end();
  expect(await exitCode()).toBe(0);
  expect(printed).toMatch(answerFor('192.168.31.210', 'd2'));
  expect(execFileSync('ip', ['-brief', 'link'], { encoding: 'utf8' })).toBe(links);
});

test('without the rights of root a user namespace will do', async () => {
  execFileSync('chown', ['-R', '65534:65534', directory]);
  start(['--once'], ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']);
  expect(await exitCode()).toBe(0);
  expect(printed).toMatch(answerFor('192.168.31.210', 'd2'));
});

test('where there are no namespaces it says so and shows the rest', async () => {
  // Without programs in PATH neither ip nor unshare is found.
  start(['--once'], ['env', 'PATH=/nowhere']);
  expect(await exitCode()).toBe(0);
  expect(printed).toMatch(/^No network namespaces here \(ip is not installed\)/);
  expect(printed).toMatch(/nginx +LoadBalancer +<none> +192\.168\.31\.210/);
  expect(printed).toMatch(/nothing is announced/);
});
