import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cache, type Commit } from '../../../src/runtime/kube/reflection/cache.ts';

interface Version {
  readonly number: number;
  /** Whether the object exists at this version. */
  readonly present: boolean;
}

/**
 * One object's history on the server, a watch that follows it with delay, and requests of ours whose replies arrive
 * whenever they like.
 */
class World {
  readonly cache = new Cache<number>((object) => (object as { n: number }).n);
  readonly #history: Version[] = [{ number: 10, present: false }];
  readonly #opaque: boolean;
  #watched = 0;
  readonly #pending: { commit: Commit<number>; reply: unknown }[] = [];

  constructor(opaque: boolean) {
    this.#opaque = opaque;
  }

  get truth(): number | undefined {
    const last = this.#history.at(-1)!;
    return last.present ? last.number : undefined;
  }

  write(present: boolean): void {
    const last = this.#history.at(-1)!;
    if (!present && !last.present) return;
    this.#history.push({ number: last.number + 1, present });
  }

  /** The watch delivers the next event it has not delivered yet. */
  watch(): void {
    const event = this.#history[this.#watched + 1];
    if (event === undefined) return;
    const existed = this.#history[this.#watched]!.present;
    this.#watched += 1;
    const type = event.present ? (existed ? 'MODIFIED' : 'ADDED') : 'DELETED';
    this.cache.apply(type, this.#object(event));
  }

  ask(): void {
    const last = this.#history.at(-1)!;
    const reply = last.present ? this.#object(last) : undefined;
    this.#pending.push({ commit: this.cache.reserve('a'), reply });
  }

  answer(which: number): void {
    const [pending] = this.#pending.splice(which % Math.max(1, this.#pending.length), 1);
    pending?.commit(pending.reply);
  }

  list(): void {
    this.#watched = this.#history.length - 1;
    const last = this.#history.at(-1)!;
    const items = last.present ? [this.#object(last)] : [];
    this.cache.replace(this.cache.prepare(items), this.#version(last));
  }

  /** All replies arrive and the watch catches up. */
  settle(): void {
    while (this.#pending.length > 0) this.answer(0);
    while (this.#watched < this.#history.length - 1) this.watch();
  }

  #object(version: Version): unknown {
    const metadata = { name: 'a', resourceVersion: this.#version(version) };
    return { metadata, n: version.number };
  }

  #version({ number }: Version): string {
    return this.#opaque ? `v${number}` : String(number);
  }
}

type Action = (world: World) => void;

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.boolean().map(
    (present): Action =>
      (world) =>
        world.write(present),
  ),
  fc.constant<Action>((world) => world.watch()),
  fc.constant<Action>((world) => world.ask()),
  fc.nat(3).map(
    (which): Action =>
      (world) =>
        world.answer(which),
  ),
  fc.constant<Action>((world) => world.list()),
);

describe('a cache fed by a late watch and by replies in any order', () => {
  test.each([
    ['numbers', false],
    ['opaque', true],
  ])('ends at the truth where versions are %s', (_, opaque) => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const world = new World(opaque);
        for (const act of actions) act(world);
        world.settle();
        expect(world.cache.get('a')).toBe(world.truth);
      }),
    );
  });

  test('never goes back to before what a reply told, until a list', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const world = new World(false);
        let latest = 0;
        for (const act of actions) {
          act(world);
          const now = world.cache.get('a') ?? latest;
          expect(now).toBeGreaterThanOrEqual(latest);
          latest = now;
        }
      }),
    );
  });
});
