import type { Duration } from '../../platform/ports.ts';
import type { Ack, Endpoint, MemberRecord, Message, Ping } from '../protocol/message.ts';
import type { Effect, Member, StreamProbe } from './effect.ts';
import { Exchanges } from './exchanges.ts';
import { leave } from './leave.ts';
import { Claims } from './membership/claims.ts';
import { suspicionWindow } from './membership/suspicion.ts';
import { counts, sameEndpoint } from './membership/table.ts';
import { Prober } from './probe/prober.ts';
import { Reconnect } from './probe/reconnect.ts';
import { Relay } from './probe/relay.ts';
import { Ring } from './ring.ts';
import type { MakeSwim, Swim, SwimOptions } from './swim.ts';
import type { Timing } from './timing.ts';

/** A member of a ring that has nobody else in it yet. Its own join is told with the first effects. */
export const createSwim: MakeSwim = (options) => new OneMember(options);

class OneMember implements Swim {
  readonly #ring: Ring;
  readonly #reconnect: Reconnect;
  readonly #claims: Claims;
  readonly #prober: Prober;
  readonly #relay: Relay;
  #lastHeard: Duration | undefined;
  #fast: boolean;
  /** Up to when being late has been accounted for; `undefined` before anything was done. */
  #accounted: Duration | undefined;

  constructor(options: SwimOptions) {
    const ring = new Ring(options);
    this.#ring = ring;
    this.#fast = ring.table.fast;
    this.#reconnect = new Reconnect(ring);
    this.#claims = new Claims(ring, this.#reconnect);
    this.#prober = new Prober(ring, this.#claims);
    this.#relay = new Relay(ring);
    new Exchanges(ring);
    const { node, endpoint } = options;
    ring.after(0, () => {
      ring.emit({ type: 'event', event: { type: 'join', node, endpoint } });
      ring.broadcast(ring.ownClaim);
    });
  }

  get next(): Duration {
    return this.#ring.agenda.next;
  }

  get timing(): Timing {
    return this.#ring.timing;
  }

