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
    ['BGP advertisement', bgpTexts(pool, peers).join('; ')],
  ]);
}

/** Ascending, but in their order where two say different things of one route: the last one wins. legacy.md §6.1 */
function bgpTexts(pool: Pool, peers: ReadonlyMap<string, string>): readonly string[] {
  const byText = new Map<string, BgpAdvertisement>();
  for (const one of pool.bgp) {
    const text = bgpText(one, pool, peers);
    byText.delete(text);
    byText.set(text, one);
  }
  const kept = [...byText.values()];
  const contend = kept.some((a, index) =>
    kept.slice(index + 1).some((b) => makeOneRoute(a, b, pool)),
  );
  return contend ? [...byText.keys()] : [...byText.keys()].sort();
}

function makeOneRoute(a: BgpAdvertisement, b: BgpAdvertisement, { cidrs }: Pool): boolean {
  const sameLength = cidrs.some(({ family }) =>
    family === 'ipv4'
      ? a.aggregationLength === b.aggregationLength
      : a.aggregationLengthV6 === b.aggregationLengthV6,
  );
  const everyone = a.peers.length === 0 || b.peers.length === 0;
  return sameLength && (everyone || a.peers.some((peer) => b.peers.includes(peer)));
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
  const where =
    interfaces.length === 0 ? 'every interface' : distinct(interfaces.map(quoted)).join(' ');
  return `on ${where} of ${shownNodes(nodeSelectors)}`;
}

/** A name as it is, unless it could be taken for words of ours. */
function quoted(name: string): string {
  return /^[^\s"();,]+$/.test(name) ? name : JSON.stringify(name);
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
  const peers = distinct(advertisement.peers.map((name) => keys.get(name) ?? JSON.stringify(name)));
  return [
    `as ${lengths.join(' and ')}`,
    `local preference ${localPref}`,
    ...(communities.length === 0 ? [] : [`communities ${distinct(communities).join(' ')}`]),
    peers.length === 0 ? 'to every peer' : `to peers (${peers.join(') (')})`,
    `from ${shownNodes(advertisement.nodeSelectors)}`,
  ].join(', ');
}
