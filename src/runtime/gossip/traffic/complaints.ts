import type { Clock, Duration, LogLevel, Logger } from '../../platform/ports.ts';
import { seconds } from '../../platform/ports.ts';
import type { Endpoint } from '../protocol/message.ts';

const QUIET = seconds(10);

/** Says what is wrong with what comes in, each kind of wrong at most every ten seconds: whoever floods must not fill the log. */
export class Complaints {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #kinds = new Map<string, { saidAt: Duration; unsaid: number }>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** @param kind - one of a few */
  say(level: LogLevel, kind: string, text: string): void {
    const now = this.#clock.now();
    const known = this.#kinds.get(kind);
    if (known !== undefined && now - known.saidAt < QUIET) {
      known.unsaid += 1;
      return;
    }
    this.#kinds.set(kind, { saidAt: now, unsaid: 0 });
    const unsaid = known?.unsaid ?? 0;
    this.#logger[level]({ msg: `memberlist: ${text}`, ...(unsaid > 0 && { unsaid }) });
  }
}

/** As the original ends its lines. */
export function sender({ address, port }: Endpoint): string {
  return `from=${address.includes(':') ? `[${address}]` : address}:${port}`;
}
