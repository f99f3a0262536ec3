import type { BgpAdvertisement, Layer2Advertisement, Pool } from '../config.ts';
import { type Fields, distinct, nodesText, selectorTexts, shownNodes } from './wording.ts';

/** @param peers - what each peer says, by its name */
export function poolFields(pool: Pool, peers: ReadonlyMap<string, string>): Fields {
  return new Map([
    ['addresses', pool.cidrs.map(({ text }) => text).join(', ')],
    ['automatic assignment', pool.autoAssign ? 'on' : 'off'],
    ['avoidance of .0 and .255', pool.avoidBuggyIPs ? 'on' : 'off'],
    ['service allocation', allocationText(pool)],
    ['layer-2 advertisement', distinct(withoutRedundant(pool.layer2).map(layer2Text)).join('; ')],
    ['BGP advertisement', distinct(pool.bgp.map((one) => bgpText(one, pool, peers))).join('; ')],
  ]);
}

function allocationText({ serviceAllocation }: Pool): string {
  if (serviceAllocation === undefined) return '';
  const { priority, namespaces, namespaceSelectors, serviceSelectors } = serviceAllocation;
  return JSON.stringify({
    priority,
    namespaces: distinct(namespaces),
    namespaceSelectors: selectorTexts(namespaceSelectors),
    serviceSelectors: selectorTexts(serviceSelectors),
  });
}

/** An advertisement from everywhere on every interface leaves nothing to any other. */
function withoutRedundant(
  advertisements: readonly Layer2Advertisement[],
): readonly Layer2Advertisement[] {
  const all = advertisements.find(
    ({ nodeSelectors, interfaces }) => interfaces.length === 0 && nodesText(nodeSelectors) === '',
  );
  return all === undefined ? advertisements : [all];
}

function layer2Text({ nodeSelectors, interfaces }: Layer2Advertisement): string {
  const where = interfaces.length === 0 ? 'every interface' : distinct(interfaces).join(' ');
  return `on ${where} of ${shownNodes(nodeSelectors)}`;
}

function bgpText(
  advertisement: BgpAdvertisement,
  { cidrs }: Pool,
  keys: ReadonlyMap<string, string>,
): string {
  const { aggregationLength, aggregationLengthV6, localPref, communities } = advertisement;
  // A length for a family that the pool does not have is never used.
  const lengths = [
    ...(cidrs.some(({ family }) => family === 'ipv4') ? [`/${aggregationLength}`] : []),
    ...(cidrs.some(({ family }) => family === 'ipv6') ? [`/${aggregationLengthV6} of IPv6`] : []),
  ];
  const peers = distinct(advertisement.peers.map((name) => keys.get(name) ?? name));
  return [
    `as ${lengths.join(' and ')}`,
    `local preference ${localPref}`,
    ...(communities.length === 0 ? [] : [`communities ${distinct(communities).join(' ')}`]),
    peers.length === 0 ? 'to every peer' : `to peers (${peers.join(') (')})`,
    `from ${shownNodes(advertisement.nodeSelectors)}`,
  ].join(', ');
}
