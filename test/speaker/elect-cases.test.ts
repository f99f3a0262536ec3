import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ResourceMode, readResources } from '../../src/config-crd/index.ts';
import { nodeView, serviceView } from '../../src/runtime/kube/index.ts';
import type { Config } from '../../src/runtime/model/index.ts';
import { decide } from '../../src/runtime/speaker/decide.ts';
import { PoolIndex } from '../../src/runtime/speaker/pools.ts';
import { endpoint, listed } from '../support/speaker-facts.ts';

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
}

interface Case {
  readonly id: string;
  readonly stage: string;
  readonly mode: ResourceMode;
  readonly note?: string;
  readonly objects: readonly KubernetesObject[];
  readonly speakers: readonly string[];
  readonly nodesWithReadyEndpoints: readonly string[];
  /** `ranking` is the order in which nodes take over, were there an endpoint. */
  readonly expect: { readonly ranking: readonly string[]; readonly winner: string | null };
}

const FIXTURE = new URL('../fixtures/cases/crd.json', import.meta.url);
const FIELDS = ['id', 'stage', 'mode', 'objects', 'speakers', 'nodesWithReadyEndpoints', 'expect'];

const cases = (JSON.parse(readFileSync(FIXTURE, 'utf8')) as readonly Case[]).filter(
  ({ stage }) => stage === 'elect',
);

test('there are cases', () => {
  expect(cases).toHaveLength(5);
});

describe.each(cases.map((each) => [each.id, each] as const))('%s', (_id, each) => {
  test('has no field that is not looked at', () => {
    expect([...FIELDS, 'note']).toEqual(expect.arrayContaining(Object.keys(each)));
    expect(Object.keys(each.expect).sort()).toEqual(['ranking', 'winner']);
    const kinds = ['IPAddressPool', 'L2Advertisement', 'Node', 'Service'];
    expect(kinds).toEqual(expect.arrayContaining(each.objects.map(({ kind }) => kind)));
  });

  test('has the node announce that the original has', () => {
    const { speakers, nodesWithReadyEndpoints } = each;
    expect(announcing(each, speakers, nodesWithReadyEndpoints) ?? null).toBe(each.expect.winner);
  });

  test('has nodes take over in the order of the original', () => {
    const { nodesWithReadyEndpoints: ready } = each;
    const endpoints = ready.length > 0 ? ready : ['elsewhere'];
    const ranking: string[] = [];
    for (;;) {
      const left = each.speakers.filter((name) => !ranking.includes(name));
      const next = announcing(each, left, endpoints);
      if (next === undefined) break;
      ranking.push(next);
    }
    expect(ranking).toEqual(each.expect.ranking);
  });
});

/** The one node of `speakers` that announces the case's Service. */
function announcing(
  each: Case,
  speakers: readonly string[],
  ready: readonly string[],
): string | undefined {
  const config = configOf(each);
  const [service, ...others] = each.objects.filter(({ kind }) => kind === 'Service');
  expect([service?.kind, others]).toEqual(['Service', []]);
  const nodes = listed(...each.objects.filter(({ kind }) => kind === 'Node').map(nodeView));
  const [winner, ...more] = speakers.filter((self) => {
    const decision = decide({
      service: serviceView(service),
      endpoints: ready.map((name) => endpoint(name)),
      pools: new PoolIndex(config),
      members: { kind: 'known', nodes: new Set(speakers) },
      nodes,
      self,
      compat: 'v0.13',
      lbClass: '',
      ignoreExcludeLb: false,
    });
    return decision.kind === 'serve' && decision.verdicts.get('layer2')?.kind === 'announce';
  });
  expect(more).toEqual([]);
  return winner;
}

function configOf({ objects, mode }: Case): Config {
  const configuring = objects.filter(({ apiVersion }) => apiVersion.startsWith('metallb.io/'));
  const nodes = objects.filter(({ kind }) => kind === 'Node').map(nodeView);
  const reading = readResources(
    {
      objects: configuring,
      secrets: new Map(),
      nodes: new Map(nodes.map(({ name, labels }) => [name, labels])),
    },
    { namespace: 'metallb-system', mode },
  );
  if (reading.kind === 'refused') throw new Error(reading.message);
  return reading.config;
}
