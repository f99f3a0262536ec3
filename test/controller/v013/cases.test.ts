import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ResourceMode, readResources } from '../../../src/config-crd/index.ts';
import { Allocator, claimOf } from '../../../src/runtime/allocator/index.ts';
import { converge } from '../../../src/runtime/controller/converge.ts';
import { registerExisting } from '../../../src/runtime/controller/existing.ts';
import { namespaceView, serviceView } from '../../../src/runtime/kube/index.ts';
import type { Labels, Pool, ServiceView } from '../../../src/runtime/model/index.ts';

type Expected =
  { readonly ips: readonly string[]; readonly pool: string } | { readonly error: string };

interface Case {
  readonly id: string;
  readonly stage: string;
  readonly mode: ResourceMode;
  readonly note?: string;
  readonly objects: readonly { readonly kind: string }[];
  readonly expect: Readonly<Record<string, Expected>>;
}

const KNOWN = ['id', 'stage', 'mode', 'note', 'objects', 'expect'];
const ANSWERS = [['ips', 'pool'], ['error']];

/** Where the original leaks, as the notes of the cases say, and crd.md §2.9 wants it mended. */
const MENDED: Readonly<Record<string, Case['expect']>> = {
  'alloc-namespace-selector-matching-nothing-leaks': {
    'shop/beet': { error: 'no available IPs' },
  },
  'alloc-namespace-selector-matching-nothing-explicit': {
    'shop/beet': { error: 'pool marina not compatible for ip assignment' },
    'shop/leek': { error: 'no available IPs' },
  },
};

const FIXTURE = new URL('../../fixtures/cases/crd.json', import.meta.url);
const cases = (JSON.parse(readFileSync(FIXTURE, 'utf8')) as readonly Case[]).filter(
  ({ stage }) => stage === 'allocate',
);

describe.each(cases.map((known) => [known.id, known] as const))('%s', (id, known) => {
  test('has no field that is not looked at', () => {
    expect(KNOWN).toEqual(expect.arrayContaining(Object.keys(known)));
    const kinds = ['IPAddressPool', 'Namespace', 'Service'];
    expect(kinds).toEqual(expect.arrayContaining(known.objects.map(({ kind }) => kind)));
    for (const answer of Object.values(known.expect)) {
      expect(ANSWERS).toContainEqual(Object.keys(answer));
    }
  });

  test('gives the Services their addresses, or tells why not', () => {
    const found = assign(known);
    const wanted = MENDED[id] ?? known.expect;
    expect([...found.keys()].sort()).toEqual(Object.keys(wanted).sort());
    for (const [service, answer] of Object.entries(wanted)) {
      const given = found.get(service);
      if ('error' in answer) expect(given).toMatchObject({ told: textWith(answer.error) });
      else expect(given).toEqual({ ...answer, told: '' });
    }
  });
});

test('all 18 cases are there', () => {
  expect(cases).toHaveLength(18);
});

function textWith(part: string): unknown {
  return expect.stringContaining(part);
}

/** Registers what Services carry, then looks at each in the order of the case. */
function assign(known: Case): Map<string, object> {
  const allocator = new Allocator('v0.13');
  allocator.setPools(poolsOf(known));
  const services = ofKind(known, 'Service').map((object) => serviceView(object, 'v0.13'));
  const find = (key: string): ServiceView | undefined => services.find((one) => one.key === key);
  const labels = new Map(
    ofKind(known, 'Namespace').map((object): [string, Labels] => {
      const view = namespaceView(object);
      return [view.name, view.labels];
    }),
  );
  const labelsFor = ({ key }: ServiceView): Labels | undefined => labels.get(key.split('/')[0]!);
  for (const view of services) {
    const claim = claimOf(view, labelsFor(view));
    registerExisting(view, claim, { allocator, compat: 'v0.13', find });
  }
  const around = { namespacesReadable: true, patient: false };
  return new Map(
    services.map((view) => {
      const outcome = converge(view, allocator, 'v0.13', {
        ...around,
        namespaceLabels: labelsFor(view),
      });
      const failure = outcome.remarks.find(({ reason }) => reason === 'AllocationFailed');
      const told = failure?.message ?? '';
      const pool = allocator.leaseOf(view.key)?.pool;
      return [view.key, { ips: outcome.addresses, pool, told }];
    }),
  );
}

function poolsOf(known: Case): readonly Pool[] {
  const { mode, objects } = known;
  const set = { objects, secrets: new Map<string, never>() };
  const read = readResources(set, { namespace: 'metallb-system', mode });
  if (read.kind === 'refused') throw new Error(read.message);
  return read.config.pools;
}

function ofKind({ objects }: Case, kind: string): readonly object[] {
  return objects.filter((object) => object.kind === kind);
}
