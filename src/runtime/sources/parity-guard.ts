import type { EventSink, ObjectReference, Remark } from '../model/index.ts';
import { type Clock, type Logger, seconds } from '../platform/ports.ts';
import { accusations, eventMessage } from './complaint.ts';
import type { Finding, FindingSink } from './finding.ts';
import { type Agreement, type Verdict, arbitrate } from './parity.ts';

/** What the gauge of product.md §2 tells. */
export interface AgreementObserver {
  /** `undefined`: there are not two sources to compare. */
  agreement(agree: boolean | undefined): void;
}

export interface GuardPorts {
  readonly sink: FindingSink;
  readonly events: EventSink;
  readonly observer: AgreementObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Resources are applied one by one, a ConfigMap is replaced in two steps: what is so only meanwhile means nothing. */
const PATIENCE = seconds(2);
/** Differences that one message tells. */
const MOST_TOLD = 5;

/**
 * Listens to the ConfigMap and to the resources, hands on what is in force of both, and says whether they agree.
 * Nothing is handed on until both have been heard. product.md §2
 */
export class ParityGuard {
  readonly legacy: FindingSink = { take: (finding) => this.#hear('legacy', finding) };
  readonly resources: FindingSink = { take: (finding) => this.#hear('resources', finding) };
  readonly #ports: GuardPorts;
  readonly #heard: { legacy?: Finding; resources?: Finding } = {};
  #handedOn: Finding | undefined;
  /** What people were told last, so that they are not told again. */
  #told = '';
  #telling: Disposable | undefined;
  /** A ConfigMap that has gone, for as long as it may come back. */
  #leaving: Disposable | undefined;

  constructor(ports: GuardPorts) {
    this.#ports = ports;
  }

  close(): void {
    this.#telling?.[Symbol.dispose]();
    this.#leaving?.[Symbol.dispose]();
  }

  #hear(source: 'legacy' | 'resources', finding: Finding): void {
    if (source === 'legacy') {
      this.#leaving?.[Symbol.dispose]();
      if (this.#mayComeBack(finding)) {
        this.#leaving = this.#later(() => this.#take(source, finding));
        return;
      }
    }
    this.#take(source, finding);
  }

  /** Whether it is a deletion that would let the resources in: many tools replace by deleting and creating. */
  #mayComeBack({ kind }: Finding): boolean {
    const { legacy, resources } = this.#heard;
    if (kind !== 'nothing' || legacy === undefined || legacy.kind === 'nothing') return false;
    return resources !== undefined && resources.kind !== 'nothing';
  }

  #take(source: 'legacy' | 'resources', finding: Finding): void {
    this.#heard[source] = finding;
    const { legacy, resources } = this.#heard;
    if (legacy === undefined || resources === undefined) return;
    const verdict = arbitrate(legacy, resources);
    const { agreement } = verdict;
    this.#ports.observer.agreement(
      agreement === undefined ? undefined : agreement.kind === 'agree',
    );
    const chosen = verdict.chosen === 'legacy' ? legacy : resources;
    const before = this.#handedOn;
    this.#handedOn = chosen;
    if (chosen !== before) this.#ports.sink.take(chosen);
    this.#telling?.[Symbol.dispose]();
    if (agreement === undefined) this.#told = '';
    else if (agreement.kind === 'agree') this.#tellAgreed(legacy, resources);
    else this.#telling = this.#later(() => this.#tellDiffering(verdict, agreement));
  }

  #later(tell: () => void): Disposable {
    return this.#ports.clock.after(PATIENCE, tell);
  }

  #tellAgreed(legacy: Finding, resources: Finding): void {
    if (this.#told === AGREED) return;
    this.#told = AGREED;
    const compared = `${versionsOf(legacy)} and ${versionsOf(resources)}`;
    this.#tell(legacy, {
      type: 'Normal',
      reason: 'ConfigSourcesAgree',
      message: eventMessage(compared, 'both say the same: the resources are used'),
    });
    const msg = 'ConfigMap and resources say the same: the resources are used';
    this.#ports.logger.info({ event: 'configSourcesAgree', ...fieldsOf(legacy), msg });
  }

  #tellDiffering({ chosen }: Verdict, { differences }: Agreement & { kind: 'differ' }): void {
    const { legacy, resources } = this.#heard;
    if (legacy === undefined || resources === undefined) return;
    const consequence =
      chosen === 'legacy'
        ? 'the ConfigMap stays in force'
        : 'the resources are used, as the annotation of the ConfigMap says';
    const more = differences.length - MOST_TOLD;
    const first = differences.slice(0, MOST_TOLD).join('; ');
    const text = more > 0 ? `${first}; and ${more} more` : first;
    if (this.#told === `${text}; ${consequence}`) return;
    this.#told = `${text}; ${consequence}`;
    const compared = `${text} (${versionsOf(legacy)}, ${versionsOf(resources)})`;
    this.#tell(legacy, {
      type: 'Warning',
      reason: 'ConfigSourcesDiffer',
      message: eventMessage(compared, consequence),
    });
    const msg = `ConfigMap and resources differ: ${consequence}`;
    const fields = { event: 'configSourcesDiffer', ...fieldsOf(legacy), differences: first, msg };
    this.#ports.logger.warn(fields);
    if (chosen === 'legacy') this.#accuse(resources, consequence);
  }

  /** Resources that are wrong are told so, although nobody uses them yet. */
  #accuse(resources: Finding, consequence: string): void {
    if (resources.kind !== 'refused') return;
    const { message, problems, origin } = resources;
    for (const { about, text } of accusations(message, problems, origin.about)) {
      const remark = eventMessage(text, consequence);
      this.#record(about, { type: 'Warning', reason: 'ConfigRejected', message: remark });
    }
  }

  #tell({ origin }: Finding, remark: Remark): void {
    if (origin.about !== undefined) this.#record(origin.about, remark);
  }

  #record(about: ObjectReference, remark: Remark): void {
    this.#ports.events.record(about, remark);
  }
}

const AGREED = 'agreed';

function versionsOf({ origin }: Finding): string {
  return origin.versions ?? JSON.stringify(origin.fields);
}

function fieldsOf({ origin }: Finding): object {
  return origin.fields;
}
