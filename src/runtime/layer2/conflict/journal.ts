import type { IpAddress } from '../../net/index.ts';
import type { Logger } from '../../platform/ports.ts';
import { type Conflict, type ConflictObserver, describeConflict } from './conflict.ts';

/** Says what conflicts there are, to the log and to an observer. */
export class ConflictJournal {
  readonly #logger: Logger;
  readonly #observer: ConflictObserver;

  constructor(logger: Logger, observer: ConflictObserver) {
    this.#logger = logger;
    this.#observer = observer;
  }

  found(conflict: Conflict): void {
    this.#observer.found(conflict);
    const msg = describeConflict(conflict);
    this.#logger.warn({ event: 'addressConflict', ...fieldsOf(conflict), msg });
  }

  ended(conflict: Conflict): void {
    this.#observer.ended(conflict);
    const msg = 'nobody else speaks for the address any more, or it is not announced here any more';
    this.#logger.info({ event: 'addressConflictEnded', ...fieldsOf(conflict), msg });
  }

  yielded(conflict: Conflict): void {
    const msg = 'another speaker that comes first announced the address, standing by';
    this.#logger.info({ event: 'addressYielded', ...fieldsOf(conflict), msg });
  }

  takenBack(ip: IpAddress): void {
    const msg = 'the other speaker is gone or does not come first any more, answering again';
    this.#logger.info({ event: 'addressTakenBack', ip, msg });
  }
}

function fieldsOf({
  address,
  mac,
  node,
  kind,
  interfaceName,
  outcome,
  services,
}: Conflict): object {
  const place = { ip: address, mac, ...(node !== undefined && { node }), kind };
  return { ...place, interface: interfaceName, outcome, services };
}
