import { beforeEach, describe, expect, test } from 'vitest';
import type { Config, Pool } from '../../src/runtime/model/index.ts';
import {
  type BlamedProblem,
  type Outcome,
  type ReadObject,
  StatusBoard,
} from '../../src/runtime/status/index.ts';
import { poolOf } from '../support/views.ts';

const LAYER2 = { layer2: [{ nodeSelectors: [], interfaces: [] }] };
const ACCEPTED = { kind: 'accepted' } as const;

function object(kind: string, name: string, over: Partial<ReadObject> = {}): ReadObject {
  const uid = `uid-${kind}-${name}`;
  const apiVersion = 'metallb.io/v1beta1';
  return { apiVersion, kind, namespace: 'metallb-system', name, uid, generation: 1, ...over };
}

function problem(object: ReadObject, reason: string, message: string): BlamedProblem {
  return { path: '', reason, message, object };
}

function configOf(...pools: readonly Pool[]): Config {
  return { pools, peers: [], bfdProfiles: [] };
}

function read(
  config: Config,
  more: Partial<Outcome & { kind: 'config' }> = {},
): Outcome & { kind: 'config' } {
  return { kind: 'config', config, warnings: [], left: [], ...more };
}

const teal = object('IPAddressPool', 'teal');
const jade = object('IPAddressPool', 'jade');
const all = object('L2Advertisement', 'all');
const announced = configOf(poolOf('teal', ['192.0.2.0/29'], LAYER2));
let board: StatusBoard;
let changed: string[];

beforeEach(() => {
  changed = [];
  board = new StatusBoard((objects) => changed.push(...objects.map(({ name }) => name)));
});

/** The words of a condition. */
function said(object: ReadObject, type: 'Accepted' | 'Advertised' = 'Accepted'): string {
  const claim = board.wanted(object)?.claims.find((one) => one.type === type);
  return claim === undefined ? 'nothing' : `${claim.status} ${claim.reason}: ${claim.message}`;
}

function inForce(): void {
  board.read({ objects: [teal, all], outcome: read(announced) });
  board.offered(announced, ACCEPTED);
}

describe('an object of the configuration in force', () => {
  test('is accepted, for the generation that was read', () => {
    inForce();
    expect(said(teal)).toBe('True InForce: the object is part of the configuration in force');
    expect(board.wanted(teal)?.claims[0]?.observedGeneration).toBe(1);
    expect(said(all)).toMatch(/^True InForce/);
    expect(board.wanted(all)?.claims).toHaveLength(1);
  });

  test('hears what is probably not meant', () => {
    const warnings = [problem(all, 'unknown-pool', 'there is no pool "tael"')];
    board.read({ objects: [teal, all], outcome: read(announced, { warnings }) });
    board.offered(announced, ACCEPTED);
    expect(said(all)).toMatch(/^True InForce: .*, but there is no pool "tael"$/);
    expect(said(teal)).not.toContain('but');
  });

  test('is accepted whichever is heard first, the reading or what came of it', () => {
    board.offered(announced, ACCEPTED);
    board.read({ objects: [teal], outcome: read(announced) });
    expect(said(teal)).toMatch(/^True InForce/);
  });

  test('stays accepted while an edit elsewhere is refused', () => {
    inForce();
    const problems = [problem(jade, 'overlapping-cidr', 'CIDR overlaps')];
    const outcome = { kind: 'refused', message: 'CIDR overlaps', problems } as const;
    board.read({ objects: [teal, jade, all], outcome });
    expect(said(teal)).toMatch(/^True InForce/);
    expect(said(jade)).toBe('False OverlappingCidr: CIDR overlaps');
    const edited = { ...all, generation: 2 };
    board.read({ objects: [teal, jade, edited], outcome });
    expect(said(edited)).toBe(
      'False ConfigurationRefused: the resources are refused because of another object: CIDR overlaps',
    );
  });

  test('that was refused is accepted again once it is mended', () => {
    inForce();
    const bad = { ...teal, generation: 2 };
    const problems = [problem(bad, 'invalid-cidr', 'no'), problem(bad, 'no-addresses', 'none')];
    board.read({ objects: [bad, all], outcome: { kind: 'refused', message: 'no', problems } });
    expect(said(bad)).toBe('False InvalidCidr: no; none');
    const mended = { ...teal, generation: 3 };
    board.read({ objects: [mended, all], outcome: read(announced) });
    expect(said(mended)).toMatch(/^True InForce/);
    expect(board.wanted(mended)?.claims.map((claim) => claim.observedGeneration)).toEqual([3, 3]);
  });
});

