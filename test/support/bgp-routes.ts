import type { Attributes } from '../../src/runtime/bgp/attributes.ts';
import type { Batch } from '../../src/runtime/bgp/rib/adj-rib-out.ts';
import { type Prefix, ipFromBits, parsePrefix } from '../../src/runtime/net/index.ts';

export function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return prefix;
}

/** So many host routes, from 10.0.0.0 on. */
export function hostRoutes(count: number): readonly Prefix[] {
  return Array.from({ length: count }, (_, index) =>
    prefixOf(`${ipFromBits(BigInt(0x0a000000 + index), 'ipv4')}/32`),
  );
}

/** Attributes to a peer of another AS that differ by their communities. */
export function attributesWith(...communities: readonly string[]): Attributes {
  return {
    text: `communities ${communities.join(' ')}`,
    origin: 'incomplete',
    asPath: [64512],
    nextHop: 'session',
    communities,
    largeCommunities: [],
  };
}

/** What a peer holds that believes all it is told: the text of the attributes by prefix. */
export class CredulousPeer {
  readonly routes: Map<string, string> = new Map();

  apply({ attributes, prefixes }: Batch): void {
    for (const { text } of prefixes) {
      if (attributes === undefined) this.routes.delete(text);
      else this.routes.set(text, attributes.text);
    }
  }
}
