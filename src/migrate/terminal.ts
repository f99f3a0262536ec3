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

/** Everything the command may touch, so that tests need no process, no disk and no cluster. */
export interface Terminal {
  /** Whether output goes to a terminal that wants color. */
  readonly color: boolean;
  /** Reads a file, or standard input for `-`. */
  read(path: string): Promise<Reading>;
  /** Reads the ConfigMap of a cluster. */
  readCluster(choice: ClusterChoice): Promise<Reading>;
  /** Writes a line of the result. */
  print(line: string): void;
  /** Writes a line about what went wrong with the command itself. */
  complain(line: string): void;
}

/** What every sub-command exits with. product.md §4 */
export const ExitCode = { Done: 0, Refused: 1, CouldNotRun: 2 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
