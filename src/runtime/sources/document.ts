import type { Position } from '../../config-legacy/index.ts';
import type { ObjectReference } from '../model/index.ts';
import type { LogFields } from '../platform/ports.ts';

/** A configuration as it was found, before anyone read it. */
export interface ConfigDocument {
  readonly text: string;
  readonly origin: ConfigOrigin;
  /** The place in what holds the text of a place in the text; left out where the two are the same. */
  readonly locate?: (line: number, column: number) => Position;
}

/** Where a configuration came from. */
export interface ConfigOrigin {
  /** How the log names it, as in `{ configmap: 'metallb-system/config' }`. */
  readonly fields: LogFields;
  /** What Events are about; files have none. */
  readonly about?: ObjectReference;
}

/** Takes what a source finds, in the order in which it finds it. */
export interface ConfigInbox {
  document(document: ConfigDocument): void;
  /** There is no configuration, or no longer. */
  missing(origin: ConfigOrigin): void;
  /** There is something, and `message` says why it is no text to read. */
  unreadable(message: string, origin: ConfigOrigin): void;
}