describe('an object that is valid and not in force', () => {
  test('says nothing while nothing is decided', () => {
    board.read({ objects: [teal], outcome: read(announced) });
    expect(board.wanted(teal)).toBeUndefined();
  });

  test('says so while the ConfigMap is in force', () => {
    board.read({ objects: [teal], outcome: read(announced) });
    board.offered(configOf(poolOf('teal', ['198.51.100.0/29'], LAYER2)), ACCEPTED);
    board.poolChanged(usage('teal'));
    expect(said(teal)).toMatch(/^False ConfigMapInForce: /);
    expect(said(teal, 'Advertised')).toBe('Unknown NotInForce: the pool is not in force');
    expect(board.wanted(teal)?.figures).toBeUndefined();
    board.offered(announced, ACCEPTED);
    expect(said(teal)).toMatch(/^True InForce/);
    expect(said(teal, 'Advertised')).toMatch(/^True Advertised/);
  });

  test('says which address the controller would strand', () => {
    inForce();
    const moved = { ...teal, generation: 2 };
    const other = configOf(poolOf('teal', ['198.51.100.0/29'], LAYER2));
    board.read({ objects: [moved, all], outcome: read(other) });
    board.offered(other, { kind: 'refused', reason: 'service "shop/web" cannot own it' });
    expect(said(moved)).toBe('False NotApplied: service "shop/web" cannot own it');
    expect(said(all)).toMatch(/^True InForce/);
    board.offered(other, ACCEPTED);
    expect(said(moved)).toMatch(/^True InForce/);
  });

  test('waits for what it names, and the others do not wait for it', () => {
    const peer = object('BGPPeer', 'spine', { apiVersion: 'metallb.io/v1beta2' });
    const left = [problem(peer, 'bfd-profile-not-found', 'no profile "swift"')];
    board.read({ objects: [teal, peer], outcome: read(announced, { left }) });
    board.offered(announced, ACCEPTED);
    expect(said(peer)).toBe('False BfdProfileNotFound: no profile "swift"');
    expect(said(teal)).toMatch(/^True InForce/);
  });

  test('configures nothing without a pool', () => {
    board.read({ objects: [all], outcome: { kind: 'nothing' } });
    expect(said(all)).toMatch(/^False NoPool/);
  });
});

describe('a pool', () => {
  test('that an advertisement covers is advertised', () => {
    inForce();
    expect(said(teal, 'Advertised')).toBe(
      'True Advertised: addresses of the pool are announced at layer 2',
    );
    expect(board.coverageOf('teal')).toBe('covered');
  });

  test('that none covers is not, as long as every advertisement could be read', () => {
    const bare = configOf(poolOf('teal', ['192.0.2.0/29']));
    board.read({ objects: [teal], outcome: read(bare) });
    board.offered(bare, ACCEPTED);
    expect(said(teal, 'Advertised')).toMatch(/^False NoAdvertisement: .*nobody announces them$/);
    expect(board.coverageOf('teal')).toBe('uncovered');
    const route = object('BGPAdvertisement', 'route');
    const left = [problem(route, 'unknown-community', 'no community "whisper"')];
    const next = configOf(poolOf('teal', ['192.0.2.0/29']));
    board.read({ objects: [teal, route], outcome: read(next, { left }) });
    board.offered(next, ACCEPTED);
    expect(said(teal, 'Advertised')).toMatch(/^Unknown AdvertisementWaits: .*"whisper"$/);
    expect(board.coverageOf('teal')).toBe('unknown');
  });

  test('that is not there is neither', () => {
    inForce();
    expect(board.coverageOf('opal')).toBe('unknown');
  });

  test('shows its figures while it is in force, the deprecated kind none', () => {
    inForce();
    board.poolChanged(usage('teal'));
    const figures = { assignedIPv4: 1, assignedIPv6: 0, availableIPv4: 7, availableIPv6: 0 };
    expect(board.wanted(teal)?.figures).toEqual(figures);
    board.poolRemoved('teal');
    expect(board.wanted(teal)?.figures).toBeUndefined();
    const old = object('AddressPool', 'teal');
    board.read({ objects: [old], outcome: read(announced) });
    board.poolChanged(usage('teal'));
    expect(board.wanted(old)).toMatchObject({ claims: [{}, { type: 'Advertised' }] });
    expect(board.wanted(old)?.figures).toBeUndefined();
  });
});

test('only the pool whose figures move has something new to say', () => {
  board.read({ objects: [teal, jade, all], outcome: read(announced) });
  board.offered(announced, ACCEPTED);
  changed = [];
  board.poolChanged(usage('jade'));
  board.poolChanged(usage('elsewhere'));
  expect(changed).toEqual(['jade']);
});

test('an object without a generation is accepted without one', () => {
  const { apiVersion, kind, namespace, name, uid } = teal;
  const bare = { apiVersion, kind, namespace, name, uid };
  board.read({ objects: [bare], outcome: read(announced) });
  board.offered(announced, ACCEPTED);
  expect(board.wanted(bare)?.claims[0]).not.toHaveProperty('observedGeneration');
});

function usage(pool: string): Parameters<StatusBoard['poolChanged']>[0] {
  const families = { ipv4: { capacity: 8n, inUse: 1 }, ipv6: { capacity: 0n, inUse: 0 } };
  return { pool, capacity: 8n, inUse: 1, services: 1, families };
}
