import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lan, eventually } from '../../../cluster/index.ts';
import { type BgpPeer, startPeer } from '../../../support/bgp-peers/index.ts';
import { FrrPeer } from '../../../support/bgp-peers/frr/frr.ts';
import { Stage } from '../../compatibility/stage.ts';
import { type OriginalAdvertisement, renderedByOriginal } from './original.ts';
import { NODES_ASN, ROUTER_ASN } from './site.ts';

/** The router that hears both: over IPv4 from another AS and from the own one, and over IPv6. */
const ROUTERS = [
  { name: 'another AS', number: 60, asn: ROUTER_ASN, at: '192.0.2.' },
  { name: 'the same AS', number: 61, asn: NODES_ASN, at: '192.0.2.' },
  { name: 'another AS, over IPv6', number: 62, asn: ROUTER_ASN, at: '2001:db8::' },
  { name: 'the same AS, over IPv6', number: 63, asn: NODES_ASN, at: '2001:db8::' },
] as const;
const NODE = 11;
const ORIGINAL = 70;

const CONFIG = `
peers:
${ROUTERS.map(
  ({ number, asn, at }) =>
    `- {my-asn: ${NODES_ASN}, peer-asn: ${asn}, peer-address: '${at}${number}'}`,
).join('\n')}
address-pools:
- name: plain
  protocol: bgp
  addresses: [203.0.113.0/26, '2001:db8:a::/64']
- name: marked
  protocol: bgp
  auto-assign: false
  addresses: [203.0.113.64/26, '2001:db8:b::/64']
  bgp-advertisements:
  - {communities: ['64512:200', '64512:100']}
- name: preferred
  protocol: bgp
  auto-assign: false
  addresses: [203.0.113.128/26, '2001:db8:c::/64']
  bgp-advertisements:
  - {localpref: 150, communities: ['64512:200']}
- name: wide
  protocol: bgp
  auto-assign: false
  addresses: [198.51.100.0/24, '2001:db8:d::/64']
  bgp-advertisements:
  - {aggregation-length: 24, aggregation-length-v6: 64, localpref: 50}
- name: twice
  protocol: bgp
  auto-assign: false
  addresses: [192.0.2.200/29, '2001:db8:e::/64']
  bgp-advertisements:
  - {localpref: 10, communities: ['64512:300']}
  - {localpref: 9, communities: ['64512:200']}
`;
const TWICE = ['192.0.2.200/32', '2001:db8:e::/128'];
const MARKED = { localPref: 0, communities: ['64512:100', '64512:200'] };
const PREFERRED = { localPref: 150, communities: ['64512:200'] };
const ADVERTISED: readonly OriginalAdvertisement[] = [
  ...['203.0.113.0/32', '2001:db8:a::/128'].map((prefix) => {
    return { prefix, localPref: 0, communities: [] };
  }),
  ...['203.0.113.64/32', '2001:db8:b::/128'].map((prefix) => ({ prefix, ...MARKED })),
  ...['203.0.113.128/32', '2001:db8:c::/128'].map((prefix) => ({ prefix, ...PREFERRED })),
  ...['198.51.100.0/24', '2001:db8:d::/64'].map((prefix) => {
    return { prefix, localPref: 50, communities: [] };
  }),
  ...TWICE.map((prefix) => ({ prefix, localPref: 10, communities: ['64512:300'] })),
  ...TWICE.map((prefix) => ({ prefix, localPref: 9, communities: ['64512:200'] })),
];

let lan: Lan;
let stage: Stage;
let original: BgpPeer;
const routers = new Map<string, BgpPeer>();

beforeAll(async () => {
  lan = new Lan();
  stage = await Stage.raise(lan, { release: 'v0.12.1', tens: 10 });
  for (const { name, number, asn, at } of ROUTERS) {
    const host = lan.add({ name: `r${number}`, number });
    const neighbors = [NODE, ORIGINAL].map((each) => {
      return { address: `${at}${each}`, asn: NODES_ASN, families: ['ipv4', 'ipv6'] as const };
    });
    const settings = { asn, routerId: host.address, neighbors };
    routers.set(name, await startPeer('frr', host.namespace, settings));
  }
  await startOriginal();
  await startOurs();
}, 180_000);

