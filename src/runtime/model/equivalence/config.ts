import { isDeepStrictEqual } from 'node:util';
import type { BfdProfile, Config, Pool } from '../config.ts';
import { printableConfig } from '../print.ts';
import { peerDifferences, peerKeys, profileText } from './peer.ts';
import { poolFields } from './pool.ts';
import { type Fields, type Sides, fieldDifferences } from './wording.ts';

/** Whether two configurations are the same to the letter: names, order and passwords included. */
export function isSameConfig(a: Config, b: Config): boolean {
  return (
    isDeepStrictEqual(printableConfig(a), printableConfig(b)) &&
    isDeepStrictEqual(a.pools.map(legacyNameOf), b.pools.map(legacyNameOf)) &&
    a.peers.every(({ password }, index) => {
      const other = b.peers[index]?.password;
      return password === undefined ? other === undefined : password.equals(other);
    })
  );
}

/**
 * What differs between two configurations, in an operator's words; nothing if they mean the same. product.md §3
 *
 * Pools are matched by name, a renamed one by the legacy name it keeps. Peers and BFD profiles need not have the same
 * names and are matched by what they say. The order of advertisements, unless they make one route, and an aggregation
 * length for a family that the pool does not have, mean nothing. Passwords are compared and never told.
 */
export function differences(a: Config, b: Config, sides: Sides): readonly string[] {
  const [one, other] = [poolsOf(a), poolsOf(b)];
  const found: string[] = [];
  for (const name of [...new Set([...one.keys(), ...other.keys()])].sort()) {
    const what = `pool ${JSON.stringify(name)}`;
    const pair = [one.get(name), other.get(name)] as const;
    if (pair[0] === undefined) found.push(`${what} is only in ${sides[1]}`);
    else if (pair[1] === undefined) found.push(`${what} is only in ${sides[0]}`);
    else found.push(...fieldDifferences(what, [pair[0], pair[1]], sides));
  }
  found.push(...peerDifferences(a, b, sides));
  found.push(...profileDifferences(a.bfdProfiles, b.bfdProfiles, sides));
  return found;
}

/** By the name that the legacy dialect knows. */
function poolsOf(config: Config): ReadonlyMap<string, Fields> {
  const keys = peerKeys(config);
  return new Map(config.pools.map((pool) => [legacyNameOf(pool), poolFields(pool, keys)]));
}

function legacyNameOf({ name, legacyName }: Pool): string {
  return legacyName ?? name;
}

function profileDifferences(
  a: readonly BfdProfile[],
  b: readonly BfdProfile[],
  sides: Sides,
): readonly string[] {
  return [...onlyIn(a, b, sides[0]), ...onlyIn(b, a, sides[1])];
}

function onlyIn(
  profiles: readonly BfdProfile[],
  others: readonly BfdProfile[],
  side: string,
): readonly string[] {
  const known = new Set(others.map(profileText));
  return profiles
    .filter((profile) => !known.has(profileText(profile)))
    .map(({ name }) => `BFD profile ${JSON.stringify(name)} is like this only in ${side}`);
}
