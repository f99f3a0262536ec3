import type { EventSink, ObjectReference, Remark } from '../../src/runtime/model/index.ts';

/** Keeps every Event as one line: `Warning ns/name Reason: message`. */
export class RecordingEvents implements EventSink {
  readonly lines: string[] = [];

  record({ namespace, name }: ObjectReference, { type, reason, message }: Remark): void {
    this.lines.push(`${type} ${namespace}/${name} ${reason}: ${message}`);
  }

  /** What was recorded since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }
}
