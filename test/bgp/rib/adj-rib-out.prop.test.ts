import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { AdjRibOut, type Outgoing } from '../../../src/runtime/bgp/rib/adj-rib-out.ts';
import { gracefulShutdownOf } from '../../../src/runtime/bgp/rib/graceful-shutdown.ts';
import type { Family } from '../../../src/runtime/net/index.ts';
import { CredulousPeer, attributesWith, prefixOf } from '../../support/bgp-routes.ts';

const PREFIXES = [
  ...['198.51.100.0/24', '198.51.100.1/32', '198.51.100.2/32', '203.0.113.9/32'],
  ...['2001:db8::/64', '2001:db8::1/128', '2001:db8::2/128'],
].map(prefixOf);
const ATTRIBUTES = [['1:1'], ['1:2'], ['1:2', '1:3']].map((all) => attributesWith(...all));
const FAMILIES = ['ipv4', 'ipv6'] as const;

type Step =
  | { readonly do: 'desire'; readonly prefix: number; readonly attributes: number | undefined }
  | { readonly do: 'established'; readonly families: readonly Family[] }
  | { readonly do: 'lost' | 'drain' }
  | { readonly do: 'refresh'; readonly family: Family }
  | { readonly do: 'serve'; readonly family: Family; readonly served: boolean }
  | { readonly do: 'next'; readonly octets: number };

const family = fc.constantFrom(...FAMILIES);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('desire' as const),
        prefix: fc.nat(PREFIXES.length - 1),
        attributes: fc.option(fc.nat(ATTRIBUTES.length - 1), { nil: undefined }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('next' as const), octets: fc.nat(30) }),
    },
    fc.record({
      do: fc.constant('established' as const),
      families: fc.constantFrom([...FAMILIES], ['ipv4' as const], []),
    }),
    fc.record({ do: fc.constantFrom('lost' as const, 'drain' as const) }),
    fc.record({ do: fc.constant('refresh' as const), family }),
    fc.record({ do: fc.constant('serve' as const), family, served: fc.boolean() }),
  ),
  { maxLength: 60 },
);

/** Both ends as plain as can be: what is wanted, what the peer holds, and what it may be told twice. */
class Scene {
  readonly rib = new AdjRibOut();
  readonly #wanted = new Map<number, number>();
  readonly #again = new Set<string>();
  #peer = new CredulousPeer();
  #drained = false;
  #up = false;
  readonly #served = new Set<Family>();
  readonly #endsDue = new Set<Family>();

  take(step: Step): void {
    switch (step.do) {
      case 'desire':
        this.#desire(step.prefix, step.attributes);
        break;
      case 'next':
        this.#receive(this.rib.next(step.octets));
        break;
      case 'drain':
        this.#drained = true;
        this.rib.drain();
        break;
      case 'refresh':
        for (const one of this.#peer.routes.keys()) {
          if (prefixOf(one).family === step.family) this.#again.add(one);
        }
        this.rib.refresh(step.family);
        break;
      case 'serve':
        if (!this.#up) break;
        if (step.served) this.#served.add(step.family);
        else this.#served.delete(step.family);
        this.rib.serve(step.family, step.served);
        break;
      default:
        this.#restart(step.do === 'established' ? step.families : undefined);
    }
  }

  /** Until nothing waits. */
  finish(): void {
    for (let left = 200; left > 0 && this.#receive(this.rib.next()); left -= 1);
  }

  get peerHolds(): ReadonlyMap<string, string> {
    return this.#peer.routes;
  }

  get endsMissing(): readonly Family[] {
    return [...this.#endsDue];
  }

  expected(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#wanted]
        .map(([prefix, attributes]) => {
          const shown = at(ATTRIBUTES, attributes);
          return [
            at(PREFIXES, prefix),
            (this.#drained ? gracefulShutdownOf(shown) : shown).text,
          ] as const;
        })
        .filter(([prefix]) => this.#served.has(prefix.family))
        .map(([prefix, text]) => [prefix.text, text]),
    );
  }

  checkCounts(): void {
    const expected = this.expected();
    const known = new Set([...expected.keys(), ...this.#peer.routes.keys()]);
    const differing = [...known].filter(
      (prefix) => expected.get(prefix) !== this.#peer.routes.get(prefix) || this.#again.has(prefix),
    );
    expect(this.rib.counts()).toEqual({
      desired: this.#wanted.size,
      announced: this.#peer.routes.size,
      pending: differing.length,
    });
  }

  #desire(prefix: number, attributes: number | undefined): void {
    if (attributes === undefined) this.#wanted.delete(prefix);
    else this.#wanted.set(prefix, attributes);
    this.rib.desire(at(PREFIXES, prefix), ATTRIBUTES[attributes ?? -1]);
  }

  #restart(families: readonly Family[] | undefined): void {
    this.#peer = new CredulousPeer();
    this.#again.clear();
    this.#served.clear();
    this.#endsDue.clear();
    this.#up = families !== undefined;
    for (const one of families ?? []) this.#served.add(one);
    for (const one of families ?? []) this.#endsDue.add(one);
    if (families === undefined) this.rib.lost();
    else this.rib.established(families);
  }

  #receive(out: Outgoing | undefined): boolean {
    if (out === undefined) return false;
    if (out.kind === 'endOfRib') {
      expect(this.#endsDue.delete(out.family)).toBe(true);
      return true;
    }
    const { attributes, prefixes } = out.batch;
    for (const { text, family: its } of prefixes) {
      expect(its).toBe(out.batch.family);
      const isNews = this.#peer.routes.get(text) !== attributes?.text || this.#again.has(text);
      expect(isNews).toBe(true);
      expect(this.expected().get(text)).toBe(attributes?.text);
      this.#again.delete(text);
    }
    this.#peer.apply(out.batch);
    return true;
  }
}

function at<T>(list: readonly T[], index: number): T {
  const one = list[index];
  if (one === undefined) throw new RangeError(`no entry ${index}`);
  return one;
}

test.prop([steps], { numRuns: 300 })(
  'whatever happens in between, the peer ends up with exactly the routes it is to have, and hears nothing twice',
  (all) => {
    const scene = new Scene();
    for (const step of all) {
      scene.take(step);
      scene.checkCounts();
    }
    scene.finish();

    expect(scene.peerHolds).toEqual(scene.expected());
    expect(scene.endsMissing).toEqual([]);
    expect(scene.rib.next()).toBeUndefined();
  },
);
