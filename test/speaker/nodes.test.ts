import { describe, expect, test } from 'vitest';
import type { NodeView, Pool } from '../../src/runtime/model/index.ts';
import { type Facts, decide } from '../../src/runtime/speaker/decide.ts';
import type { Nodes } from '../../src/runtime/speaker/nodes.ts';
import { PoolIndex } from '../../src/runtime/speaker/pools.ts';
import {
  bgpPool,
  config,
  endpoint,
  fromRack,
  listed,
  node,
  pool,
  service,
} from '../support/speaker-facts.ts';

const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
const ADDRESSES = ['192.0.2.0/24'];
const rackA = pool('teal', ADDRESSES, { layer2: [fromRack('a')] });

/** Of alpha to delta, charlie leads 192.0.2.10, then bravo; of alpha and delta, delta comes first. legacy.md §10.1 */
function facts(changes: Partial<Facts> = {}): Facts {
  return {
    service: service(),
    endpoints: [endpoint('alpha'), endpoint('delta')],
    pools: new PoolIndex(config(pool('teal', ADDRESSES))),
    members: { kind: 'known', nodes: new Set(['alpha', 'bravo', 'charlie', 'delta']) },
    nodes: cluster(),
    self: 'charlie',
    compat: 'v0.13',
    lbClass: '',
    ignoreExcludeLb: false,
    ...changes,
  };
}

/** All four nodes in rack a, but for those given. */
function cluster(...others: readonly NodeView[]): Nodes {
  const names = ['alpha', 'bravo', 'charlie', 'delta'];
  const rest = names.filter((name) => !others.some((other) => other.name === name));
  return listed(...rest.map((name) => node(name, { rack: 'a' })), ...others);
}

function verdict(protocol: 'layer2' | 'bgp', changes: Partial<Facts>): unknown {
  const decision = decide(facts(changes));
  if (decision.kind !== 'serve') return decision.kind;
  const found = decision.verdicts.get(protocol);
  return found?.kind === 'decline' ? found.reason : found?.kind;
}

/** Which nodes answer, if each decides for itself. */
function answering(changes: Partial<Facts>): string[] {
  return ['alpha', 'bravo', 'charlie', 'delta'].filter(
    (self) => verdict('layer2', { ...changes, self }) === 'announce',
  );
}

describe('who answers at layer 2 under v0.13', () => {
  test.each<[what: string, changes: Partial<Facts>, who: string[]]>([
    ['the leader', {}, ['charlie']],
    [
      'not a node without network',
      { nodes: cluster(node('charlie', {}, { networkUnavailable: true })) },
      ['bravo'],
    ],
    ['not a node that is excluded', { nodes: cluster(node('charlie', EXCLUDED)) }, ['bravo']],
    [
      'an excluded node all the same, if the label is to be ignored',
      { nodes: cluster(node('charlie', EXCLUDED)), ignoreExcludeLb: true },
      ['charlie'],
    ],
    ['nobody, if all are excluded', { nodes: excluded() }, []],
    ['not a node that is gone', { nodes: listed(node('delta'), node('alpha')) }, ['delta']],
    [
      'only a node that an advertisement selects',
      { pools: index(rackA), nodes: cluster(node('charlie', { rack: 'b' })) },
      ['bravo'],
    ],
    [
      'a node that any of the advertisements selects',
      {
        pools: index(pool('teal', ADDRESSES, { layer2: [fromRack('a'), fromRack('b')] })),
        nodes: cluster(node('charlie', { rack: 'b' })),
      },
      ['charlie'],
    ],
    ['nobody, if the pool is advertised nowhere', { pools: index(silent()) }, []],
    [
      'of the nodes with a ready endpoint, one with network, under policy Local',
      {
        service: service({ externalTrafficPolicy: 'Local' }),
        nodes: cluster(node('delta', {}, { networkUnavailable: true })),
      },
      ['alpha'],
    ],
  ])('%s', (_what, changes, who) => {
    expect(answering(changes)).toEqual(who);
  });

  test.each(['v0.10', 'v0.11', 'v0.12'] as const)(
    'before it, in %s, neither network nor label counts',
    (compat) => {
      const bad = { networkUnavailable: true };
      const names = ['alpha', 'bravo', 'charlie', 'delta'];
      const nodes = listed(...names.map((name) => node(name, EXCLUDED, bad)));
      expect(answering({ compat, nodes })).toHaveLength(1);
      expect(verdict('bgp', { compat, nodes, pools: index(bgpPool('teal', ADDRESSES)) })).toBe(
        'announce',
      );
    },
  );
});

