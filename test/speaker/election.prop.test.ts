import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Facts, decide } from '../../src/runtime/speaker/decide.ts';
import type { Members } from '../../src/runtime/speaker/index.ts';
import { PoolIndex } from '../../src/runtime/speaker/pools.ts';
import {
  config,
  endpoint,
  fromRack,
  listed,
  node,
  pool,
  service,
} from '../support/speaker-facts.ts';

const NAMES = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot'];
const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers';

const nodeOf = (name: string): fc.Arbitrary<ReturnType<typeof node>> =>
  fc
    .record({
      rack: fc.constantFrom('a', 'b', 'c'),
      excluded: fc.boolean(),
      networkUnavailable: fc.boolean(),
    })
    .map(({ rack, excluded, networkUnavailable }) =>
      node(name, { rack, ...(excluded && { [EXCLUDE]: 'true' }) }, { networkUnavailable }),
    );

const scene = fc
  .record({
    nodes: fc.tuple(...NAMES.map(nodeOf)),
    /** Nodes that are not in the cluster any more. */
    gone: fc.subarray(NAMES, { maxLength: 2 }),
    members: fc.subarray(NAMES),
    ready: fc.subarray(NAMES),
    unready: fc.subarray(NAMES),
    racks: fc.subarray(['a', 'b'], { minLength: 0 }),
    policy: fc.constantFrom('Cluster' as const, 'Local' as const),
    address: fc.constantFrom('192.0.2.1', '192.0.2.10', '192.0.2.77', '2001:db8::7'),
    ignoreExcludeLb: fc.boolean(),
  })
  .map((drawn) => ({
    ...drawn,
    present: drawn.nodes.filter(({ name }) => !drawn.gone.includes(name)),
  }));
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

/** What the speaker on `self` knows; `turn` puts everything that has no order of its own into another one. */
function known(drawn: Scene, self: string, turn: <T>(list: readonly T[]) => readonly T[]): Facts {
  const { policy, address, racks, ignoreExcludeLb } = drawn;
  const members: Members = { kind: 'known', nodes: new Set(turn([...drawn.members, self])) };
  const layer2 = turn(racks).map((rack) => fromRack(rack));
  const advertised = layer2.length === 0 ? {} : { layer2 };
  const cidrs = ['192.0.2.0/24', '2001:db8::/64'];
  return {
    service: service({ externalTrafficPolicy: policy, ingress: [address] }),
    endpoints: turn([
      ...drawn.ready.map((name) => endpoint(name)),
      ...drawn.unready.map((name) => endpoint(name, false, '203.0.113.9')),
    ]),
    pools: new PoolIndex(config(pool('teal', cidrs, advertised))),
    members,
    nodes: listed(...turn(drawn.present)),
    self,
    compat: 'v0.13',
    lbClass: '',
    ignoreExcludeLb,
  };
}

function announces(facts: Facts): boolean {
  const decision = decide(facts);
  if (decision.kind !== 'serve') return false;
  return decision.verdicts.get('layer2')?.kind === 'announce';
}

/** Which nodes may announce, said another way. crd.md §3.3 */
function eligible(drawn: Scene): string[] {
  const { policy, racks, ignoreExcludeLb, ready } = drawn;
  if (ready.length === 0) return [];
  return drawn.present
    .filter(({ networkUnavailable }) => !networkUnavailable)
    .filter(({ labels }) => ignoreExcludeLb || labels[EXCLUDE] === undefined)
    .filter(({ labels }) => racks.length === 0 || racks.includes(labels['rack'] ?? ''))
    .map(({ name }) => name)
    .filter((name) => drawn.members.includes(name))
    .filter((name) => policy === 'Cluster' || ready.includes(name));
}

test('all speakers that know the same have exactly one of the eligible nodes announce', () => {
  fc.assert(
    fc.property(scene, (drawn) => {
      const speaking = drawn.members.filter((self) => announces(known(drawn, self, (all) => all)));
      const candidates = eligible(drawn);
      expect(speaking).toHaveLength(candidates.length === 0 ? 0 : 1);
      expect(candidates).toEqual(expect.arrayContaining(speaking));
    }),
  );
});

test('in which order a speaker learned what it knows makes no difference', () => {
  fc.assert(
    fc.property(scene, fc.constantFrom(...NAMES), fc.nat(7), (drawn, self, by) => {
      const turned = <T>(list: readonly T[]): readonly T[] => {
        const at = list.length === 0 ? 0 : by % list.length;
        return [...list.slice(at), ...list.slice(0, at)].reverse();
      };
      const once = announces(known(drawn, self, (all) => all));
      expect(announces(known(drawn, self, turned))).toBe(once);
    }),
  );
});

test('an eligible node more takes the Service over or changes nothing', () => {
  fc.assert(
    fc.property(scene, fc.constantFrom(...NAMES), (drawn, joining) => {
      const before = drawn.members.filter((name) => name !== joining);
      const winner = (members: string[]): string | undefined =>
        members.find((self) => announces(known({ ...drawn, members }, self, (all) => all)));
      const [old, now] = [winner(before), winner([...before, joining])];
      expect([old, joining]).toContain(now);
    }),
  );
});
