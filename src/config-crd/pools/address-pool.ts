import {
  type BgpAdvertisement,
  EVERYTHING,
  type Pool,
  goQuote,
} from '../../runtime/model/index.ts';
import type { Aliases } from '../advertisements/community.ts';
import { type Route, checkAggregation, parseRoute } from '../advertisements/route.ts';
import type { Resource } from '../objects/collect.ts';
import type { AddressPoolSpec, RouteSpec } from '../objects/kinds.ts';
import { Findings, type Place } from '../objects/place.ts';
import { type AddressEntry, parseAddresses } from './address.ts';
import { type ParsedPool, cidrsOf, legacyNameOf } from './pool.ts';

/** A pool that says itself how it is announced. */
export interface ParsedAddressPool extends ParsedPool {
  readonly announcement: Pick<Pool, 'layer2' | 'bgp'>;
}

/** Reads the deprecated kind, which is pool and advertisement in one. crd.md §1.8 */
export function parseAddressPool(
  { name, labels, annotations, spec, place }: Resource<AddressPoolSpec>,
  aliases: Aliases,
): ParsedAddressPool {
  const found = new Findings();
  const at = place.telling(found).saying(`parsing address pool ${name}: `);
  const entries = parseAddresses(spec.addresses, name, at.at('spec', 'addresses'));
  const announcement = parseAnnouncement(spec, { entries, aliases, place: at.at('spec') });
  const bare = {
    name,
    ...legacyNameOf(annotations),
    cidrs: cidrsOf(entries),
    autoAssign: spec.autoAssign ?? true,
    avoidBuggyIPs: false,
  };
  return { bare, labels, entries, place, legacyRules: false, found, announcement };
}

interface Facts {
  readonly entries: readonly AddressEntry[];
  readonly aliases: Aliases;
  readonly place: Place;
}

function parseAnnouncement(
  { protocol, bgpAdvertisements: routes = [] }: AddressPoolSpec,
  facts: Facts,
): Pick<Pool, 'layer2' | 'bgp'> {
  const { place } = facts;
  const nothing = { layer2: [], bgp: [] };
  switch (protocol) {
    case 'layer2': {
      const layer2 = [{ nodeSelectors: [EVERYTHING], interfaces: [] }];
      if (routes.length === 0) return { layer2, bgp: [] };
      const message =
        'cannot have bgp-advertisements configuration element in a layer2 address pool';
      place.at('bgpAdvertisements').refuse({ reason: 'legacy-l2-with-bgp-adv', message });
      return nothing;
    }
    case 'bgp':
      return { layer2: [], bgp: parseRoutes(routes, facts) };
    case '':
    case undefined: {
      const message = 'address pool is missing the protocol field';
      place.at('protocol').refuse({ reason: 'schema-required', message });
      return nothing;
    }
    default: {
      const message = `unknown protocol ${goQuote(protocol)}`;
      const didYouMean = place.nearest(protocol, ['layer2', 'bgp']);
      place.at('protocol').refuse({ reason: 'schema-enum', message, didYouMean });
      return nothing;
    }
  }
}

/** None written is one with defaults. */
function parseRoutes(
  routes: readonly RouteSpec[],
  { entries, aliases, place }: Facts,
): readonly BgpAdvertisement[] {
  if (routes.length === 0) return [everywhere(parseRoute({}, aliases, place).route)];
  const seen = new Set<string>();
  return routes.flatMap((spec, index) => {
    const at = place.at('bgpAdvertisements', index).saying('parsing BGP communities: ');
    const { route, isSound } = parseRoute(spec, aliases, at);
    if (isSound) checkAggregation(route, [entries], at);
    const advertisement = everywhere(route);
    const text = JSON.stringify(advertisement);
    if (!seen.has(text)) {
      seen.add(text);
      return [advertisement];
    }
    const message = 'an advertisement before this one says the same';
    at.warn({ reason: 'duplicate-advertisement', message });
    return [];
  });
}

function everywhere(route: Route): BgpAdvertisement {
  return { ...route, peers: [], nodeSelectors: [EVERYTHING] };
}
