import type { Position } from '../../config-legacy/index.ts';
import type { Origin } from './finding.ts';

/** A legacy configuration as it was found, before anyone read it. */
export interface ConfigDocument {
  readonly text: string;
  readonly origin: Origin;
  /** The place in what holds the text of a place in the text; left out where the two are the same. */
  readonly locate?: (line: number, column: number) => Position;
}

/** Takes what a source finds, in the order in which it finds it. */
export interface ConfigInbox {
  document(document: ConfigDocument): void;
  /** There is no configuration, or no longer. */
  missing(origin: Origin): void;
  /** There is something, and `message` says why it is no text to read. */
  unreadable(message: string, origin: Origin): void;
}