describe('a node announces over BGP', () => {
  const pools = index(bgpPool('teal', ADDRESSES));
  const selective = index(bgpPool('teal', ADDRESSES, [...fromRack('b').nodeSelectors]));
  test.each<[when: string, changes: Partial<Facts>, outcome: string]>([
    ['if nothing speaks against it', {}, 'announce'],
    [
      'unless it has no network',
      { nodes: cluster(node('charlie', {}, { networkUnavailable: true })) },
      'nodeNetworkUnavailable',
    ],
    [
      'unless it is excluded',
      { nodes: cluster(node('charlie', EXCLUDED)) },
      'nodeLabeledExcludeBalancers',
    ],
    [
      'although it is excluded, if the label is to be ignored',
      { nodes: cluster(node('charlie', EXCLUDED)), ignoreExcludeLb: true },
      'announce',
    ],
    ['unless no advertisement selects it', { pools: selective }, 'notOwner'],
    [
      'if an advertisement selects it',
      { pools: selective, nodes: cluster(node('charlie', { rack: 'b' })) },
      'announce',
    ],
    ['unless it is none of the cluster', { nodes: listed(node('alpha')) }, 'notOwner'],
    [
      'and is judged by advertisements before its network',
      { pools: selective, nodes: cluster(node('charlie', {}, { networkUnavailable: true })) },
      'notOwner',
    ],
    [
      'and is judged by its network before endpoints',
      { nodes: cluster(node('charlie', {}, { networkUnavailable: true })), endpoints: [] },
      'nodeNetworkUnavailable',
    ],
  ])('%s', (_when, changes, outcome) => {
    expect(verdict('bgp', { pools, ...changes })).toBe(outcome);
  });
});

describe('while not all nodes are known', () => {
  const pending: Nodes = { listing: 'pending', views: new Map() };
  const unavailable: Nodes = { listing: 'unavailable', views: new Map() };
  const own: Nodes = { listing: 'pending', views: listed(node('charlie', { rack: 'a' })).views };
  const bgpFromA = index(bgpPool('teal', ADDRESSES, fromRack('a').nodeSelectors));

  test.each<[what: string, changes: Partial<Facts>, outcome: string]>([
    ['nothing is decided under v0.13', { nodes: pending }, 'wait'],
    [
      'nothing is decided about a pool that selects nodes, under v0.12 either',
      { nodes: own, pools: index(rackA), compat: 'v0.12' },
      'wait',
    ],
    ['other pools do without, under v0.12', { nodes: pending, compat: 'v0.12' }, 'announce'],
    ['other pools do without, where nodes may not be listed', { nodes: unavailable }, 'announce'],
    [
      'nothing is decided about a pool that selects nodes, where nodes may not be listed',
      { nodes: unavailable, pools: index(rackA) },
      'wait',
    ],
    [
      'the own node suffices for BGP, under v0.12',
      { nodes: own, pools: bgpFromA, compat: 'v0.12' },
      'announce',
    ],
    [
      'nothing is decided about BGP without the own node',
      { nodes: pending, pools: bgpFromA, compat: 'v0.12' },
      'wait',
    ],
  ])('%s', (_what, changes, outcome) => {
    const protocol = changes.pools === bgpFromA ? 'bgp' : 'layer2';
    expect(verdict(protocol, changes)).toBe(outcome);
  });

  test('a Service that is gone is withdrawn all the same', () => {
    expect(decide(facts({ nodes: pending, service: undefined }))).toMatchObject({
      kind: 'withdraw',
      reason: 'serviceDeleted',
    });
  });
});

describe('a Service of a load balancer class', () => {
  const reason = (changes: Partial<Facts>): string => {
    const decision = decide(facts(changes));
    return decision.kind === 'withdraw' ? decision.reason : decision.kind;
  };
  const classy = service({ loadBalancerClass: 'example.com/edge' });
  test.each<[what: string, changes: Partial<Facts>, outcome: string]>([
    ['is not announced under v0.13', { service: classy }, 'otherLoadBalancerClass'],
    ['is announced under v0.12', { service: classy, compat: 'v0.12' }, 'serve'],
    ['is announced if asked for', { service: classy, lbClass: 'example.com/edge' }, 'serve'],
    [
      'is not announced if another is asked for',
      { service: classy, lbClass: 'example.com/core', compat: 'v0.12' },
      'otherLoadBalancerClass',
    ],
    [
      'crowds out those without one, if asked for',
      { lbClass: 'example.com/edge' },
      'otherLoadBalancerClass',
    ],
  ])('%s', (_what, changes, outcome) => {
    expect(reason(changes)).toBe(outcome);
  });
});

function index(...pools: readonly Pool[]): PoolIndex {
  return new PoolIndex(config(...pools));
}

function silent(): Pool {
  return pool('teal', ADDRESSES, { layer2: [] });
}

function excluded(): Nodes {
  return listed(...['alpha', 'bravo', 'charlie', 'delta'].map((name) => node(name, EXCLUDED)));
}
