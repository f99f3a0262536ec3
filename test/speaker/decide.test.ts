import { describe, expect, test } from 'vitest';
import { type Facts, decide } from '../../src/runtime/speaker/decide.ts';
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

const v4 = pool('teal', ['192.0.2.0/24']);

/** Nodes alpha to delta have speakers; charlie leads 192.0.2.10. legacy.md §10.1 */
function facts(changes: Partial<Facts> = {}): Facts {
  return {
    service: service(),
    endpoints: [endpoint('alpha'), endpoint('delta')],
    pools: new PoolIndex(config(v4)),
    members: { kind: 'known', nodes: new Set(['alpha', 'bravo', 'charlie', 'delta']) },
    nodes: { listing: 'pending', views: new Map() },
    self: 'charlie',
    compat: 'v0.12',
    lbClass: '',
    ignoreExcludeLb: false,
    ...changes,
  };
}

const announced = { kind: 'announce', interfaces: [] };

function layer2(changes: Partial<Facts>): unknown {
  const decision = decide(facts(changes));
  return decision.kind === 'serve' ? decision.verdicts.get('layer2') : decision;
}

describe('what ends an announcement', () => {
  test.each<[name: string, changes: Partial<Facts>, reason: string]>([
    ['the Service is gone', { service: undefined }, 'serviceDeleted'],
    ['it has no Endpoints and no slice', { endpoints: undefined }, 'serviceDeleted'],
    ['it is of another type', { service: service({ type: 'NodePort' }) }, 'notLoadBalancer'],
    [
      'no address is assigned',
      { service: service({ ingress: [], hasLoadBalancerStatus: false }) },
      'noIPAllocated',
    ],
    ['only a host name is assigned', { service: service({ ingress: [] }) }, 'invalidIP'],
    [
      'one address is no address',
      { service: service({ ingress: ['192.0.2.10', 'x'] }) },
      'invalidIP',
    ],
    [
      'no pool has the address',
      { service: service({ ingress: ['198.51.100.9'] }) },
      'ipNotAllowed',
    ],
    [
      'no one pool has both addresses',
      {
        service: service({ ingress: ['192.0.2.10', '2001:db8::1'] }),
        pools: new PoolIndex(config(v4, pool('six', ['2001:db8::/64']))),
      },
      'ipNotAllowed',
    ],
    [
      'it has two addresses before v0.12',
      {
        service: service({ ingress: ['192.0.2.10', '2001:db8::1'] }),
        pools: new PoolIndex(config(pool('dual', ['192.0.2.0/24', '2001:db8::/64']))),
        compat: 'v0.11',
      },
      'noIPAllocated',
    ],
  ])('%s', (_name, changes, reason) => {
    expect(decide(facts(changes))).toMatchObject({ kind: 'withdraw', reason });
  });

  test.each<[name: string, changes: Partial<Facts>]>([
    ['configuration', { pools: undefined }],
    ['speaker nodes', { members: { kind: 'pending' } }],
  ])('nothing is decided before the first %s', (_name, changes) => {
    expect(decide(facts(changes))).toEqual({ kind: 'wait' });
  });
});

describe('who answers at layer 2', () => {
  test('the leader of the first address among all speaker nodes, wherever endpoints are', () => {
    expect(layer2({})).toEqual(announced);
    expect(layer2({ self: 'alpha' })).toEqual({ kind: 'decline', reason: 'notOwner' });
  });

  test('nobody without a ready endpoint', () => {
    const endpoints = [endpoint('charlie', false)];
    expect(layer2({ endpoints })).toEqual({ kind: 'decline', reason: 'notOwner' });
  });

  test('one ready endpoint is enough, even without a node', () => {
    const endpoints = [endpoint('charlie', false), { addresses: ['203.0.113.2'], ready: true }];
    expect(layer2({ endpoints })).toEqual(announced);
  });

  test('with traffic policy Local, only a speaker node with a ready endpoint', () => {
    const local = service({ externalTrafficPolicy: 'Local' });
    // Of alpha and delta, delta comes first for 192.0.2.10.
    expect(layer2({ service: local, self: 'charlie' })).toMatchObject({ kind: 'decline' });
    expect(layer2({ service: local, self: 'delta' })).toEqual(announced);
    const members = { kind: 'known', nodes: new Set(['alpha', 'bravo']) } as const;
    expect(layer2({ service: local, self: 'alpha', members })).toEqual(announced);
  });

  test('where speakers cannot be listed, a node with a ready endpoint', () => {
    const members = { kind: 'unknown' } as const;
    expect(layer2({ members, self: 'delta' })).toEqual(announced);
    expect(layer2({ members, self: 'charlie' })).toMatchObject({ reason: 'notOwner' });
  });

  test('in v0.10, a node with a ready endpoint, elected by the name of the Service', () => {
    const endpoints = ['alpha', 'charlie', 'delta'].map((node) => endpoint(node));
    expect(layer2({ compat: 'v0.10', endpoints, self: 'alpha' })).toEqual(announced);
    expect(layer2({ compat: 'v0.10', endpoints, self: 'charlie' })).toMatchObject({
      reason: 'notOwner',
    });
  });

  test('only nodes that an advertisement selects, on the interfaces it lists', () => {
    const layer2Of = [fromRack('a', 'eth1'), fromRack('a', 'eth0'), fromRack('b')];
    const rackA = pool('teal', ['192.0.2.0/24'], { layer2: layer2Of });
    const pools = new PoolIndex(config(rackA));
    const nodes = listed(node('alpha', { rack: 'a' }), node('charlie', { rack: 'c' }));
    expect(layer2({ pools, nodes, self: 'charlie' })).toMatchObject({ reason: 'notOwner' });
    expect(layer2({ pools, nodes, self: 'alpha' })).toEqual({
      kind: 'announce',
      interfaces: ['eth0', 'eth1'],
    });
  });
});

describe('who announces over BGP', () => {
  const pools = new PoolIndex(config(bgpPool('teal', ['192.0.2.0/24'])));
  const bgp = (changes: Partial<Facts>): unknown => {
    const decision = decide(facts({ pools, ...changes }));
    return decision.kind === 'serve' ? Object.fromEntries(decision.verdicts) : decision;
  };

  test('every node, once there is a ready endpoint anywhere', () => {
    expect(bgp({ self: 'bravo' })).toEqual({ bgp: announced });
    expect(bgp({ endpoints: [endpoint('alpha', false)] })).toEqual({
      bgp: { kind: 'decline', reason: 'noEndpoints' },
    });
  });

  test('an address seen unready is not ready, whatever else is said of it', () => {
    const endpoints = [endpoint('alpha', true), endpoint('alpha', false)];
    expect(bgp({ endpoints })).toMatchObject({ bgp: { reason: 'noEndpoints' } });
  });

  test('with traffic policy Local, only nodes with a ready endpoint', () => {
    const local = service({ externalTrafficPolicy: 'Local' });
    expect(bgp({ service: local, self: 'bravo' })).toMatchObject({
      bgp: { reason: 'noLocalEndpoints' },
    });
    expect(bgp({ service: local, self: 'alpha' })).toEqual({ bgp: announced });
  });
});
