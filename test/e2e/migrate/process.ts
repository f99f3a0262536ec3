import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { programFile } from '../../cluster/installation.ts';

/** What a run of the command left behind. */
export interface Ended {
  /** None where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface RunOptions {
  /** Written to standard input, which then ends. Left out, it stays open and says nothing. */
  readonly stdin?: string | Uint8Array;
  readonly stdio?: StdioOptions;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node itself. */
  readonly node?: readonly string[];
  /** Done once the process runs. */
  readonly meanwhile?: (child: ChildProcess) => Promise<void> | void;
}

/** Runs the built command as a process of its own. */
export async function runCommand(
  argv: readonly string[],
  { stdin, stdio = 'pipe', env = {}, node = [], meanwhile }: RunOptions = {},
): Promise<Ended> {
  const started = performance.now();
  const child = spawn(process.execPath, [...node, programFile('migrate'), ...argv], {
    stdio,
    env: { ...process.env, ...env },
  });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => (texts[stream] += text));
  }
  // A command that has read enough closes what it is still written to.
  child.stdin?.on('error', () => undefined);
  if (stdin !== undefined) child.stdin?.end(stdin);
  const [ended] = await Promise.all([once(child, 'close'), meanwhile?.(child)]);
  const [code] = ended as [number | null];
  const seconds = (performance.now() - started) / 1000;
  return { code, ...texts, seconds };
}
