import type { Duration, Random } from '../../../src/runtime/platform/ports.ts';
import type {
  Endpoint,
  MemberRecord,
  Message,
} from '../../../src/runtime/gossip/protocol/message.ts';
import type { Features } from '../../../src/runtime/gossip/features.ts';
import { createSwim } from '../../../src/runtime/gossip/swim/create.ts';
import type { Effect, StreamProbe } from '../../../src/runtime/gossip/swim/effect.ts';
import type { Swim } from '../../../src/runtime/gossip/swim/swim.ts';
import type { Timing } from '../../../src/runtime/gossip/swim/timing.ts';
import type { VirtualNetwork } from './virtual-network.ts';

/** Datagrams that wait for a process that does not run. */
const SOCKET_BUFFER = 1_000;
/** Between telling that it leaves and the end of the process. */
const LINGER = 100;

export interface MemberOptions {
  readonly index: number;
  readonly node: string;
  readonly endpoint: Endpoint;
  readonly features: Features;
  readonly timing: Timing;
  readonly fastTiming: Timing;
  /** Of its clock: 1 is right. */
  readonly speed: number;
  /** What its clock shows at the beginning. */
  readonly offset: number;
}

/** How a process came to its end: its host is still there and says so, or is gone with it. */
export type Crash = 'process' | 'host';

/** Where members live. */
export interface World {
  readonly now: number;
  readonly random: Random;
  readonly network: VirtualNetwork;
  /** Told of every effect, once it is there. */
  readonly watch: ((member: VirtualMember, effect: Effect) => void) | undefined;
  at(endpoint: Endpoint): VirtualMember | undefined;
  after(delay: number, act: () => void): { cancel(): void };
  deliver(from: VirtualMember, to: Endpoint, messages: readonly Message[]): void;
}

/** One process: a `Swim` with its clock and sockets. */
export class VirtualMember {
  readonly index: number;
  readonly node: string;
  readonly endpoint: Endpoint;
  readonly #world: World;
  readonly #options: MemberOptions;
  swim: Swim | undefined;
  crash: Crash | undefined;
  /** It has said that it leaves, and is not to count from then on. */
  left = false;
  /** Since when it stands still. */
  #pausedAt: number | undefined;
  #buffer: { readonly messages: readonly Message[]; readonly from: Endpoint }[] = [];
  #wake: { readonly due: number; cancel(): void } | undefined;

  constructor(world: World, options: MemberOptions) {
    this.#world = world;
    this.#options = options;
    this.index = options.index;
    this.node = options.node;
    this.endpoint = options.endpoint;
  }

  get now(): Duration {
    const { offset, speed } = this.#options;
    return (offset + this.#world.now * speed) as Duration;
  }

  get paused(): boolean {
    return this.#pausedAt !== undefined;
  }

  start(): void {
    const { node, endpoint, features, timing, fastTiming } = this.#options;
    const { random } = this.#world;
    const { now } = this;
    this.crash = undefined;
    this.left = false;
    this.swim = createSwim({
      node,
      endpoint,
      features,
      timing,
      fastTiming,
      overhead: 29,
      random,
      now,
    });
    this.#do((swim, time) => swim.tick(time));
  }

  /** Exchanges states with others, as a process does that starts. */
  join(targets: readonly VirtualMember[]): void {
    for (const { endpoint, node } of targets) {
      if (node === this.node) continue;
      this.#perform({ type: 'exchange', with: endpoint, node, join: true });
    }
  }

  expect(members: readonly VirtualMember[], named: boolean): void {
    const where = members.map(({ node, endpoint }) => (named ? { node, endpoint } : { endpoint }));
    this.#do((swim, now) => swim.expect(where, now));
  }

  learn(records: readonly MemberRecord[]): void {
    this.#do((swim, now) => swim.merge(records, this.endpoint, true, now));
  }

  end(crash: Crash): void {
    this.crash = crash;
    this.swim = undefined;
    this.#pausedAt = undefined;
    this.#buffer = [];
    this.#sleep();
  }

  leave(): void {
    this.left = true;
    this.#do((swim, now) => swim.leave(1_000 as Duration, now));
  }

  pause(): void {
    if (this.swim === undefined) return;
    this.#pausedAt ??= this.#world.now;
    this.#sleep();
  }

  /** Goes on: with what has come in meanwhile, or with the news that it stood still. */
  resume(): void {
    if (this.#pausedAt === undefined) return;
    const lateness = (this.now - this.#at(this.#pausedAt)) as Duration;
    this.#pausedAt = undefined;
    const buffer = this.#buffer;
    this.#buffer = [];
    const told = this.#world.random.float() < 0.5;
    if (told) this.#do((swim, now) => swim.stalled(lateness, now));
    for (const { messages, from } of buffer) this.hear(messages, from);
    if (!told) this.#do((swim, now) => swim.stalled(lateness, now));
  }

  hear(messages: readonly Message[], from: Endpoint): void {
    if (this.swim === undefined) return;
    if (this.paused) {
      if (this.#buffer.length < SOCKET_BUFFER) this.#buffer.push({ messages, from });
      return;
    }
    for (const message of messages) this.#do((swim, now) => swim.receive(message, from, now));
  }

  #at(time: number): number {
    return this.#options.offset + time * this.#options.speed;
  }

  #do(act: (swim: Swim, now: Duration) => readonly Effect[]): void {
    const { swim } = this;
    if (swim === undefined) return;
    for (const effect of act(swim, this.now)) this.#perform(effect);
    if (this.swim === swim && !this.paused) this.#setWake(swim);
  }

  #setWake({ next }: Swim): void {
    if (this.#wake?.due === next) return;
    this.#wake?.cancel();
    // Rounding must not wake it before it is due.
    const delay = Math.max(0, (next - this.now) / this.#options.speed) + 1e-6;
    const timer = this.#world.after(delay, () => {
      this.#wake = undefined;
      this.#do((swim, now) => swim.tick(now));
    });
    this.#wake = { due: next, cancel: () => timer.cancel() };
  }

  #sleep(): void {
    this.#wake?.cancel();
    this.#wake = undefined;
  }

