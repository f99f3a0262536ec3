import { goQuote, parseUint } from '../../runtime/model/index.ts';
import type { Resource } from '../objects/collect.ts';
import type { CommunitySpec } from '../objects/kinds.ts';

/** A standard community as the two halves of RFC 1997, or a large one as the three parts of RFC 8092. */
export interface CommunityValue {
  readonly kind: 'standard' | 'large';
  readonly parts: readonly number[];
}

/** `value`: it is a community with a wrong number. `format`: it is none, and may be an alias. */
interface MalformedCommunity {
  readonly kind: 'value' | 'format';
  readonly message: string;
}

/** Values by alias. */
export type Aliases = ReadonlyMap<string, CommunityValue>;

/** The aliases of all Community objects, which share one space of names. crd.md §2.5 */
export function parseAliases(resources: readonly Resource<CommunitySpec>[]): Aliases {
  const aliases = new Map<string, CommunityValue>();
  for (const { spec, place } of resources) {
    for (const [index, { name = '', value = '' }] of (spec.communities ?? []).entries()) {
      const at = place.at('spec', 'communities', index);
      const parsed = parseCommunity(value);
      if ('message' in parsed) {
        const message = `parsing community ${goQuote(name)}: ${parsed.message}`;
        at.at('value').refuse({ reason: 'invalid-community-value', message });
      } else if (aliases.has(name)) {
        const message = `duplicate definition of community ${goQuote(name)}`;
        at.at('name').refuse({ reason: 'duplicate-community-alias', message });
      } else {
        aliases.set(name, parsed);
      }
    }
  }
  return aliases;
}

/** Reads `a:b` or `large:a:b:c`, decimal, of 16 and of 32 bits, or says why not in the original's words. */
export function parseCommunity(text: string): CommunityValue | MalformedCommunity {
  const fields = text.split(':');
  if (fields.length === 2) return readParts(text, fields, 16);
  if (fields.length !== 4) {
    return { kind: 'format', message: `invalid community format: ${text}` };
  }
  const [marker = '', ...parts] = fields;
  if (marker === 'large') return readParts(text, parts, 32);
  const wanted = `invalid marker for large community, expected: "large" but got: ${goQuote(marker)}`;
  return { kind: 'value', message: `invalid community value: ${wanted}` };
}

/** As in `64500:1` and `large:64500:1:2`. */
export function formatCommunity({ kind, parts }: CommunityValue): string {
  return kind === 'large' ? `large:${parts.join(':')}` : parts.join(':');
}

/** Standard before large, each ascending by value. */
export function compareCommunities(a: CommunityValue, b: CommunityValue): number {
  if (a.kind !== b.kind) return a.kind === 'standard' ? -1 : 1;
  const differing = a.parts.findIndex((part, index) => part !== b.parts[index]);
  return (a.parts[differing] ?? 0) - (b.parts[differing] ?? 0);
}

function readParts(
  text: string,
  fields: readonly string[],
  bits: 16 | 32,
): CommunityValue | MalformedCommunity {
  const parts: number[] = [];
  for (const field of fields) {
    const part = parseUint(field, bits);
    if (typeof part !== 'number') {
      const where = `invalid section ${goQuote(field)} of community ${goQuote(text)}`;
      const message = `invalid community value: ${where}, err: ${goQuote(part.message)}`;
      return { kind: 'value', message };
    }
    parts.push(part);
  }
  return { kind: bits === 16 ? 'standard' : 'large', parts };
}
