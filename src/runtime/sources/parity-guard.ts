import type { EventSink, ObjectReference, Remark } from '../model/index.ts';
import {
  type Clock,
  type Duration,
  type LogFields,
  type Logger,
  millis,
  seconds,
} from '../platform/ports.ts';
import { accusations, eventMessage } from './complaint.ts';
import type { Finding, FindingSink } from './finding.ts';
import { type Verdict, arbitrate } from './parity.ts';

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
/** The same verdict on other versions is told as well, for whoever waits to hear of these, but not more often. */
const BETWEEN = seconds(5);
/** What lasts is told again: API servers forget Events after an hour or so. */
const REMINDER = seconds(1200);
/** Differences that one message tells. */
const MOST_TOLD = 5;

/** What people are told of a verdict. */
interface Statement {
  /** The same for as long as the verdict is. */
  readonly text: string;
  readonly remark: Remark;
  /** For the log, once. */
  readonly line: LogFields & { readonly msg: string };
}

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
  /** What people were told last, and when, so that they are not told again too soon. */
  #told: { readonly text: string; readonly message: string; readonly at: Duration } | undefined;
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
    if (agreement === undefined) this.#told = undefined;
    else this.#state(legacy, resources, { ...verdict, agreement });
  }

  #later(act: () => void): Disposable {
    return this.#ports.clock.after(PATIENCE, act);
  }

  /** Agreement is told at once, a difference that lasts, and what was told already from time to time. */
  #state(legacy: Finding, resources: Finding, verdict: Required<Verdict>): void {
    const statement =
      verdict.agreement.kind === 'agree'
        ? agreed(legacy, resources)
        : differing(legacy, resources, { ...verdict, differences: verdict.agreement.differences });
    const tell = (): void => {
      this.#tell(legacy, resources, statement);
      this.#telling = this.#ports.clock.after(REMINDER, tell);
    };
    const isNew = statement.text !== this.#told?.text;
    if (isNew && verdict.agreement.kind === 'agree') tell();
    else this.#telling = isNew ? this.#later(tell) : this.#again(statement, tell);
  }

  #again({ remark }: Statement, tell: () => void): Disposable {
    const { clock } = this.#ports;
    const { at = clock.now(), message } = this.#told ?? {};
    const due = at + (remark.message === message ? REMINDER : BETWEEN);
    return clock.after(millis(Math.max(0, due - clock.now())), tell);
  }

  #tell({ origin }: Finding, resources: Finding, { text, remark, line }: Statement): void {
    const { logger, clock } = this.#ports;
    const isNew = text !== this.#told?.text;
    this.#told = { text, message: remark.message, at: clock.now() };
    if (origin.about !== undefined) this.#record(origin.about, remark);
    if (!isNew) return;
    if (remark.type === 'Normal') logger.info(line);
    else logger.warn(line);
    if (this.#handedOn !== resources) this.#accuse(resources);
  }

  /** Resources that are wrong are told so, although nobody uses them yet. */
  #accuse(resources: Finding): void {
    if (resources.kind !== 'refused') return;
    const { message, problems, origin } = resources;
    for (const { about, text } of accusations(message, problems, origin.about)) {
      const remark = eventMessage(text, STAYS);
      this.#record(about, { type: 'Warning', reason: 'ConfigRejected', message: remark });
    }
  }

  #record(about: ObjectReference, remark: Remark): void {
    this.#ports.events.record(about, remark);
  }
}

const STAYS = 'the ConfigMap stays in force';

function agreed(legacy: Finding, resources: Finding): Statement {
  const compared = `${versionsOf(legacy)} and ${versionsOf(resources)}`;
  const message = eventMessage(compared, 'both say the same: the resources are used');
  const msg = 'ConfigMap and resources say the same: the resources are used';
  return {
    text: msg,
    remark: { type: 'Normal', reason: 'ConfigSourcesAgree', message },
    line: { event: 'configSourcesAgree', ...legacy.origin.fields, msg },
  };
}

function differing(
  legacy: Finding,
  resources: Finding,
  { chosen, differences }: Pick<Verdict, 'chosen'> & { readonly differences: readonly string[] },
): Statement {
  const consequence =
    chosen === 'legacy' ? STAYS : 'the resources are used, as the annotation of the ConfigMap says';
  const more = differences.length - MOST_TOLD;
  const first = differences.slice(0, MOST_TOLD).join('; ');
  const text = more > 0 ? `${first}; and ${more} more` : first;
  const compared = `${text} (${versionsOf(legacy)}, ${versionsOf(resources)})`;
  const message = eventMessage(compared, consequence);
  const msg = `ConfigMap and resources differ: ${consequence}`;
  return {
    text: `${text}; ${consequence}`,
    remark: { type: 'Warning', reason: 'ConfigSourcesDiffer', message },
    line: { event: 'configSourcesDiffer', ...legacy.origin.fields, differences: first, msg },
  };
}

function versionsOf({ origin }: Finding): string {
  return origin.versions ?? JSON.stringify(origin.fields);
}
