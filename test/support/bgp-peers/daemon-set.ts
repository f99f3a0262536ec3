import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../cluster/index.ts';
import { Program } from '../../cluster/program.ts';
import type { Namespace } from '../netns.ts';

const run = promisify(execFile);
/** Octets: a table of a hundred thousand routes as JSON. */
const LONGEST_ANSWER = 512 * 1024 * 1024;

/** The daemons of one router: their folder, their processes, all in one namespace. */
export class DaemonSet {
  readonly folder: string;
  readonly #namespace: Namespace;
  readonly #log: string;
  readonly #programs: Program[] = [];

  constructor(namespace: Namespace, name: string) {
    this.#namespace = namespace;
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`));
    // Daemons drop to users of their own.
    chmodSync(this.folder, 0o755);
    this.#log = join(this.folder, 'log');
    writeFileSync(this.#log, '');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file of the folder and returns its path. */
  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  start(program: string, ...args: readonly string[]): void {
    this.#programs.push(new Program('ip', this.#inside(program, args), { log: this.#log }));
  }

  /** Runs a tool to its end, within the namespace. */
  async ask(program: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run('ip', this.#inside(program, args), { maxBuffer: LONGEST_ANSWER });
    return stdout;
  }

  /** Resolves when `probe` succeeds; rejects at once when a daemon has ended. */
  async ready(what: string, probe: () => Promise<unknown>): Promise<void> {
    const outcome = await eventually(what, async () => {
      if (this.#programs.some(({ ending }) => ending !== undefined)) return 'ended';
      await probe();
      return 'ready';
    });
    if (outcome === 'ended') throw new Error(`${what}: a daemon has ended\n${this.log()}`);
  }

  /** Last started, first ended. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    for (const program of this.#programs.splice(0).reverse()) await program.stop(signal);
  }

  log(): string {
    return readFileSync(this.#log, 'utf8');
  }

  #inside(program: string, args: readonly string[]): string[] {
    return ['netns', 'exec', this.#namespace.name, program, ...args];
  }
}
