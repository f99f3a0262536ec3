import type { ApiClient } from '../runtime/kube/index.ts';
import type { Clock, Random } from '../runtime/platform/ports.ts';

/** What reading an input gave. */
export type Reading =
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Which cluster is meant, as kubectl names it; left out: the current one. */
export interface ClusterChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
}

/** A cluster to talk to; nothing has been asked of it yet. */
export type Cluster =
  | {
      readonly kind: 'connected';
      readonly client: ApiClient;
      /** The URL of its API server. */
      readonly server: string;
      close(): void;
    }
  | { readonly kind: 'unreadable'; readonly why: string };

/** A file to be written whole or not at all. */
export interface OutputFile {
  readonly path: string;
  readonly text: string;
  /** Whether nobody but its owner may read it. */
  readonly confidential?: boolean;
}

export type Written =
  | { readonly kind: 'written' }
  | {
      readonly kind: 'unwritable';
      readonly why: string;
      /** Of several files, how many had taken their place before. */
      readonly inPlace?: number;
    };

/** Everything the command may touch, so that tests need no process, no disk and no cluster. */
export interface Terminal {
  /** The version of the command, as in `0.1.0`. */
  readonly version: string;
  /** Whether output goes to a terminal that wants color. */
  readonly color: boolean;
  /** Whether somebody watches what is complained and told as progress. */
  readonly interactive: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts at the first Ctrl-C or SIGTERM; what is under way is then brought to a safe end. */
  readonly interrupted: AbortSignal;
  /** Reads a file, or standard input for `-`; what is larger than {@link LARGEST_INPUT} is unreadable. */
  read(path: string): Promise<Reading>;
  /** Writes a file, and the folders that it is in. */
  write(file: OutputFile): Promise<Written>;
  /** Writes files all or none, as far as a disk allows: every draft first, then each takes its place. */
  writeAll(files: readonly OutputFile[]): Promise<Written>;
  /** Finds the credentials of a cluster; sends nothing. */
  connect(choice: ClusterChoice): Promise<Cluster>;
  /** Writes a line of the result. */
  print(line: string): void;
  /** Writes a line about what went wrong with the command itself. */
  complain(line: string): void;
  /** Says what is being done: the line replaces the one before where somebody watches. */
  progress(line: string): void;
}

/** The largest input that is read at all, in octets. */
export const LARGEST_INPUT: number = 64 * 1024 * 1024;

/** What every sub-command exits with. product.md §4 */
export const ExitCode = { Done: 0, Refused: 1, CouldNotRun: 2 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
