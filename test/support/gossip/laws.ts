import type { Claim } from '../../../src/runtime/gossip/protocol/message.ts';
import type { Effect } from '../../../src/runtime/gossip/swim/effect.ts';
import type { Swim } from '../../../src/runtime/gossip/swim/swim.ts';
import type { VirtualMember } from './virtual-member.ts';
import type { VirtualRing } from './virtual-ring.ts';

/** Transmissions of one claim in a ring of `members`, at most. memberlist-wire.md §16 */
const transmitLimit = (members: number): number => 4 * Math.ceil(Math.log10(members + 1));

/** Watches a ring, and lists what must never happen. */
export class Laws {
  readonly broken: string[] = [];
  readonly #ring: VirtualRing;
  /** By observer, then by subject. */
  readonly #incarnations = new Map<Swim, Map<string, number>>();
  readonly #transmissions = new Map<VirtualMember, Map<Claim, number>>();

  constructor(ring: VirtualRing) {
    this.#ring = ring;
    // Counting what hundreds say to hundreds takes longer than all else.
    if (ring.members.length <= 50) ring.watch = (member, effect) => this.#watch(member, effect);
  }

  /** Looks at what everybody holds now. */
  inspect(): void {
    for (const member of this.#ring.members) {
      if (member.swim === undefined) continue;
      this.#inspect(member.node, member.swim);
    }
  }

  /** Whether all that run hold each other alive, and nobody else counts. */
  get agreed(): boolean {
    return this.disagreements().length === 0;
  }

  /** Whether all that run count for each other, suspects included, and nobody else does. */
  get complete(): boolean {
    const { running } = this.#ring;
    const names = running.map(({ node }) => node).sort();
    return running.every(({ swim }) => {
      const seen = swim?.members().map(({ node }) => node) ?? [];
      return seen.sort().join() === names.join();
    });
  }

  disagreements(): string[] {
    const { running } = this.#ring;
    const names = new Set(running.map(({ node }) => node));
    return running.flatMap(({ node, swim }) => {
      const seen = swim?.members() ?? [];
      const alive = seen.filter((member) => member.state === 'alive' && names.has(member.node));
      if (alive.length === names.size && seen.length === names.size) return [];
      const text = seen.map((member) => `${member.node}:${member.state}:${member.incarnation}`);
      return [`${node} sees ${text.join(' ')}, but there run ${[...names].join(' ')}`];
    });
  }

  #watch(member: VirtualMember, effect: Effect): void {
    if (effect.type !== 'send') return;
    const size = this.#ring.members.length;
    for (const message of effect.messages) {
      if (message.type !== 'alive' && message.type !== 'suspect' && message.type !== 'dead') {
        continue;
      }
      const counted = this.#transmissions.get(member) ?? new Map<Claim, number>();
      this.#transmissions.set(member, counted);
      const count = (counted.get(message) ?? 0) + 1;
      counted.set(message, count);
      // A leave is told to everybody once more than gossip does.
      const extra = message.type === 'dead' && message.node === member.node ? size - 1 : 0;
      // A claim about a life that is not known yet is news once more when that life is.
      if (count > 2 * transmitLimit(size) + extra) {
        this.broken.push(`${member.node} said ${count} times ${JSON.stringify(message)}`);
      }
    }
  }

  #inspect(node: string, swim: Swim): void {
    const before = this.#incarnations.get(swim);
    const held = new Map<string, number>();
    for (const record of swim.records()) {
      const earlier = before?.get(record.node) ?? 0;
      if (record.incarnation < earlier) {
        this.broken.push(`${node}: incarnation of ${record.node} fell from ${earlier}`);
      }
      held.set(record.node, record.incarnation);
    }
    this.#incarnations.set(swim, held);
    const { awareness, queued } = swim;
    if (awareness < 0 || awareness > 7) this.broken.push(`${node}: awareness ${awareness}`);
    // One claim about each, or three that suspect it.
    if (queued > 3 * this.#ring.members.length) this.broken.push(`${node}: ${queued} claims wait`);
  }
}
