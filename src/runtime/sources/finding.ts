import type { Config, ObjectReference, Problem } from '../model/index.ts';
import type { LogFields } from '../platform/ports.ts';

/** Where a configuration came from. */
export interface Origin {
  /** How the log names it, as in `{ configmap: 'metallb-system/config' }`. */
  readonly fields: LogFields;
  /** What Events are about; files have none. */
  readonly about?: ObjectReference;
  /** What was read, with resource versions, for people who compare. */
  readonly versions?: string;
  /** The ConfigMap says that the resources are to be used, whatever it says itself. product.md §2 */
  readonly yields?: true;
}

/** A problem that may belong to an object of its own. */
export interface PlacedProblem extends Problem {
  readonly object?: ObjectReference;
}

/** What one source says at the moment, read and judged. */
export type Finding =
  /** There is no configuration, or no longer. */
  | { readonly kind: 'nothing'; readonly origin: Origin }
  /** There is something, and `message` says why it is no configuration to read. */
  | { readonly kind: 'unreadable'; readonly message: string; readonly origin: Origin }
  | {
      readonly kind: 'refused';
      /** Equal tokens: nothing has changed. */
      readonly token: string;
      /** The original's whole text. */
      readonly message: string;
      readonly problems: readonly PlacedProblem[];
      readonly origin: Origin;
    }
  | {
      readonly kind: 'config';
      readonly token: string;
      readonly config: Config;
      /** What was taken and is probably not meant. */
      readonly warnings: readonly PlacedProblem[];
      /** What belongs to the configuration and could not be read, in words: nothing can be said to equal it. */
      readonly unread?: readonly string[];
      readonly origin: Origin;
    };

/** Takes what a source says whenever that changes. */
export interface FindingSink {
  take(finding: Finding): void;
}
