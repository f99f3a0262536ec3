import createTracer from 'debug';
import { type LineStream, LineWriter } from './line-writer.ts';
import { formatLogLine, timestamp } from './log-line.ts';
import type { Clock, LogFields, LogLevel, Logger } from './ports.ts';

/** What `--log-level` takes. legacy.md §2.1 */
export const LOG_THRESHOLDS = ['all', 'debug', 'info', 'warn', 'error', 'none'] as const;
export type LogThreshold = (typeof LOG_THRESHOLDS)[number];

/** How grave each level is, and how grave a line must be to pass each threshold. */
const GRAVITY = { all: 0, debug: 0, info: 1, warn: 2, error: 3, none: 4 } as const;

export function isLogThreshold(text: string): text is LogThreshold {
  return (LOG_THRESHOLDS as readonly string[]).includes(text);
}

export interface LoggerOptions {
  readonly stream: LineStream;
  readonly clock: Clock;
  readonly threshold: LogThreshold;
  /** The name of the program. The original writes a constant here too; a place in the source costs a stack trace. */
  readonly caller: string;
}

/** The log: one JSON object a line. legacy.md §8.4 */
export class JsonLogger implements Logger {
  readonly #options: LoggerOptions;
  readonly #writer: LineWriter;
  readonly #context: LogFields;
  readonly #isTraced: () => boolean;

  /** @param from - only for loggers made from another one */
  constructor(
    options: LoggerOptions,
    from?: { readonly writer: LineWriter; context: LogFields; isTraced: () => boolean },
  ) {
    this.#options = options;
    this.#context = from?.context ?? {};
    this.#isTraced = from?.isTraced ?? (() => false);
    this.#writer =
      from?.writer ?? new LineWriter(options.stream, (count) => this.#tellDropped(count));
  }

  enabled(level: LogLevel): boolean {
    if (GRAVITY[level] >= GRAVITY[this.#options.threshold]) return true;
    return level === 'debug' && this.#isTraced();
  }

  debug(fields: LogFields): void {
    this.#log('debug', fields);
  }

  info(fields: LogFields): void {
    this.#log('info', fields);
  }

  warn(fields: LogFields): void {
    this.#log('warn', fields);
  }

  error(fields: LogFields): void {
    this.#log('error', fields);
  }

  with(context: LogFields): JsonLogger {
    return this.#derive({ ...this.#context, ...context }, this.#isTraced);
  }

  /**
   * The same log for one part of the program, whose debug lines can be had alone: `DEBUG=metal-lb:kube` lets
   * those of part `kube` through whatever the threshold, `DEBUG=metal-lb:*` all.
   */
  traced(part: string): JsonLogger {
    const tracer = createTracer(`metal-lb:${part}`);
    return this.#derive(this.#context, () => tracer.enabled);
  }

  /** Resolves once every line so far is written, or can never be. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  #derive(context: LogFields, isTraced: () => boolean): JsonLogger {
    return new JsonLogger(this.#options, { writer: this.#writer, context, isTraced });
  }

  #log(level: LogLevel, fields: LogFields): void {
    if (!this.enabled(level)) return;
    const { clock, caller } = this.#options;
    const frame = { ts: timestamp(clock.epochMillis()), caller, level };
    this.#writer.write(formatLogLine({ ...this.#context, ...fields }, frame));
  }

  #tellDropped(count: number): void {
    this.warn({ op: 'log', dropped: count, msg: 'lines were dropped: the reader is too slow' });
  }
}
