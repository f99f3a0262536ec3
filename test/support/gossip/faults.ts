import { SeededRandom } from '../seeded-random.ts';
import type { VirtualMember } from './virtual-member.ts';
import type { Weather } from './virtual-network.ts';
import { VirtualRing } from './virtual-ring.ts';

/** A ring, and what befalls it; everything about it follows from a seed. */
export interface Schedule {
  readonly ring: VirtualRing;
  /** What happened, for whoever has to find out why. */
  readonly story: string[];
  /** When the troubles are over, in milliseconds: then {@link calm} is to be called. */
  readonly until: number;
  /** Heals the network, and has everybody go on that stood still. */
  calm(): void;
}

const TROUBLE_FROM = 4_000;
const TROUBLE_UNTIL = 22_000;

/** A ring of `members` to which a few of a network's and its hosts' troubles are going to happen. */
export function schedule(seed: number, members: number): Schedule {
  const random = new SeededRandom(seed ^ 0x5eed);
  const pick = random.float();
  const fast = (index: number): boolean => pick < 0.2 || (pick < 0.3 && index > 0);
  const ring = new VirtualRing({ seed, members, fast, drift: 0.05 });
  return new Troubles(ring, random);
}

class Troubles implements Schedule {
  readonly ring: VirtualRing;
  readonly story: string[] = [];
  readonly until = TROUBLE_UNTIL;
  readonly #random: SeededRandom;
  /** Whether members are told names of those that they are to find, or addresses only. */
  readonly #named: boolean;

  constructor(ring: VirtualRing, random: SeededRandom) {
    this.ring = ring;
    this.#random = random;
    this.#named = random.float() < 0.9;
    for (const member of ring.members) {
      this.#at(this.#between(0, 2_000), `${member.node} starts`, () => this.#start(member));
    }
    this.#at(TROUBLE_FROM / 2, 'weather', () => {
      ring.network.weather = this.#weather();
    });
    const count = 1 + this.#draw(ring.members.length > 8 ? 6 : 4);
    for (let fault = 0; fault < count; fault += 1) this.#fault();
  }

  calm(): void {
    const { network, members, running } = this.ring;
    network.heal();
    network.weather = { ...network.weather, loss: 0, stragglers: 0 };
    for (const member of members) member.resume();
    // A ring that everybody left says nothing.
    if (running.length === 0) this.#again(this.ring.member(0));
  }

  #weather(): Weather {
    const worst = this.#random.float();
    return {
      loss: this.#random.float() < 0.5 ? 0 : 0.2 * worst,
      duplication: 0.1 * this.#random.float(),
      leastDelay: 0.1,
      meanDelay: this.#random.float() < 0.8 ? 0.5 : 40,
      stragglers: this.#random.float() < 0.7 ? 0 : 0.05,
    };
  }

  #start(member: VirtualMember): void {
    const { members } = this.ring;
    member.start();
    member.expect(members, this.#named);
    const few = members.length <= 8 ? members : [0, 1, 2].map(() => this.#anyone());
    member.join(few);
  }

  #fault(): void {
    const from = this.#between(TROUBLE_FROM, TROUBLE_UNTIL - 2_000);
    const until = this.#between(from, TROUBLE_UNTIL);
    const kinds = [
      this.#crash,
      this.#leave,
      this.#partition,
      this.#deafen,
      this.#pause,
      this.#storm,
    ];
    const kind = kinds[this.#draw(kinds.length)];
    kind?.call(this, from, until);
  }

  #crash(from: number, until: number): void {
    const member = this.#anyone();
    const how = this.#random.float() < 0.5 ? 'process' : 'host';
    this.#at(from, `${member.node}: ${how} ends`, () => member.end(how));
    if (this.#random.float() < 0.6) {
      this.#at(until, `${member.node} starts again`, () => this.#again(member));
    }
  }

  #leave(from: number, until: number): void {
    const member = this.#anyone();
    this.#at(from, `${member.node} leaves`, () => member.leave());
    if (this.#random.float() < 0.5) {
      const later = Math.max(from + 1_500, until);
      this.#at(later, `${member.node} comes again`, () => this.#again(member));
    }
  }

  #partition(from: number, until: number): void {
    const { network, members } = this.ring;
    const side = members.map(() => this.#random.float() < 0.5);
    const oneWay = this.#random.float() < 0.3;
    this.#at(from, `cut ${side.map(Number).join('')}${oneWay ? ' one way' : ''}`, () => {
      for (const { index: left } of members) {
        for (const { index: right } of members) {
          const cut = oneWay
            ? side[left] === true && side[right] !== true
            : side[left] !== side[right];
          if (cut) network.cut(left, right);
        }
      }
    });
    this.#at(until, 'healed', () => network.heal());
  }

  #deafen(from: number, until: number): void {
    const { network, members } = this.ring;
    const member = this.#anyone();
    this.#at(from, `${member.node} hears nobody`, () => {
      for (const { index } of members) network.cut(index, member.index);
    });
    this.#at(until, 'healed', () => network.heal());
  }

  #pause(from: number, until: number): void {
    const member = this.#anyone();
    this.#at(from, `${member.node} stands still`, () => member.pause());
    this.#at(until, `${member.node} goes on`, () => member.resume());
  }

  #storm(from: number, until: number): void {
    const { network } = this.ring;
    this.#at(from, 'storm', () => {
      network.weather = { ...network.weather, loss: 0.4 };
    });
    this.#at(until, 'calm', () => {
      network.weather = this.#weather();
    });
  }

  #again(member: VirtualMember): void {
    if (member.swim !== undefined && !member.left) return;
    if (member.swim !== undefined) member.end('process');
    this.#start(member);
  }

  #at(time: number, what: string, act: () => void): void {
    const { ring, story } = this;
    ring.after(time, () => {
      story.push(`${Math.round(time)} ${what}`);
      act();
    });
  }

  #anyone(): VirtualMember {
    const { ring } = this;
    return ring.member(this.#draw(ring.members.length));
  }

  #between(least: number, most: number): number {
    return least + this.#random.float() * (most - least);
  }

  #draw(below: number): number {
    return Math.floor(this.#random.float() * below);
  }
}
