import type {
  Endpoint,
  MemberRecord,
  Message,
} from '../../../src/runtime/gossip/protocol/message.ts';
import { encodeFeatures } from '../../../src/runtime/gossip/features.ts';
import { createSwim } from '../../../src/runtime/gossip/swim/create.ts';
import type { Effect } from '../../../src/runtime/gossip/swim/effect.ts';
import type { Swim, SwimOptions } from '../../../src/runtime/gossip/swim/swim.ts';
import { FAST, LAN } from '../../../src/runtime/gossip/swim/timing.ts';
import { parseIp } from '../../../src/runtime/net/index.ts';
import { type Duration, millis } from '../../../src/runtime/platform/ports.ts';
import { SeededRandom } from '../seeded-random.ts';

/** What the original's members say of themselves, and ours. memberlist-wire.md §4.1 */
const VERSIONS = [1, 5, 2, 0, 0, 0] as const;
const NOTHING = new Uint8Array();

export type Of<Type extends Effect['type']> = Effect & { readonly type: Type };

/** Where the member of a name such as `b` or `node-7` listens. */
export function endpointOf(node: string): Endpoint {
  const number = Buffer.from(node).reduce((sum, octet) => (sum * 31 + octet) % 250, 0);
  const address = parseIp(`192.0.2.${number + 1}`);
  if (address === undefined) throw new RangeError(node);
  return { address, port: 7946 };
}

export function alive(node: string, incarnation = 1, meta: Uint8Array = NOTHING): Message {
  const endpoint = endpointOf(node);
  return { type: 'alive', incarnation, node, endpoint, meta, versions: VERSIONS };
}

export function accuse(
  type: 'suspect' | 'dead',
  node: string,
  from: string,
  incarnation = 1,
): Message {
  return { type, incarnation, node, from };
}

export function record(
  node: string,
  state: MemberRecord['state'] = 'alive',
  incarnation = 1,
): MemberRecord {
  const endpoint = endpointOf(node);
  return { node, endpoint, meta: NOTHING, incarnation, state, versions: VERSIONS };
}

export const fastMeta: Uint8Array = encodeFeatures({ fast: true, macs: [] });

/** The member `a`, and a test that plays everybody else. */
export class ScriptedMember {
  readonly swim: Swim;
  now: Duration = millis(0);
  /** Everything there was to do so far. */
  readonly effects: Effect[] = [];

  constructor(options: Partial<SwimOptions> = {}, others: readonly string[] = []) {
    this.swim = createSwim({
      node: 'a',
      endpoint: endpointOf('a'),
      features: { fast: false, macs: [] },
      timing: { ...LAN, probeFanOut: 1 },
      fastTiming: FAST,
      overhead: 0,
      random: new SeededRandom(7),
      now: this.now,
      ...options,
    });
    this.pass(0);
    for (const node of others) this.hear(alive(node), node);
  }

  /** Lets time pass; nobody answers anything. */
  pass(duration: number): Effect[] {
    const until = this.now + duration;
    const effects: Effect[] = [];
    while (this.swim.next <= until) {
      this.now = Math.max(this.now, this.swim.next) as Duration;
      effects.push(...this.swim.tick(this.now));
    }
    this.now = millis(until);
    this.effects.push(...effects);
    return effects;
  }

  hear(message: Message, from: string): readonly Effect[] {
    return this.#keep(this.swim.receive(message, endpointOf(from), this.now));
  }

  merge(records: readonly MemberRecord[], from: string): readonly Effect[] {
    return this.#keep(this.swim.merge(records, endpointOf(from), true, this.now));
  }

  do(act: (swim: Swim, now: Duration) => readonly Effect[]): readonly Effect[] {
    return this.#keep(act(this.swim, this.now));
  }

  /** Lets time pass until there is such an effect, at most for a minute. */
  until<Type extends Effect['type']>(
    type: Type,
    suits: (effect: Of<Type>) => boolean = () => true,
  ): Of<Type> {
    const wanted = (effect: Effect): effect is Of<Type> =>
      effect.type === type && suits(effect as Of<Type>);
    for (const end = this.now + 60_000; this.now < end;) {
      const found = this.pass(Math.max(0, this.swim.next - this.now)).find(wanted);
      if (found !== undefined) return found;
    }
    throw new Error(`no ${type} within a minute`);
  }

  /** Lets time pass until somebody is pinged, and says who and with what. */
  ping(node?: string): { readonly node: string; readonly seqNo: number } {
    const { messages } = this.until('send', ({ messages: [first] }) => {
      return first?.type === 'ping' && (node === undefined || first.node === node);
    });
    const [first] = messages;
    if (first?.type !== 'ping') throw new Error('no ping');
    return first;
  }

  /** What it is now held to be: `b:suspect:2` and the like, in order. */
  get view(): string {
    return this.swim
      .records()
      .map(({ node, state, incarnation }) => `${node}:${state}:${incarnation}`)
      .sort()
      .join(' ');
  }

  #keep(effects: readonly Effect[]): readonly Effect[] {
    this.effects.push(...effects);
    return effects;
  }
}

export const messagesTo = (effects: readonly Effect[], node: string): Message[] =>
  effects.flatMap((effect) =>
    effect.type === 'send' && effect.to.address === endpointOf(node).address ? effect.messages : [],
  );

export const logged = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) => {
    if (effect.type === 'complaint') return [`${effect.level} memberlist: ${effect.text}`];
    return effect.type === 'log' ? [`${effect.level} ${effect.msg}`] : [];
  });

export const events = (effects: readonly Effect[]): string[] =>
  effects.flatMap((effect) =>
    effect.type === 'event'
      ? [`${effect.event.type} ${effect.event.node}${effect.event.announced ? ' itself' : ''}`]
      : [],
  );