afterAll(async () => {
  await stage.close();
  for (const router of [original, ...routers.values()]) await router.stop();
  lan.close();
});

async function startOriginal(): Promise<void> {
  const host = lan.add({ name: 'original', number: ORIGINAL });
  const neighbors = ROUTERS.map(({ at, number, asn }) => ({ address: `${at}${number}`, asn }));
  const settings = { asn: NODES_ASN, routerId: host.address, neighbors: [] };
  const rendered = renderedByOriginal(NODES_ASN, neighbors, ADVERTISED);
  original = await FrrPeer.start(host.namespace, settings, rendered);
}

/** Of the two nodes one announces. */
async function startOurs(): Promise<void> {
  const { admin } = stage.plane;
  const [node] = stage.nodes;
  const addresses = [node.address, '2001:db8::11'].map((address) => {
    return { type: 'InternalIP', address };
  });
  await admin.patch(`/api/v1/nodes/${node.name}/status`, { status: { addresses } });
  await stage.edit('daemonsets/speaker', ({ env = [] }) => ({
    env: [...env, { name: 'METALLB_BGP_TYPE', value: 'frr' }],
  }));
  await stage.configure(CONFIG);
  await stage.startController();
  await stage.startSpeaker(node);
  for (const pool of ['plain', 'marked', 'preferred', 'wide', 'twice']) {
    await stage.services.create(pool, {
      annotations: { 'metallb.universe.tf/address-pool': pool },
      spec: {
        selector: { app: 'web' },
        ipFamilyPolicy: 'RequireDualStack',
        ipFamilies: ['IPv4', 'IPv6'],
      },
    });
    await stage.services.assigned(pool);
  }
}

/** What tells two paths apart that are the same otherwise. */
const OWN = new Set([
  ...['peer', 'nexthops', 'lastUpdate', 'bestpath', 'multipath'],
  // Of the table, not of the path.
  ...['version', 'processScheduled'],
]);

interface Table {
  readonly routes: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
}

/** By prefix, all that the router shows of the paths of one neighbor; addresses of next hops by their last octet. */
async function heard(router: BgpPeer, neighbor: string): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const family of ['ipv4', 'ipv6']) {
    const json = await router.command(`show bgp ${family} unicast json detail`);
    for (const [prefix, entries] of Object.entries((JSON.parse(json) as Table).routes)) {
      const path = entries.find((each) => {
        return (each['peer'] as { peerId: string } | undefined)?.peerId === neighbor;
      });
      if (path === undefined) continue;
      found.set(prefix, Object.fromEntries(Object.entries(path).filter(([key]) => !OWN.has(key))));
    }
  }
  return found;
}

describe.each(ROUTERS)('a router of $name', ({ name, at }) => {
  test('sees no difference between what we announce and what the FRR of the original announced', async () => {
    const router = routers.get(name)!;
    const wanted = [...new Set(ADVERTISED.map(({ prefix }) => prefix))].sort();
    const both = [NODE, ORIGINAL].map(async (number) =>
      eventually(
        `all routes of ${number}`,
        async () => {
          const routes = await heard(router, `${at}${number}`);
          if (JSON.stringify([...routes.keys()].sort()) === JSON.stringify(wanted)) return routes;
          throw new Error(`it has ${[...routes.keys()].sort().join(', ')}`);
        },
        30_000,
      ),
    );
    const [ours, theirs] = await Promise.all(both);
    expect(ours).toEqual(theirs);
  });

  test('is given the next hops of the node', async () => {
    const router = routers.get(name)!;
    for (const family of ['ipv4', 'ipv6'] as const) {
      const routes = await router.routes(family);
      const nextHops = new Map(routes.map(({ from, nextHop }) => [from, nextHop]));
      const base = family === 'ipv4' ? '192.0.2.' : '2001:db8::';
      expect(nextHops).toEqual(
        new Map([NODE, ORIGINAL].map((number) => [`${at}${number}`, `${base}${number}`])),
      );
    }
  });
});
