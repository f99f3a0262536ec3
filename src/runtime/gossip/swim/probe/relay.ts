import type { Ack, Endpoint, IndirectPing, Ping } from '../../protocol/message.ts';
import type { Appointment } from '../agenda.ts';
import type { Ring } from '../ring.ts';

/** Probes made for others at a time: more are not answered. */
const RELAY_LIMIT = 1024;

interface Errand {
  readonly asked: IndirectPing;
  readonly asker: Endpoint;
  readonly timer: Appointment;
}

/** Probes members for those that do not reach them. memberlist-wire.md §12 */
export class Relay {
  readonly #ring: Ring;
  readonly #errands = new Map<number, Errand>();

  constructor(ring: Ring) {
    this.#ring = ring;
  }

  ask(asked: IndirectPing, from: Endpoint): void {
    if (this.#errands.size >= RELAY_LIMIT) return;
    const { timing, self } = this.#ring;
    const { node, target } = asked;
    const seqNo = this.#ring.nextSeqNo();
    const timer = this.#ring.after(timing.probeTimeout, () => this.#timeOut(seqNo));
    this.#errands.set(seqNo, { asked, asker: asked.source ?? from, timer });
    const port = target.port === 0 ? self.endpoint.port : target.port;
    this.#ring.send({ address: target.address, port }, { type: 'ping', seqNo, node });
  }

  /** Whether the ack is one that somebody else waits for. */
  acked({ seqNo }: Ack): boolean {
    const errand = this.#take(seqNo);
    if (errand === undefined) return false;
    this.#ring.send(errand.asker, { type: 'ack', seqNo: errand.asked.seqNo });
    return true;
  }

  /** Whether the ping was made for somebody else. */
  sendFailed({ seqNo }: Ping): boolean {
    return this.#errands.has(seqNo);
  }

  /** Ends whatever is under way without an answer: it would say nothing about the target. */
  drop(): void {
    for (const { timer } of this.#errands.values()) timer.cancel();
    this.#errands.clear();
  }

  #timeOut(seqNo: number): void {
    const errand = this.#take(seqNo);
    if (!errand?.asked.nack) return;
    this.#ring.send(errand.asker, { type: 'nack', seqNo: errand.asked.seqNo });
  }

  #take(seqNo: number): Errand | undefined {
    const errand = this.#errands.get(seqNo);
    errand?.timer.cancel();
    this.#errands.delete(seqNo);
    return errand;
  }
}
