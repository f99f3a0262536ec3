import type { IpAddress, MacAddress } from '../net/index.ts';

/** Milliseconds, branded so that hold times (s) and BFD intervals (µs) cannot slip in unconverted. */
export type Duration = number & { readonly __brand: 'Duration' };

export const seconds = (count: number): Duration => (count * 1000) as Duration;
export const millis = (count: number): Duration => count as Duration;

/** A monotonic clock, the wall clock, and the timers that hang off it. */
export interface Clock {
  /** Monotonic; only differences mean anything. */
  now(): Duration;
  /** Wall clock, milliseconds since 1970; for time stamps only, never for intervals. */
  epochMillis(): number;
  /** Calls `fire` once, `delay` from now, unless disposed first. Never calls it synchronously. */
  after(delay: Duration, fire: () => void): Disposable;
}

/** A source of randomness: seeded in tests. */
export interface Random {
  /** At least 0, below 1. */
  float(): number;
  bytes(length: number): Uint8Array;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Event fields of one log line; values print as JSON. `error: null` is a missing error. legacy.md §8.4 */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured lines. `with` returns a logger whose lines carry `context` too. */
export interface Logger {
  enabled(level: LogLevel): boolean;
  debug(fields: LogFields): void;
  info(fields: LogFields): void;
  warn(fields: LogFields): void;
  error(fields: LogFields): void;
  with(context: LogFields): Logger;
}

/** A long-lived activity. `run` resolves once `signal` aborts and rejects on what it cannot survive. */
export interface Task {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

/** One network interface as the kernel describes it. legacy.md §5.1 */
export interface Link {
  /** Kernel interface index: what identifies an interface while it exists. */
  readonly index: number;
  readonly name: string;
  readonly mac: MacAddress;
  readonly up: boolean;
  /** Whether a cable, or its likeness, is plugged in. */
  readonly carrier: boolean;
  readonly broadcast: boolean;
  readonly noArp: boolean;
  /** A bridge port or bond member: its master speaks for it. */
  readonly enslaved: boolean;
  /** The first IPv6 link-local unicast address, if it has one. */
  readonly linkLocal?: IpAddress;
  /** Its other addresses that are usable, some dozens at most; absent if it has none. */
  readonly addresses?: readonly IpAddress[];
}
