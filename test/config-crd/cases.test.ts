import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ResourceMode, readResources } from '../../src/config-crd/index.ts';
import {
  type BgpAdvertisement,
  type Config,
  type Labels,
  type Layer2Advertisement,
  type Peer,
  type Pool,
  type Selector,
  type ServiceAllocation,
  anySelects,
} from '../../src/runtime/model/index.ts';
import { labelsOf, setOf } from '../support/resources/set.ts';

interface Case {
  readonly id: string;
  readonly stage: string;
  readonly note?: string;
  readonly mode: ResourceMode;
  readonly objects: readonly Manifest[];
  readonly expect?: ExpectedModel;
  readonly error?: string;
  readonly upstreamMessage?: string;
  readonly transient?: boolean;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

interface ExpectedModel {
  readonly bgpExtras: null;
  readonly bfdProfiles: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly peers: object;
  readonly pools: Readonly<Record<string, { readonly bgp: readonly { name: string | null }[] }>>;
}

const FIXTURE = new URL('../fixtures/cases/crd.json', import.meta.url);
const cases = JSON.parse(readFileSync(FIXTURE, 'utf8')) as readonly Case[];
const known = cases.filter(({ stage }) => stage === 'config');
const OUTCOME = ['expect', 'error', 'upstreamMessage', 'transient'];
const FIELDS = ['id', 'stage', 'note', 'mode', 'objects', ...OUTCOME];

test('there are as many cases as the specification has', () => {
  expect(known).toHaveLength(62);
});

describe.each(known.map((one) => [one.id, one] as const))('%s', (_, one) => {
  test('has no field that is not looked at', () => {
    expect(FIELDS).toEqual(expect.arrayContaining(Object.keys(one)));
    const kinds = ['Node', 'Namespace', 'Secret'];
    const others = one.objects.filter(
      ({ kind }) =>
        !kinds.includes(kind) && !/Pool|Advertisement|Peer|Profile|Community/.test(kind),
    );
    expect(others).toEqual([]);
  });

  const { expect: model, error } = one;
  if (model === undefined) {
    test('is refused as the original refuses it', () => {
      const reading = read(one.objects, one.mode);
      if (reading.kind === 'config') throw new Error('accepted');
      const { message, transient, problems } = reading;
      expect({ error: problems[0]?.reason, upstreamMessage: message, transient }).toEqual({
        error,
        upstreamMessage: one.upstreamMessage,
        transient: one.transient,
      });
      expect(problems[0]?.message).toBe(message);
    });
  } else {
    test('is read as the original reads it', () => {
      expect(inCaseForm(configOf(one.objects, one.mode), one.objects)).toEqual(unnamed(model));
    });

    const advertised = Object.entries(model.pools).filter(([, { bgp }]) => bgp.length > 0);
    if (advertised.length > 0) {
      test.each(advertised)('%s is announced by the objects named', (name, { bgp }) => {
        const attached = bgp.map(({ name: object }) => {
          const others = one.objects.filter(
            ({ kind, metadata }) => kind !== 'BGPAdvertisement' || metadata.name === object,
          );
          return poolNamed(name, configOf(others, one.mode)).bgp;
        });
        expect(poolNamed(name, configOf(one.objects, one.mode)).bgp).toEqual(attached.flat());
      });
    }
  }
});

function read(objects: readonly object[], mode: ResourceMode) {
  return readResources(setOf(objects), { namespace: 'metallb-system', mode });
}

function configOf(objects: readonly object[], mode: ResourceMode): Config {
  const reading = read(objects, mode);
  if (reading.kind === 'refused') throw new Error(reading.message);
  return reading.config;
}

function poolNamed(name: string, { pools }: Config): Pool {
  return pools.find((pool) => pool.name === name)!;
}

/** What is not in the model: advertisements' names, and what a BFD profile leaves to FRR. */
function unnamed(model: ExpectedModel): object {
  const defaults: Readonly<Record<string, number>> = {
    receiveInterval: 300,
    transmitInterval: 300,
    detectMultiplier: 3,
    echoInterval: 50,
    minimumTtl: 254,
  };
  const filled = Object.entries(model.bfdProfiles).map(([name, profile]) => [
    name,
    Object.fromEntries(
      Object.entries(profile).map(([key, value]) => [key, value ?? defaults[key]]),
    ),
  ]);
  const pools = Object.entries(model.pools).map(([name, pool]) => [
    name,
    {
      ...pool,
      bgp: pool.bgp.map((one) =>
        Object.fromEntries(Object.entries(one).filter(([key]) => key !== 'name')),
      ),
    },
  ]);
  return {
    ...model,
    bfdProfiles: Object.fromEntries(filled) as object,
    pools: Object.fromEntries(pools) as object,
  };
}

function inCaseForm(config: Config, objects: readonly object[]): object {
  const nodes = labelsOf(objects, 'Node');
  const namespaces = labelsOf(objects, 'Namespace');
  return {
    pools: Object.fromEntries(
      config.pools.map((pool) => [pool.name, poolForm(pool, nodes, namespaces)]),
    ),
    peers: Object.fromEntries(config.peers.map((peer) => [peer.name, peerForm(peer)])),
    bfdProfiles: Object.fromEntries(
      config.bfdProfiles.map(({ name, ...profile }) => [
        name,
        {
          receiveInterval: profile.receiveIntervalMs,
          transmitInterval: profile.transmitIntervalMs,
          detectMultiplier: profile.detectMultiplier,
          echoInterval: profile.echoIntervalMs,
          echoMode: profile.echoMode,
          passiveMode: profile.passiveMode,
          minimumTtl: profile.minimumTTL,
        },
      ]),
    ),
    // Extras are refused.
    bgpExtras: null,
  };
}

type LabelMap = ReadonlyMap<string, Labels>;

function poolForm(pool: Pool, nodes: LabelMap, namespaces: LabelMap): object {
  return {
    cidrs: pool.cidrs.map(({ text }) => text),
    autoAssign: pool.autoAssign,
    avoidBuggyIPs: pool.avoidBuggyIPs,
    l2: pool.layer2.map((advertisement) => layer2Form(advertisement, nodes)),
    bgp: pool.bgp.map((advertisement) => bgpForm(advertisement, nodes)),
    serviceAllocation: allocationForm(pool.serviceAllocation, namespaces),
  };
}

function layer2Form({ nodeSelectors, interfaces }: Layer2Advertisement, nodes: LabelMap): object {
  return {
    nodes: selected(nodeSelectors, nodes),
    interfaces: interfaces.length === 0 ? null : interfaces,
  };
}

function bgpForm({ nodeSelectors, ...advertisement }: BgpAdvertisement, nodes: LabelMap): object {
  return {
    ...advertisement,
    communities: advertisement.communities.toSorted(),
    peers: advertisement.peers.length === 0 ? null : advertisement.peers,
    nodes: selected(nodeSelectors, nodes),
  };
}

function allocationForm(allocation: ServiceAllocation | undefined, namespaces: LabelMap) {
  if (allocation === undefined) return null;
  const { priority, namespaceSelectors, serviceSelectors } = allocation;
  const chosen = namespaceSelectors.length === 0 ? [] : selected(namespaceSelectors, namespaces);
  return {
    priority,
    namespaces: [...new Set([...allocation.namespaces, ...chosen])].sort(),
    serviceSelectors: serviceSelectors.map(({ text }) => text),
  };
}

function peerForm(peer: Peer): object {
  return {
    myASN: peer.myASN,
    peerASN: peer.peerASN,
    peerAddress: peer.address,
    peerPort: peer.port,
    sourceAddress: peer.sourceAddress ?? null,
    routerID: peer.routerID ?? null,
    holdTimeSeconds: peer.holdTimeSeconds,
    keepaliveTimeSeconds: peer.keepaliveTimeSeconds,
    password: peer.password?.reveal() ?? null,
    bfdProfile: peer.bfdProfile ?? null,
    ebgpMultiHop: peer.ebgpMultiHop,
    vrf: peer.vrf ?? null,
    nodeSelectors: peer.nodeSelectors.map(({ text }) => text),
  };
}

function selected(selectors: readonly Selector[], among: LabelMap): readonly string[] {
  return [...among]
    .filter(([, labels]) => anySelects(selectors, labels))
    .map(([name]) => name)
    .sort();
}
