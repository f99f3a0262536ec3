import { goQuote } from '../../runtime/model/index.ts';
import { parseCommunity } from '../advertisements/community.ts';
import type { Resource, Resources } from '../objects/collect.ts';
import type { AliasSpec, PeerSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';
import { isKeepaliveWritten } from '../peers/times.ts';
import type { ParsedPool } from '../pools/pool.ts';

/** Refuses what the original's native mode does not serve. crd.md §2.7 */
export function checkNative(resources: Resources, pools: readonly ParsedPool[]): void {
  for (const peer of resources.BGPPeer) checkPeer(peer);
  for (const { place } of resources.BFDProfile) {
    place.refuse({ reason: 'native-bfd-profile-present', message: 'bfd profiles section set' });
  }
  // All pools, as soon as anything is announced over BGP.
  if (resources.BGPAdvertisement.length > 0) {
    for (const pool of pools) if (!pool.legacyRules) checkPool(pool);
  }
  checkCommunities(resources);
}

function checkPeer({ spec, annotations, place }: Resource<PeerSpec>): void {
  const { peerAddress = '', bfdProfile = '', vrf = '' } = spec;
  const message = (what: string) => `peer ${peerAddress} has ${what} set on native bgp mode`;
  const at = place.at('spec');
  if (bfdProfile !== '') {
    at.at('bfdProfile').refuse({ reason: 'native-bfd', message: message('bfd-profile') });
  }
  if (isKeepaliveWritten(spec, annotations)) {
    const reason = 'native-keepalive';
    at.at('keepaliveTime').refuse({ reason, message: message('keepalive-time') });
  }
  if (vrf !== '') at.at('vrf').refuse({ reason: 'native-vrf', message: message('vrf') });
}

/** Refuses addresses of IPv6: of every pool, or under the rules of v0.12 of one that is announced over BGP. */
export function checkPool({ bare, entries, place }: ParsedPool): void {
  for (const entry of entries) {
    const v6 = entry.prefixes.find(({ family }) => family === 'ipv6');
    if (v6 === undefined) continue;
    const found = `pool ${goQuote(bare.name)} has ipv6 CIDR ${v6.text}`;
    const message = `${found}, native bgp mode does not support ipv6`;
    place.at(entry.place.path).refuse({ reason: 'native-ipv6', message });
  }
}

function checkCommunities(resources: Resources): void {
  for (const { name, spec, place } of resources.AddressPool) {
    const routes = place.at('spec', 'bgpAdvertisements');
    (spec.bgpAdvertisements ?? []).forEach(({ communities }, index) => {
      const at = routes.at(index, 'communities');
      refuseLarge(communities, at, `address pool ${goQuote(name)}`);
    });
  }
  for (const { name, spec, place } of resources.BGPAdvertisement) {
    const at = place.at('spec', 'communities');
    refuseLarge(spec.communities, at, `BGP advertisement ${goQuote(name)}`);
  }
  for (const { name, spec, place } of resources.Community) {
    const at = place.at('spec', 'communities');
    (spec.communities ?? []).forEach((alias, index) => {
      refuseLargeAlias(alias, at.at(index, 'value'), `BGP community CR ${goQuote(name)}`);
    });
  }
}

function refuseLargeAlias({ name = '', value = '' }: AliasSpec, place: Place, owner: string): void {
  if (!isLarge(value)) return;
  refuse(place, `${owner} has non legacy community {${goQuote(name)} ${goQuote(value)}}`);
}

function refuseLarge(
  communities: readonly string[] | undefined,
  place: Place,
  owner: string,
): void {
  communities?.forEach((text, index) => {
    if (isLarge(text)) {
      refuse(place.at(index), `${owner} has non legacy community ${goQuote(text)}`);
    }
  });
}

function isLarge(text: string): boolean {
  return parseCommunity(text).kind === 'large';
}

function refuse(place: Place, found: string): void {
  const message = `native BGP mode only supports legacy communities, ${found}`;
  place.refuse({ reason: 'native-large-community', message });
}
