import type { Accusation, Ack, Nack, Ping } from '../../protocol/message.ts';
import type { Appointment } from '../agenda.ts';
import type { StreamProbe } from '../effect.ts';
import type { Claims } from '../membership/claims.ts';
import { type Entry, counts } from '../membership/table.ts';
import type { Ring } from '../ring.ts';
import { ProbeOrder } from './order.ts';

/** Protocols from which members answer nacks, and pings over streams. memberlist-wire.md §12 step 5 */
const NACK_PROTOCOL = 4;
const STREAM_PROTOCOL = 3;

interface Probe {
  readonly seqNo: number;
  readonly entry: Entry;
  /** As it was when the probe began: who has been heard of since is not suspected. */
  readonly incarnation: number;
  readonly deadline: number;
  timer: Appointment;
  nacksExpected: number;
  nacks: number;
  stream: StreamProbe | undefined;
}

/** Finds out who does not answer. memberlist-wire.md §12 */
export class Prober {
  readonly #ring: Ring;
  readonly #claims: Claims;
  readonly #order: ProbeOrder;
  readonly #probes = new Map<number, Probe>();
  /** Probes of the present interval that wait for earlier ones to end. */
  #owed = 0;

  constructor(ring: Ring, claims: Claims) {
    this.#ring = ring;
    this.#claims = claims;
    this.#order = new ProbeOrder(ring);
    const first = ring.now + ring.options.random.float() * ring.timing.probeInterval;
    ring.agenda.at(first as Appointment['due'], () => this.#tick(first));
  }

  /** Whether the ack is one that a probe waits for. */
  acked({ seqNo }: Ack): boolean {
    const probe = this.#probes.get(seqNo);
    if (probe !== undefined) this.#succeed(probe);
    return probe !== undefined;
  }

  nacked({ seqNo }: Nack): void {
    const probe = this.#probes.get(seqNo);
    if (probe !== undefined) probe.nacks = Math.min(probe.nacks + 1, probe.nacksExpected);
  }

  /** An answer over a stream counts only once time is up: other probes are to be heard before. */
  streamProbed(seqNo: number, result: StreamProbe): void {
    const probe = this.#probes.get(seqNo);
    if (probe === undefined) return;
    probe.stream = result;
    if (result === 'refused') this.#fail(probe, 0);
  }

  /** Whether the ping is of a probe, which then ends without a verdict: the fault is on this side. */
  sendFailed({ seqNo }: Ping): boolean {
    const probe = this.#probes.get(seqNo);
    if (probe !== undefined) this.#end(probe);
    return probe !== undefined;
  }

  /** Ends all probes under way without a verdict. */
  drop(): void {
    this.#owed = 0;
    for (const probe of this.#probes.values()) this.#end(probe);
  }

  /** A tick that comes late is one tick: those missed are not made up for. */
  #tick(due: number): void {
    const { timing, agenda, now, leaving } = this.#ring;
    if (leaving) return;
    this.#owed = timing.probeFanOut;
    this.#pay();
    const missed = Math.floor((now - due) / timing.probeInterval);
    const next = (due + (missed + 1) * timing.probeInterval) as Appointment['due'];
    agenda.at(next, () => this.#tick(next));
  }

  #pay(): void {
    while (this.#owed > 0 && this.#probes.size < this.#ring.timing.probeFanOut) {
      this.#owed -= 1;
      const entry = this.#order.next();
      if (entry === undefined) this.#owed = 0;
      else this.#begin(entry);
    }
  }

  #begin(entry: Entry): void {
    const { timing, awareness, now } = this.#ring;
    const seqNo = this.#ring.nextSeqNo();
    const interval = timing.probeInterval * (awareness.score + 1);
    const probe: Probe = {
      seqNo,
      entry,
      incarnation: entry.incarnation,
      deadline: now + interval,
      timer: this.#ring.after(timing.probeTimeout, () => this.#timeOut(probe)),
      nacksExpected: 0,
      nacks: 0,
      stream: undefined,
    };
    this.#probes.set(seqNo, probe);
    entry.probe = seqNo;
    const ping: Ping = { type: 'ping', seqNo, node: entry.node };
    if (entry.state === 'alive') this.#ring.send(entry.endpoint, ping);
    else this.#ring.sendBare(entry, [ping, this.#accusation(probe)]);
  }

  #accusation({ entry: { node }, incarnation }: Probe): Accusation {
    return { type: 'suspect', incarnation, node, from: this.#ring.self.node };
  }

  /** The direct way failed: others try, and a stream is tried. */
  #timeOut(probe: Probe): void {
    const { seqNo, entry, deadline } = probe;
    const { node, endpoint } = entry;
    this.#ring.log('debug', `Failed ping: ${node} (timeout reached)`);
    const suits = (other: Entry): boolean =>
      other.state === 'alive' && other !== this.#ring.self && other !== entry;
    for (const other of this.#ring.table.pick(this.#ring.timing.indirectChecks, suits)) {
      const nack = (other.versions[1] ?? 0) >= NACK_PROTOCOL;
      if (nack) probe.nacksExpected += 1;
      const target = endpoint;
      this.#ring.send(other.endpoint, { type: 'indirectPing', seqNo, target, node, nack });
    }
    const within = (deadline - this.#ring.now) as Appointment['due'];
    if ((entry.versions[1] ?? 0) >= STREAM_PROTOCOL) {
      this.#ring.emit({ type: 'probeStream', to: endpoint, node, seqNo, within });
    }
    probe.timer = this.#ring.after(within, () => this.#judge(probe));
  }

  #judge(probe: Probe): void {
    if (probe.stream === 'answered') {
      this.#ring.log(
        'warn',
        `Was able to connect to ${probe.entry.node} but other probes failed, network may be misconfigured`,
      );
      this.#succeed(probe);
      return;
    }
    this.#fail(probe, probe.nacksExpected > 0 ? probe.nacksExpected - probe.nacks : 1);
  }

  #succeed(probe: Probe): void {
    this.#ring.awareness.change(-1);
    this.#end(probe);
    this.#pay();
  }

  /** @param awareness - how much the failure says about this member itself */
  #fail(probe: Probe, awareness: number): void {
    this.#ring.awareness.change(awareness);
    this.#end(probe);
    const { entry, incarnation } = probe;
    if (counts(entry) && entry.incarnation === incarnation) {
      this.#ring.log('info', `Suspect ${entry.node} has failed, no acks received`);
      this.#claims.receive(this.#accusation(probe));
    }
    this.#pay();
  }

  #end(probe: Probe): void {
    probe.timer.cancel();
    probe.entry.probe = undefined;
    this.#probes.delete(probe.seqNo);
  }
}
