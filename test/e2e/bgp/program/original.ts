import type { Family } from '../../../../src/runtime/net/index.ts';

/** What FRR mode of the original announces to every neighbor. */
export interface OriginalAdvertisement {
  readonly prefix: string;
  /** 0: unset. */
  readonly localPref: number;
  readonly communities: readonly string[];
}

export interface OriginalNeighbor {
  readonly address: string;
  readonly asn: number;
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/**
 * The configuration that FRR mode of v0.12 renders, as far as routes depend on it. legacy.md §6.9. Its lists of IPv6 prefixes
 * are written as FRR takes them.
 */
export function renderedByOriginal(
  asn: number,
  neighbors: readonly OriginalNeighbor[],
  advertisements: readonly OriginalAdvertisement[],
): string {
  const groups = groupsOf(advertisements);
  return [
    ...groups.flatMap(({ list, family, prefixes }) =>
      prefixes.map((prefix) => `${word(family)} prefix-list ${list} permit ${prefix}`),
    ),
    ...neighbors.flatMap(({ address }) => routeMaps(address, groups)),
    `router bgp ${asn}`,
    ' no bgp ebgp-requires-policy',
    ' no bgp network import-check',
    ' no bgp default ipv4-unicast',
    ...neighbors.flatMap((neighbor) => [
      ` neighbor ${neighbor.address} remote-as ${neighbor.asn}`,
      ` neighbor ${neighbor.address} port 179`,
      ` neighbor ${neighbor.address} timers 30 90`,
    ]),
    ...neighbors.flatMap(({ address }) =>
      advertisements.flatMap((each) => addressFamily(address, each)),
    ),
    '',
  ].join('\n');
}

interface Group {
  readonly list: string;
  readonly family: Family;
  readonly prefixes: readonly string[];
  readonly set: string;
}

/** In the order of the entries of a route map. */
function groupsOf(advertisements: readonly OriginalAdvertisement[]): readonly Group[] {
  const preferences = new Set(advertisements.map(({ localPref }) => localPref));
  preferences.delete(0);
  const communities = new Set(advertisements.flatMap((each) => each.communities));
  const group = (
    family: Family,
    [list, set]: readonly [string, string],
    isIn: (each: OriginalAdvertisement) => boolean,
  ): Group => {
    const found = advertisements.filter((each) => isIn(each) && familyOf(each) === family);
    return { list, family, set, prefixes: found.map(({ prefix }) => prefix) };
  };
  const found = [
    ...FAMILIES.flatMap((family) =>
      [...preferences]
        .sort((a, b) => a - b)
        .map((value) => {
          const names = [
            `${value}-${short(family)}localpref-prefixes`,
            `local-preference ${value}`,
          ];
          return group(family, [names[0]!, names[1]!], ({ localPref }) => localPref === value);
        }),
    ),
    ...FAMILIES.flatMap((family) =>
      [...communities].sort().map((value) => {
        const names = [`${value}-${short(family)}prefixes`, `community ${value} additive`];
        return group(family, [names[0]!, names[1]!], (each) => each.communities.includes(value));
      }),
    ),
  ];
  return found.filter(({ prefixes }) => prefixes.length > 0);
}

function routeMaps(address: string, groups: readonly Group[]): readonly string[] {
  return [
    `route-map ${address}-in deny 20`,
    ...groups.flatMap(({ list, family, set }, index) => [
      `route-map ${address}-out permit ${index + 1}`,
      ` match ${word(family)} address prefix-list ${list}`,
      ` set ${set}`,
      ' on-match next',
    ]),
    `route-map ${address}-out permit ${groups.length + 1}`,
  ];
}

function addressFamily(address: string, each: OriginalAdvertisement): readonly string[] {
  const { prefix, localPref, communities } = each;
  const isMapped = localPref !== 0 || communities.length > 0;
  return [
    ` address-family ${familyOf(each)} unicast`,
    `  neighbor ${address} activate`,
    `  neighbor ${address} route-map ${address}-in in`,
    `  network ${prefix}`,
    ...(isMapped ? [`  neighbor ${address} route-map ${address}-out out`] : []),
    ' exit-address-family',
  ];
}

function familyOf({ prefix }: OriginalAdvertisement): Family {
  return prefix.includes(':') ? 'ipv6' : 'ipv4';
}

function word(family: Family): string {
  return family === 'ipv4' ? 'ip' : 'ipv6';
}

function short(family: Family): string {
  return family === 'ipv4' ? 'v4' : 'v6';
}
