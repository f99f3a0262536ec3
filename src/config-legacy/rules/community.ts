import { type Compat, atLeast, goQuote, parseUint } from '../../runtime/model/index.ts';
import type { ConfigFile } from './document.ts';
import { Refusal, within } from './refusal.ts';

/** A standard community as the 32 bits of RFC 1997. */
export type Community = number;

/** The aliases of `bgp-communities`. legacy.md §1.10 */
export function parseAliases(file: ConfigFile, compat: Compat): ReadonlyMap<string, Community> {
  const aliases = new Map<string, Community>();
  for (const [alias, { value, span }] of file['bgp-communities']?.entries ?? []) {
    const parsed = parseCommunity(value, compat);
    if (typeof parsed === 'number') {
      aliases.set(alias, parsed);
      continue;
    }
    within(`parsing community ${goQuote(alias)}: `, 'bgp-communities', () => {
      throw new Refusal(parsed.message, { reason: 'community-alias-invalid', path: alias, span });
    });
  }
  return aliases;
}

/** Reads `a:b`, both decimal and of 16 bits, or says in Go's words why not. */
export function parseCommunity(text: string, compat: Compat): Community | { message: string } {
  const sections = text.split(':');
  const [first = '', second = ''] = sections;
  if (sections.length !== 2) return { message: `invalid community string ${goQuote(text)}` };
  const high = parseUint(first, 16);
  if (typeof high !== 'number') {
    return { message: `invalid first section of community ${goQuote(first)}: ${high.message}` };
  }
  const low = parseUint(second, 16);
  if (typeof low !== 'number') {
    // Before 0.12 the message named the wrong half.
    const named = goQuote(atLeast(compat, 'v0.12') ? second : first);
    return { message: `invalid second section of community ${named}: ${low.message}` };
  }
  return high * 0x10000 + low;
}

export function formatCommunity(community: Community): string {
  return `${Math.floor(community / 0x10000)}:${community % 0x10000}`;
}
