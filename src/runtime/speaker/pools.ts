import { isDeepStrictEqual } from 'node:util';
import type { Config, Pool } from '../model/index.ts';
import { type Family, type IpAddress, familyOf, ipToBits } from '../net/index.ts';

/** A CIDR of a pool; those of one configuration never overlap. legacy.md §1.8 */
interface Range {
  readonly first: bigint;
  readonly last: bigint;
  readonly pool: Pool;
}

/** Finds the pool of an address in logarithmic time, however many pools a configuration has. */
export class PoolIndex {
  readonly #ranges: Readonly<Record<Family, readonly Range[]>>;

  constructor(config: Config) {
    this.#ranges = { ipv4: sortedRanges(config, 'ipv4'), ipv6: sortedRanges(config, 'ipv6') };
  }

  /** The one pool that contains every address. legacy.md §4.1 row 6 */
  poolOf(addresses: readonly IpAddress[]): Pool | undefined {
    const [first, ...others] = addresses;
    if (first === undefined) return undefined;
    const pool = this.#holder(first);
    return others.every((address) => this.#holder(address) === pool) ? pool : undefined;
  }

  #holder(address: IpAddress): Pool | undefined {
    const ranges = this.#ranges[familyOf(address)];
    const bits = ipToBits(address);
    let low = 0;
    let high = ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = ranges[middle];
      if (range === undefined) return undefined;
      if (bits < range.first) high = middle - 1;
      else if (bits > range.last) low = middle + 1;
      else return range.pool;
    }
    return undefined;
  }
}

/** Whether two configurations announce the same addresses in the same way, whatever their pools are called. */
export function announceAlike(a: Config, b: Config): boolean {
  const [ours, theirs] = [a, b].map(({ pools }) => pools.map(announcingText).sort());
  return isDeepStrictEqual(ours, theirs);
}

function announcingText({ cidrs, layer2, bgp }: Pool): string {
  const alike = layer2.map(({ nodeSelectors, interfaces }) => ({
    nodes: nodeSelectors.map(({ text }) => text).sort(),
    interfaces: [...interfaces].sort(),
  }));
  const routes = bgp.map(({ nodeSelectors, communities, peers, ...rest }) => ({
    ...rest,
    nodes: nodeSelectors.map(({ text }) => text).sort(),
    communities: [...communities].sort(),
    peers: [...peers].sort(),
  }));
  return JSON.stringify([cidrs.map(({ text }) => text).sort(), texts(alike), texts(routes)]);
}

function texts(values: readonly object[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}

function sortedRanges({ pools }: Config, family: Family): Range[] {
  return pools
    .flatMap((pool) => pool.cidrs.map(({ family, first, last }) => ({ family, first, last, pool })))
    .filter((range) => range.family === family)
    .sort((a, b) => (a.first < b.first ? -1 : 1));
}
