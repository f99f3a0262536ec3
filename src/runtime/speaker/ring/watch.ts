import type { EventSink, Remark } from '../../model/index.ts';
import type { IpAddress } from '../../net/index.ts';
import { type Clock, type Link, type Logger, millis } from '../../platform/ports.ts';
import { Isolation, type IsolationReason, type Sight } from './isolation.ts';

/** What an isolated speaker keeps still. */
export interface Answering {
  /** Nothing is answered or announced, what is owned is remembered. */
  suspend(): void;
  resume(): void;
}

/** What is reported of isolation for metrics. */
export interface IsolationObserver {
  /** `undefined`: not isolated. */
  isolated(reason: IsolationReason | undefined): void;
}

export interface IsolationPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventSink;
  readonly observer: IsolationObserver;
  readonly answering: Answering;
  /** What the ring looks like now. */
  readonly sight: () => Sight;
  /** The evidence ended: the others should be spoken to. */
  readonly reunite: () => void;
  /** This speaker has become isolated, or is not any more. */
  readonly changed: () => void;
}

const WHY: Readonly<Record<IsolationReason, string>> = {
  carrier: 'the link of the ring has no carrier',
  paused: 'this program stood still longer than the ring waits for a member',
  minority: 'fewer than half of the speakers are in the ring',
};
/** How often it is looked whether an isolation is over. */
const LOOK = millis(100);

/** Gathers what tells a speaker that the others do not hear it, and acts on it. */
export class IsolationWatch {
  readonly #ports: IsolationPorts;
  readonly #self: { readonly node: string; readonly address: IpAddress };
  readonly #isolation = new Isolation();
  #reason: IsolationReason | undefined;
  /** Indexes of the links that were last seen to bear the address of the ring. */
  #bearers: ReadonlySet<number> = new Set();
  #hadCarrier = false;
  #timer: Disposable | undefined;

  constructor(ports: IsolationPorts, self: { readonly node: string; readonly address: IpAddress }) {
    this.#ports = ports;
    this.#self = self;
  }

  get isIsolated(): boolean {
    return this.#reason !== undefined;
  }

  linksChanged(links: readonly Link[]): void {
    const carrier = this.#hasCarrier(links);
    const lost = this.#hadCarrier && !carrier;
    const found = !this.#hadCarrier && carrier;
    this.#hadCarrier = carrier;
    const sight = this.#ports.sight();
    if (lost) this.#isolation.carrierLost(sight);
    if (found) this.#isolation.carrierBack(sight);
    this.look();
    if (found && this.isIsolated) this.#ports.reunite();
  }

  /** For longer than the suspicion time; the link thread answers nothing until it is told to. */
  stoodStill(): void {
    this.#isolation.stoodStill(this.#ports.sight());
    this.look();
    if (this.isIsolated) this.#ports.reunite();
    else this.#ports.answering.resume();
  }

  /** Judges anew: the ring may look different. */
  look(): void {
    const before = this.#reason;
    this.#reason = this.#isolation.judge(this.#ports.sight());
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#reason !== undefined) {
      this.#timer = this.#ports.clock.after(LOOK, () => this.look());
    }
    if (this.#reason === before) return;
    this.#tell(before);
    this.#ports.changed();
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }

  #tell(before: IsolationReason | undefined): void {
    const { logger, observer, answering } = this.#ports;
    const reason = this.#reason;
    observer.isolated(reason);
    if (reason === undefined) {
      answering.resume();
      const msg = 'part of the ring again, announcing what is ours';
      logger.info({ event: 'isolationEnded', reason: before, msg });
      this.#record({ type: 'Normal', reason: 'speakerRejoined', message: msg });
      return;
    }
    answering.suspend();
    const msg = `cut off from the other speakers, giving up addresses: ${WHY[reason]}`;
    logger.warn({ event: 'isolated', reason, msg });
    this.#record({ type: 'Warning', reason: 'speakerIsolated', message: msg });
  }

  /**
   * Whether the link that bears the address is up with a carrier. A link that goes down may lose its address with that, and
   * one whose address is renewed has none for a moment, so what bore it last counts; where none ever did, any link.
   */
  #hasCarrier(links: readonly Link[]): boolean {
    const { address } = this.#self;
    const bearers = links.filter(({ addresses = [] }) => addresses.includes(address));
    if (bearers.length > 0) this.#bearers = new Set(bearers.map(({ index }) => index));
    const isCounted = ({ index, enslaved }: Link): boolean =>
      this.#bearers.size > 0 ? this.#bearers.has(index) : !enslaved;
    return links.some((link) => isCounted(link) && link.up && link.carrier);
  }

  /** About the own Node, whose Events are where `kubectl describe node` looks for them. */
  #record(remark: Remark): void {
    const { node } = this.#self;
    const about = { apiVersion: 'v1', kind: 'Node', namespace: '', name: node, uid: node };
    this.#ports.events.record(about, remark);
  }
}
