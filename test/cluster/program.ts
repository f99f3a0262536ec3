import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ProgramOptions {
  /** Where standard output and error go; appended to, so that a restart keeps what was said before. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves out the environment of this process, which belongs to the test run. */
  readonly bare?: boolean;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One line of a structured log. */
export type LogLine = Readonly<Record<string, unknown>>;

const alive = new Set<Program>();
process.once('exit', () => {
  for (const program of alive) program.signal('SIGKILL');
});

/** A child process that writes to a log file and does not outlive the test run. */
export class Program {
  readonly log: string;
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #command: string;
  #ending: Ending | undefined;

  constructor(
    command: string,
    args: readonly string[],
    { log, env, bare = false }: ProgramOptions,
  ) {
    this.log = log;
    this.#command = command;
    const output = openSync(log, 'a');
    try {
      this.#child = spawn(command, args, {
        stdio: ['ignore', output, output],
        env: bare ? { ...env } : { ...process.env, ...env },
      });
    } finally {
      closeSync(output);
    }
    alive.add(this);
    this.ended = this.#watch();
    this.ended.catch(() => alive.delete(this));
  }

  /** The process itself: `ip netns exec` and `env` become what they start. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#command} did not start`);
    return this.#child.pid;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to end and waits; kills it when it does not within `patience` milliseconds. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', patience = 15_000): Promise<Ending> {
    if (this.#ending !== undefined) return this.#ending;
    this.signal(signal);
    const impatience = setTimeout(() => this.signal('SIGKILL'), patience);
    try {
      return await this.ended;
    } finally {
      clearTimeout(impatience);
    }
  }

  output(): string {
    return readFileSync(this.log, 'utf8');
  }

  /** What it said as JSON, line by line; a line still being written is left out. */
  lines(): LogLine[] {
    return this.output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine);
  }

  async #watch(): Promise<Ending> {
    const [code, signal] = (await once(this.#child, 'exit')) as [
      number | null,
      NodeJS.Signals | null,
    ];
    alive.delete(this);
    this.#ending = { code, signal };
    return this.#ending;
  }
}
