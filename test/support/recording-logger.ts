import type { LogFields, Logger, LogLevel } from '../../src/runtime/platform/ports.ts';

/** One line as a {@link RecordingLogger} keeps it. */
export interface LogLine {
  readonly level: LogLevel;
  readonly fields: LogFields;
}

/** Keeps every line, its context included, for a test to look at. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[];
  readonly #context: LogFields;

  constructor(lines: LogLine[] = [], context: LogFields = {}) {
    this.lines = lines;
    this.#context = context;
  }

  enabled(): boolean {
    return true;
  }

  debug(fields: LogFields): void {
    this.#keep('debug', fields);
  }

  info(fields: LogFields): void {
    this.#keep('info', fields);
  }

  warn(fields: LogFields): void {
    this.#keep('warn', fields);
  }

  error(fields: LogFields): void {
    this.#keep('error', fields);
  }

  with(context: LogFields): Logger {
    return new RecordingLogger(this.lines, { ...this.#context, ...context });
  }

  #keep(level: LogLevel, fields: LogFields): void {
    this.lines.push({ level, fields: { ...this.#context, ...fields } });
  }
}
