import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Conflict } from '../../src/runtime/layer2/index.ts';
import type { HostCommand, HostOptions, HostReport } from './link-host.ts';
import type { Namespace } from './netns.ts';
import { RemoteLinkLayer } from './remote-link-layer.ts';
import type { TapReport } from './wire-tap.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the project, so that koffi is found; of this run alone: runs side by side may have the same process number. */
const output = makeOutput();
/** Milliseconds before a test that waits in vain is told so. */
const PATIENCE = 15_000;

let built: Promise<unknown> | undefined;

function makeOutput(): string {
  const cache = join(project, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'link-lab-'));
  // Some tests run the programs as somebody else.
  chmodSync(folder, 0o755);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Bundles the programs that run in namespaces, once per test process. */
function programs(): Promise<unknown> {
  built ??= build({
    entryPoints: {
      host: `${project}test/support/link-host.ts`,
      layer: `${project}test/support/link-layer-host.ts`,
      tap: `${project}test/support/wire-tap.ts`,
      'link-worker': `${project}src/runtime/bin/link-worker.ts`,
    },
    outdir: output,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['koffi'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return built;
}

/** Lines of a program's output, parsed as they come, for tests that wait for one. */
class Transcript<Line> {
  readonly lines: Line[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    if (child.stdout === null) throw new Error('the program has no output');
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (text !== '') this.lines.push(JSON.parse(text) as Line);
      for (const look of [...this.#waiting]) look();
    });
  }

  /** The first line from `start` on that `matches`, as soon as there is one. */
  find(what: string, matches: (line: Line) => boolean, start = 0): Promise<Line> {
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => {
        this.#waiting.delete(look);
        reject(
          new Error(`no ${what} after ${PATIENCE} ms: ${JSON.stringify(this.lines.slice(-5))}`),
        );
      }, PATIENCE);
      const look = (): void => {
        const found = this.lines.slice(start).find(matches);
        if (found === undefined) return;
        this.#waiting.delete(look);
        clearTimeout(timeout);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** An Announcer running in a namespace. */
export class Host {
  readonly transcript: Transcript<HostReport>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.transcript = new Transcript(child);
  }

  /** `wrapper` is a program that runs the rest of its arguments, such as setpriv. */
  static async start(
    namespace: Namespace,
    { wrapper = [], ...chosen }: HostOptions & { wrapper?: readonly string[] } = {},
  ): Promise<Host> {
    await programs();
    const worker = pathToFileURL(`${output}/link-worker.mjs`).href;
    const options = JSON.stringify(chosen);
    const command = [process.execPath, `${output}/host.mjs`, worker, options];
    const [program = '', ...args] = [...wrapper, ...command];
    return new Host(namespace.spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** Resolves when the host has carried out the command. */
  async tell(command: HostCommand): Promise<void> {
    const start = this.transcript.lines.length;
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    await this.transcript.find(
      `end of ${command.op}`,
      (line) => line.type === 'done' && line.op === command.op,
      start,
    );
  }

  /** Resolves when the host logs this event about the interface. */
  async logged(event: string, interfaceName: string, start = 0): Promise<void> {
    await this.transcript.find(
      `${event} on ${interfaceName}`,
      (line) =>
        line.type === 'log' &&
        line.fields['event'] === event &&
        line.fields['interface'] === interfaceName,
      start,
    );
  }

  /** Resolves when an Event of this reason was recorded, with its message. */
  async said(reason: string, start = 0): Promise<string> {
    const line = await this.transcript.find(
      `Event ${reason}`,
      (each) => each.type === 'event' && each.remark.reason === reason,
      start,
    );
    return line.type === 'event' ? line.remark.message : '';
  }

  /** Resolves with the first conflict about the address that was found, or that ended. */
  async conflict(what: 'found' | 'ended', address: string, start = 0): Promise<Conflict> {
    const line = await this.transcript.find(
      `conflict about ${address} ${what}`,
      (each) => each.type === 'conflict' && each.what === what && each.conflict.address === address,
      start,
    );
    if (line.type !== 'conflict') throw new Error('the line found is none about a conflict');
    return line.conflict;
  }

  /** What was counted of the address so far. */
  async counted(what: 'request' | 'response' | 'gratuitous', address: string): Promise<number> {
    await this.tell({ op: 'report' });
    return this.transcript.lines.reduce(
      (sum, line) =>
        line.type === 'count' && line.what === what && line.address === address
          ? sum + line.count
          : sum,
      0,
    );
  }

  /** Asks it to end and waits until it has; resolves with its exit code. */
  stop(): Promise<number | null> {
    const exit = new Promise<number | null>((resolve) => {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) resolve(exitCode);
      else this.#child.once('exit', resolve);
    });
    this.#child.stdin?.end(`${JSON.stringify({ op: 'stop' })}\n`);
    return exit;
  }

  /** Stops or continues the whole process. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it said last and whether it runs, for whoever wonders why a test failed. */
  lastWords(): string {
    const { exitCode, signalCode } = this.#child;
    const words = this.transcript.lines.slice(-40).map((line) => JSON.stringify(line));
    return [`ended: ${exitCode ?? signalCode ?? 'no'}`, ...words, ''].join('\n');
  }
}

/** The product's link layer running in a namespace; it ends when its run does. */
export async function startLayer(namespace: Namespace): Promise<RemoteLinkLayer> {
  await programs();
  const worker = pathToFileURL(`${output}/link-worker.mjs`).href;
  const args = [`${output}/layer.mjs`, worker];
  return new RemoteLinkLayer(
    namespace.spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
}

/** A raw socket on a link of a namespace. */
export class Tap {
  readonly transcript: Transcript<TapReport>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.transcript = new Transcript(child);
  }

  static async start(namespace: Namespace, link: string): Promise<Tap> {
    await programs();
    const [index = ''] = namespace.ip('-o', 'link', 'show', link).split(':');
    const child = namespace.spawn(process.execPath, [`${output}/tap.mjs`, index], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    return new Tap(child);
  }

  send(frame: Uint8Array): void {
    this.#child.stdin?.write(`${Buffer.from(frame).toString('hex')}\n`);
  }

  #sent(frame: Uint8Array, start: number): Promise<TapReport> {
    const text = Buffer.from(frame).toString('hex');
    return this.transcript.find('sent frame', (line) => line.frame === text, start);
  }

  /** Sends a frame and resolves with the first frame after it that `matches`, and how long that took in milliseconds. */
  async ask(
    frame: Uint8Array,
    matches: (frame: Buffer) => boolean,
  ): Promise<{ frame: Buffer; after: number }> {
    const start = this.transcript.lines.length;
    this.send(frame);
    const sent = await this.#sent(frame, start);
    const reply = await this.transcript.find(
      'answer',
      (line) => matches(Buffer.from(line.frame, 'hex')),
      start,
    );
    return { frame: Buffer.from(reply.frame, 'hex'), after: reply.at - sent.at };
  }

  stop(): Promise<unknown> {
    const exit = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    return exit;
  }
}