  get suspicionTime(): Duration {
    return suspicionWindow(this.#ring.table.size, this.#ring.timing).min;
  }

  get lastHeard(): Duration | undefined {
    return this.#lastHeard;
  }

  get incarnation(): number {
    return this.#ring.self.incarnation;
  }

  get awareness(): number {
    return this.#ring.awareness.score;
  }

  get queued(): number {
    return this.#ring.queued;
  }

  members(): readonly Member[] {
    return this.#ring.table.members();
  }

  records(): readonly MemberRecord[] {
    return this.#ring.table.records();
  }

  tick(now: Duration): readonly Effect[] {
    return this.#turn(now, () => this.#ring.agenda.run(this.#ring.now));
  }

  receive(message: Message, from: Endpoint, now: Duration): readonly Effect[] {
    return this.#turn(now, () => {
      this.#hear(from);
      this.#receive(message, from);
    });
  }

  // Four of the contract's parameters are facts of one exchange.
  merge(
    records: readonly MemberRecord[],
    from: Endpoint,
    _join: boolean,
    now: Duration,
  ): readonly Effect[] {
    return this.#turn(now, () => {
      this.#hear(from);
      const objection = this.#claims.merge(records, from);
      if (objection === undefined) {
        this.#reconnect.exchanged(from);
        return;
      }
      const ours = this.#reconnect.exchangeFailed(from);
      const text = `Failed push/pull merge: ${objection} from=${from.address}:${from.port}`;
      if (ours) this.#ring.log('debug', text);
      else this.#ring.complain('error', 'merge', text);
    });
  }

  exchangeFailed(endpoint: Endpoint, error: string, now: Duration): readonly Effect[] {
    return this.#turn(now, () => {
      const ours = this.#reconnect.exchangeFailed(endpoint);
      const name = this.#ring.table
        .entries()
        .find((entry) => sameEndpoint(entry.endpoint, endpoint))?.node;
      const whom = name ?? `${endpoint.address}:${endpoint.port}`;
      const text = `Push/Pull with ${whom} failed: ${error}`;
      if (ours) this.#ring.log('debug', text);
      else this.#ring.complain('error', 'exchange', text);
    });
  }

  streamProbed(seqNo: number, result: StreamProbe, now: Duration): readonly Effect[] {
    return this.#turn(now, () => this.#prober.streamProbed(seqNo, result));
  }

  sendFailed(message: Message, error: string, now: Duration): readonly Effect[] {
    return this.#turn(now, () => this.#sendFailed(message, error));
  }

  expect(
    where: readonly { readonly node?: string; readonly endpoint: Endpoint }[],
    now: Duration,
  ): readonly Effect[] {
    return this.#turn(now, () => this.#reconnect.expect(where));
  }

  stalled(lateness: Duration, now: Duration): readonly Effect[] {
    return this.#turn(now, () => {
      // Being late was noticed here already, by what should have been done meanwhile.
      if ((this.#accounted ?? -Infinity) <= now - lateness) this.#excuse(lateness);
    });
  }

  leave(within: Duration, now: Duration): readonly Effect[] {
    return this.#turn(now, () => leave(this.#ring, within));
  }

  #turn(now: Duration, act: () => void): readonly Effect[] {
    const ring = this.#ring;
    ring.now = Math.max(ring.now, now) as Duration;
    if (this.#accounted === undefined) this.#accounted = ring.now;
    const lateness = ring.now - Math.max(ring.agenda.next, this.#accounted);
    if (lateness >= ring.timing.probeTimeout) this.#excuse(lateness);
    act();
    this.#sayTiming();
    return ring.flush();
  }

  /**
   * This member stood still: that it heard nobody meanwhile says nothing about anybody. Suspects are asked once more, and
   * told of the suspicion, so that those that live can say so.
   */
  #excuse(lateness: number): void {
    const ring = this.#ring;
    const { probeTimeout, probeInterval, gossipInterval } = ring.timing;
    this.#accounted = ring.now;
    if (lateness < probeTimeout / 2) return;
    ring.awareness.change(lateness >= probeInterval ? 2 : 1);
    if (lateness < probeTimeout) return;
    this.#prober.drop();
    this.#relay.drop();
    this.#claims.deferVerdicts(ring.now + probeInterval + 2 * gossipInterval);
    for (const entry of ring.table.entries()) {
      if (entry.suspicion === undefined) continue;
      const { node, incarnation } = entry;
      const ping: Ping = { type: 'ping', seqNo: ring.nextSeqNo(), node };
      ring.sendBare(entry, [ping, { type: 'suspect', incarnation, node, from: ring.self.node }]);
    }
  }

  #hear(from: Endpoint): void {
    if (!sameEndpoint(from, this.#ring.self.endpoint)) this.#lastHeard = this.#ring.now;
  }

  #receive(message: Message, from: Endpoint): void {
    switch (message.type) {
      case 'ping': {
        this.#answer(message, from);
        return;
      }
      case 'indirectPing': {
        this.#relay.ask(message, from);
        return;
      }
      case 'ack':
        this.#acked(message);
        return;
      case 'nack': {
        this.#prober.nacked(message);
        return;
      }
      case 'alive':
      case 'suspect':
      case 'dead': {
        this.#claims.receive(message, from);
        return;
      }
      case 'user':
        return;
      default:
        return message satisfies never;
    }
  }

  #acked(ack: Ack): void {
    for (const asker of [this.#prober, this.#relay, this.#reconnect]) if (asker.acked(ack)) return;
  }

  #answer({ seqNo, node, source }: Ping, from: Endpoint): void {
    if (node !== '' && node !== this.#ring.self.node) {
      const text = `Got ping for unexpected node '${node}' from=${from.address}:${from.port}`;
      this.#ring.complain('warn', 'unexpected node', text);
      return;
    }
    const to = source ?? from;
    this.#ring.send({ address: to.address, port: to.port }, { type: 'ack', seqNo });
  }

  #sendFailed(message: Message, error: string): void {
    switch (message.type) {
      case 'ping':
        if (this.#prober.sendFailed(message)) {
          this.#ring.complain('error', 'unsent', `Failed to send ping: ${error}`);
          return;
        }
        if (this.#relay.sendFailed(message)) {
          this.#ring.complain('error', 'unsent', `Failed to send indirect ping: ${error}`);
          return;
        }
        {
          this.#ring.log('debug', `Failed to send ping: ${error}`);
          return;
        }
      case 'indirectPing': {
        this.#ring.complain('error', 'unsent', `Failed to send indirect ping: ${error}`);
        return;
      }
      case 'ack':
      case 'nack': {
        this.#ring.complain('error', 'unsent', `Failed to send ${message.type}: ${error}`);
        return;
      }
      case 'alive':
      case 'suspect':
      case 'dead': {
        this.#ring.complain('error', 'unsent', `Failed to send gossip: ${error}`);
        return;
      }
      case 'user':
        return;
      default:
        return message satisfies never;
    }
  }

  #sayTiming(): void {
    const { fast } = this.#ring.table;
    if (fast === this.#fast || !counts(this.#ring.self)) return;
    this.#fast = fast;
    const { probeInterval } = this.#ring.timing;
    const why = fast ? 'every member says' : 'not every member says';
    this.#ring.log(
      'info',
      `Failover is ${fast ? 'fast' : 'as usual'}: ${why} that it can be fast, probing every ${probeInterval}ms`,
    );
  }
}
