import type { Clock, Duration, LogLevel, Logger } from '../../platform/ports.ts';
import { seconds } from '../../platform/ports.ts';
import type { Endpoint } from '../protocol/message.ts';

const QUIET = seconds(10);

/** Says what is wrong with what comes in, each kind of wrong so often in ten seconds: whoever floods must not fill the log. */
export class Complaints {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #kinds = new Map<string, { readonly since: Duration; said: number; unsaid: number }>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * @param kind - one of a few
   * @param most - times in ten seconds
   */
  say(level: LogLevel, kind: string, text: string, most = 1): void {
    const now = this.#clock.now();
    const known = this.#kinds.get(kind);
    let unsaid = 0;
    if (known === undefined || now - known.since >= QUIET) {
      this.#kinds.set(kind, { since: now, said: 1, unsaid: 0 });
      unsaid = known?.unsaid ?? 0;
    } else if (known.said < most) {
      known.said += 1;
    } else {
      known.unsaid += 1;
      return;
    }
    this.#logger[level]({ msg: `memberlist: ${text}`, ...(unsaid > 0 && { unsaid }) });
  }
}

/** As the original ends its lines. */
export function sender({ address, port }: Endpoint): string {
  return `from=${address.includes(':') ? `[${address}]` : address}:${port}`;
}