  #perform(effect: Effect): void {
    this.#world.watch?.(this, effect);
    switch (effect.type) {
      case 'send':
        this.#world.deliver(this, effect.to, effect.messages);
        return;
      case 'exchange':
        this.#exchange(effect.with, effect.join);
        return;
      case 'probeStream':
        this.#probe(effect.to, effect.seqNo, effect.within);
        return;
      case 'leaveTold':
        this.#linger();
        return;
      case 'event':
      case 'log':
      case 'complaint':
        return;
      default:
        effect satisfies never;
    }
  }

  #linger(): void {
    const { swim } = this;
    this.#world.after(LINGER, () => {
      if (this.swim === swim) this.end('process');
    });
  }

  /** How a connection to the other ends up: there, refused, or nowhere. */
  #dial(other: VirtualMember | undefined): StreamProbe {
    const { network } = this.#world;
    if (other === undefined) return 'failed';
    const both =
      network.reaches(this.index, other.index) && network.reaches(other.index, this.index);
    if (!both || other.crash === 'host' || other.paused) return 'failed';
    return other.swim === undefined ? 'refused' : 'answered';
  }

  #probe(to: Endpoint, seqNo: number, within: Duration): void {
    const { swim } = this;
    const trip = 2 * this.#world.network.stream();
    const other = this.#world.at(to);
    const timeOut = within / this.#options.speed;
    const result = trip < timeOut ? this.#dial(other) : 'failed';
    this.#world.after(result === 'failed' ? timeOut : trip, () => {
      if (this.swim === swim) this.#whenAwake((own, now) => own.streamProbed(seqNo, result, now));
    });
  }

  #exchange(to: Endpoint, join: boolean): void {
    const { swim } = this;
    const { network } = this.#world;
    const other = this.#world.at(to);
    const result = this.#dial(other);
    if (swim === undefined) return;
    const fail = (error: string) => (): void => {
      if (this.swim === swim) this.#whenAwake((own, now) => own.exchangeFailed(to, error, now));
    };
    if (result !== 'answered' || other === undefined) {
      this.#world.after(result === 'refused' ? 1 : 3_000, fail(result));
      return;
    }
    const records = swim.records();
    this.#world.after(network.stream(), () => {
      if (other.swim === undefined || other.paused || this.#dial(other) !== 'answered') {
        this.#world.after(3_000, fail('timeout'));
        return;
      }
      const answer = other.swim.records();
      // The connection comes from a port that nobody listens on.
      other.#merge(records, { ...this.endpoint, port: 40_000 + this.index }, join);
      this.#world.after(network.stream(), () => {
        if (this.swim === swim) this.#merge(answer, to, join);
      });
    });
  }

  #merge(records: readonly MemberRecord[], from: Endpoint, join: boolean): void {
    this.#whenAwake((swim, now) => swim.merge(records, from, join, now));
  }

  #whenAwake(act: (swim: Swim, now: Duration) => readonly Effect[]): void {
    if (this.paused) this.#world.after(10, () => this.#whenAwake(act));
    else this.#do(act);
  }
}
