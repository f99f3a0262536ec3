import type { ApiClient } from '../../runtime/kube/index.ts';
import type { Clock, Duration, Random } from '../../runtime/platform/ports.ts';
import type { Written } from '../terminal.ts';

/** What a transaction runs on. */
export interface Ground {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the programs and their configuration are. */
  readonly namespace: string;
  /** Aborts when somebody wants the command to stop; it then stops between two writes. */
  readonly interrupted: AbortSignal;
  /** How long the programs may take to report agreement. */
  readonly patience: Duration;
  /** Says what is being done. */
  progress(line: string): void;
  /** Keeps the record beside the cluster too, in a file that nobody else may read. */
  keep(record: string): Promise<Written>;
}

/** What became of a transaction, for people and machines. */
export interface Outcome {
  readonly kind:
    /** Everything is as it was asked for. */
    | 'done'
    /** Something stands in the way, or does not hold: nothing was written, or all of it is undone. */
    | 'refused'
    /** It could not be carried on: the record says how far it is, and what to run next is said. */
    | 'unfinished';
  /** In sentences, the most important first. */
  readonly lines: readonly string[];
  /** What the transaction was about, by name, for machines. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Something stands in the way; nothing can be done about it by trying again. */
export class TransactionFailure extends Error {
  override readonly name = 'TransactionFailure';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('; '));
    this.lines = lines;
  }
}

/** Somebody asked the command to stop. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
}
