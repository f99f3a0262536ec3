import { migrate } from '../../src/migrate/migrate.ts';
import type {
  Cluster,
  ClusterChoice,
  ExitCode,
  OutputFile,
  Terminal,
} from '../../src/migrate/terminal.ts';
import { ManualClock } from './manual-clock.ts';
import { SeededRandom } from './seeded-random.ts';

/** What a run of the command left behind. */
export interface Run {
  readonly code: ExitCode;
  readonly printed: readonly string[];
  readonly complained: readonly string[];
  readonly told: readonly string[];
  readonly written: readonly OutputFile[];
  /** Each line printed, as JSON. */
  readonly json: () => readonly unknown[];
}

/** Files as texts or octets by path; `-` is standard input. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Runs the command over files that are given as texts, without a process, a disk or a cluster. */
export async function runMigrate(
  argv: readonly string[],
  files: Files = {},
  more: Partial<Terminal> = {},
): Promise<Run> {
  const [printed, complained, told]: [string[], string[], string[]] = [[], [], []];
  const written: OutputFile[] = [];
  const code = await migrate(argv, {
    version: '0.0.0',
    color: false,
    interactive: false,
    clock: new ManualClock(),
    random: new SeededRandom(1),
    interrupted: new AbortController().signal,
    read: async (path) => {
      const content = files[path];
      if (content === undefined) return { kind: 'unreadable', why: 'no such file' };
      const octets = typeof content === 'string' ? Buffer.from(content) : content;
      return { kind: 'octets', octets };
    },
    write: async (file) => {
      written.push(file);
      return { kind: 'written' };
    },
    writeAll: async (all) => {
      written.push(...all);
      return { kind: 'written' };
    },
    connect: async () => ({ kind: 'unreadable', why: 'no cluster' }),
    print: (line) => void printed.push(line),
    complain: (line) => void complained.push(line),
    progress: (line) => void told.push(line),
    ...more,
  });
  const json = (): unknown[] => printed.map((line) => JSON.parse(line) as unknown);
  return { code, printed, complained, told, written, json };
}

/** A terminal's way to a cluster behind `client`; notes what was chosen. */
export function connectionTo(
  client: Extract<Cluster, { kind: 'connected' }>['client'],
  choices: ClusterChoice[] = [],
): Pick<Terminal, 'connect'> {
  return {
    connect: async (choice) => {
      choices.push(choice);
      return { kind: 'connected', client, server: 'https://192.0.2.1:6443', close: () => {} };
    },
  };
}
