import type {
  BfdProfile,
  BgpAdvertisement,
  Config,
  Layer2Advertisement,
  Peer,
  Pool,
  ServiceAllocation,
} from './config.ts';
import type { Selector } from './selector.ts';

/** The model as the public JSON contract of product.md §3: keys in its order, everything explicit. */
export function printableConfig(config: Config): object {
  return {
    pools: config.pools.map(printablePool),
    peers: config.peers.map(printablePeer),
    bfdProfiles: config.bfdProfiles.map(printableProfile),
  };
}

function printablePool(pool: Pool): object {
  return {
    name: pool.name,
    cidrs: pool.cidrs.map(({ text }) => text),
    autoAssign: pool.autoAssign,
    avoidBuggyIPs: pool.avoidBuggyIPs,
    serviceAllocation: printableAllocation(pool.serviceAllocation),
    layer2: pool.layer2.map(printableLayer2),
    bgp: pool.bgp.map(printableBgp),
  };
}

function printableAllocation(allocation: ServiceAllocation | undefined): object | null {
  if (allocation === undefined) return null;
  return {
    priority: allocation.priority,
    namespaces: allocation.namespaces,
    namespaceSelectors: texts(allocation.namespaceSelectors),
    serviceSelectors: texts(allocation.serviceSelectors),
  };
}

function printableLayer2({ nodeSelectors, interfaces }: Layer2Advertisement): object {
  return { nodeSelectors: texts(nodeSelectors), interfaces };
}

function printableBgp(advertisement: BgpAdvertisement): object {
  const { aggregationLength, aggregationLengthV6, localPref, communities, peers } = advertisement;
  const nodeSelectors = texts(advertisement.nodeSelectors);
  return { aggregationLength, aggregationLengthV6, localPref, communities, peers, nodeSelectors };
}

function printablePeer(peer: Peer): object {
  return {
    name: peer.name,
    myASN: peer.myASN,
    peerASN: peer.peerASN,
    address: peer.address,
    port: peer.port,
    sourceAddress: peer.sourceAddress ?? null,
    routerID: peer.routerID ?? null,
    holdTimeSeconds: threeDecimals(peer.holdTimeSeconds),
    keepaliveTimeSeconds: threeDecimals(peer.keepaliveTimeSeconds),
    hasPassword: peer.password !== undefined,
    bfdProfile: peer.bfdProfile ?? null,
    ebgpMultiHop: peer.ebgpMultiHop,
    vrf: peer.vrf ?? null,
    nodeSelectors: texts(peer.nodeSelectors),
  };
}

function printableProfile(profile: BfdProfile): object {
  const { name, receiveIntervalMs, transmitIntervalMs, detectMultiplier } = profile;
  const { echoIntervalMs, echoMode, passiveMode, minimumTTL } = profile;
  return {
    name,
    receiveIntervalMs,
    transmitIntervalMs,
    detectMultiplier,
    echoIntervalMs,
    echoMode,
    passiveMode,
    minimumTTL,
  };
}

function texts(selectors: readonly Selector[]): readonly string[] {
  return selectors.length === 0 ? [''] : selectors.map(({ text }) => text);
}

function threeDecimals(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
