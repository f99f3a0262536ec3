import { parseIp } from '../../../src/runtime/net/index.ts';
import type { Duration } from '../../../src/runtime/platform/ports.ts';
import type { Endpoint, Message } from '../../../src/runtime/gossip/protocol/message.ts';
import { Agenda } from '../../../src/runtime/gossip/swim/agenda.ts';
import type { Effect } from '../../../src/runtime/gossip/swim/effect.ts';
import { FAST, LAN, type Timing } from '../../../src/runtime/gossip/swim/timing.ts';
import { SeededRandom } from '../seeded-random.ts';
import { VirtualMember, type World } from './virtual-member.ts';
import { VirtualNetwork } from './virtual-network.ts';

export interface RingOptions {
  readonly seed: number;
  readonly members: number;
  readonly timing?: Timing;
  readonly fastTiming?: Timing;
  /** Whether the member of this index runs with fast failover. */
  readonly fast?: (index: number) => boolean;
  /** How much a member's clock may be off, 0 to 1. */
  readonly drift?: number;
}

/** Members of one ring over a network that exists in memory, in a time that passes only when told. */
export class VirtualRing implements World {
  readonly random: SeededRandom;
  readonly network: VirtualNetwork;
  readonly members: readonly VirtualMember[];
  /** Datagrams, streams, and everything else that comes later. */
  readonly #agenda = new Agenda();
  readonly #byAddress = new Map<string, VirtualMember>();
  #now = 0;
  /** Told of every effect, once it is there. */
  watch: ((member: VirtualMember, effect: Effect) => void) | undefined;

  constructor(options: RingOptions) {
    this.random = new SeededRandom(options.seed);
    this.network = new VirtualNetwork(options.members, this.random);
    const { drift = 0 } = options;
    this.members = Array.from({ length: options.members }, (_, index) => {
      const features = { fast: options.fast?.(index) ?? false, macs: [] };
      const speed = 1 + (this.random.float() * 2 - 1) * drift;
      return new VirtualMember(this, {
        index,
        node: `node-${index}`,
        endpoint: { address: addressOf(index), port: 7946 },
        features,
        timing: options.timing ?? LAN,
        fastTiming: options.fastTiming ?? FAST,
        speed,
        offset: this.random.float() * 1e6,
      });
    });
    for (const member of this.members) this.#byAddress.set(member.endpoint.address, member);
  }

  get now(): number {
    return this.#now;
  }

  get running(): readonly VirtualMember[] {
    return this.members.filter((member) => member.swim !== undefined && !member.left);
  }

  member(index: number): VirtualMember {
    const member = this.members[index];
    if (member === undefined) throw new RangeError(`no member ${index}`);
    return member;
  }

  at(endpoint: Endpoint): VirtualMember | undefined {
    return this.#byAddress.get(endpoint.address);
  }

  after(delay: number, act: () => void): { cancel(): void } {
    return this.#agenda.at((this.#now + delay) as Duration, act);
  }

  /** Lets time pass, in milliseconds. */
  pass(duration: number): void {
    const until = this.#now + duration;
    while (this.#agenda.next <= until) {
      this.#now = Math.max(this.#now, this.#agenda.next);
      this.#agenda.run(this.#now as Duration);
    }
    this.#now = until;
  }

  /** Starts all members and has them know each other at once: a ring that has been there for long. */
  settle(): void {
    for (const member of this.members) member.start();
    const records = this.members.flatMap(({ swim }) => swim?.records() ?? []);
    for (const member of this.members) member.learn(records);
    this.pass(5_000);
  }

  deliver(from: VirtualMember, to: Endpoint, messages: readonly Message[]): void {
    const receiver = this.at(to);
    if (receiver === undefined) return;
    for (const delay of this.network.datagram(from.index, receiver.index)) {
      this.after(delay, () => receiver.hear(messages, from.endpoint));
    }
  }
}

function addressOf(index: number): Endpoint['address'] {
  const address = parseIp(`198.51.${100 + Math.floor(index / 250)}.${(index % 250) + 1}`);
  if (address === undefined) throw new RangeError(`no address for member ${index}`);
  return address;
}
