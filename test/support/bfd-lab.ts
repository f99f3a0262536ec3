import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { BfdEvents, BfdLayer, BfdSessionSpec } from '../../src/runtime/bfd/index.ts';
import type { BfdCall, BfdLine } from './bfd-host.ts';
import type { Namespace } from './netns.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the project, so that koffi is found; of this run alone. */
const output = makeOutput();
let built: Promise<unknown> | undefined;

function makeOutput(): string {
  const cache = join(project, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bfd-lab-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Bundles the programs that run in namespaces, once per test process. */
function programs(): Promise<unknown> {
  built ??= build({
    entryPoints: {
      host: `${project}test/support/bfd-host.ts`,
      'bfd-worker': `${project}src/runtime/bin/bfd-worker.ts`,
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

/** The product's BFD running in a namespace, as if it were here. */
export class RemoteBfd implements BfdLayer {
  readonly lines: BfdLine[] = [];
  readonly #child: ChildProcess;
  readonly #reporting: (() => void)[] = [];
  readonly #ended: (() => void)[] = [];
  #events: BfdEvents | undefined;

  constructor(child: ChildProcess) {
    if (child.stdout === null) throw new Error('the program has no output');
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (text) =>
      this.#hear(JSON.parse(text) as BfdLine),
    );
  }

  static async start(namespace: Namespace): Promise<RemoteBfd> {
    await programs();
    const worker = pathToFileURL(`${output}/bfd-worker.mjs`).href;
    const args = [`${output}/host.mjs`, worker];
    return new RemoteBfd(
      namespace.spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
  }

  run(events: BfdEvents, signal: AbortSignal): Promise<void> {
    this.#events = events;
    this.#call('run');
    signal.addEventListener('abort', () => this.#call('stop'), { once: true });
    return new Promise((resolve) => this.#ended.push(resolve));
  }

  set(key: string, spec: BfdSessionSpec): void {
    this.#call('set', key, spec);
  }

  delete(key: string): void {
    this.#call('delete', key);
  }

  report(): Promise<void> {
    this.#call('report');
    return new Promise((resolve) => this.#reporting.push(resolve));
  }

  /** Keeps its main loop busy from now on, in slices of so many milliseconds. */
  block(slice: number): void {
    this.#call('block', slice);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  #call(call: BfdCall['call'], ...args: readonly unknown[]): void {
    this.#child.stdin?.write(`${JSON.stringify({ call, args })}\n`);
  }

  #hear(line: BfdLine): void {
    this.lines.push(line);
    if (line.event === 'reported') this.#reporting.shift()?.();
    else if (line.event === 'ended') for (const resolve of this.#ended) resolve();
    else if (this.#events) {
      (this.#events[line.event] as (...args: readonly unknown[]) => void)(...line.args);
    }
  }
}
