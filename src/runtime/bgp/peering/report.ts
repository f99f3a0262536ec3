import type { Logger } from '../../platform/ports.ts';
import type { DownReason, SessionState } from '../fsm/fsm.ts';
import type { UpdateFault } from '../wire/message.ts';
import { notificationName, notificationText } from '../wire/notification/text.ts';

/** The log lines of one session, which people search for. legacy.md §6.2, §6.5, §8.4 */
export class SessionReport {
  readonly #logger: Logger;
  #faultTold = false;

  /** @param logger - whose lines say which session it is */
  constructor(logger: Logger) {
    this.#logger = logger;
  }

  up(): void {
    this.#faultTold = false;
    this.#logger.info({ event: 'sessionUp', msg: 'BGP session established' });
  }

  down(from: SessionState, reason: DownReason): void {
    if (reason.kind === 'stopped') return;
    if (from !== 'established') {
      const error = errorOf(reason);
      this.#logger.error({ op: 'connect', error, msg: 'failed to connect to peer' });
      return;
    }
    if (reason.kind === 'received') {
      const error = errorOf(reason);
      const msg = 'peer sent notification, closing session';
      this.#logger.error({ event: 'peerNotification', error, msg });
    }
    this.#logger.warn({ event: 'sessionDown', reason: reason.text, msg: 'BGP session down' });
  }

  capabilitiesRefused(): void {
    const msg = 'peer refuses optional capabilities, connecting without them';
    this.#logger.warn({ event: 'capabilitiesRefused', msg });
  }

  /** Once a session; they are all counted. */
  faults(faults: readonly UpdateFault[]): void {
    const [worst] = faults;
    if (worst === undefined || this.#faultTold) return;
    this.#faultTold = true;
    const { reason, severity } = worst;
    const msg = 'peer sent a malformed update, which changes nothing here';
    this.#logger.warn({ event: 'malformedUpdate', error: reason, severity, msg });
  }
}

function errorOf({ kind, text, notification }: DownReason): string {
  if (kind !== 'received' || notification === undefined) return text;
  const { code, subcode } = notification;
  const known = notificationText(code, subcode);
  const name = notificationName(code, subcode);
  const digits = ((code << 8) | subcode).toString(16).padStart(4, '0');
  const said = text.startsWith(name) ? text.slice(name.length) : '';
  return `got BGP notification code 0x${digits} (${known})${said}`;
}
