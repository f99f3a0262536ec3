import { createHash } from 'node:crypto';

const MOST_CHARACTERS = 253;
/** Room for what is put behind a name to tell it from others. */
const ROOM = 200;
const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = new RegExp(`^${LABEL}(?:[.]${LABEL})*$`);

/** Whether an object may have the name: a subdomain of RFC 1123. */
function isLegal(name: string): boolean {
  return name.length <= MOST_CHARACTERS && SUBDOMAIN.test(name);
}

/**
 * New names for those that no object can have, by the old one. A new name keeps what letters and digits there are. Where
 * it is that of another, or of none, octets of the old name's SHA-256 are put behind it; so it depends on no order.
 *
 * @param fallback - for a name in which there is nothing to keep
 */
export function renames(names: readonly string[], fallback: string): ReadonlyMap<string, string> {
  const taken = new Set(names.filter(isLegal));
  const illegal = names.filter((name) => !isLegal(name)).sort();
  const wishes = new Map<string, number>();
  for (const name of illegal) {
    const wish = slugOf(name);
    wishes.set(wish, (wishes.get(wish) ?? 0) + 1);
  }
  const found = new Map<string, string>();
  for (const name of illegal) {
    const wish = slugOf(name);
    const free = wish !== '' && wishes.get(wish) === 1 && !taken.has(wish);
    const chosen = free ? wish : withHash(wish === '' ? fallback : wish, name, taken);
    taken.add(chosen);
    found.set(name, chosen);
  }
  return found;
}

/** Small letters, digits, hyphens and dots; marks are taken off letters. */
function slugOf(name: string): string {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const words = plain.replaceAll('ß', 'ss').replaceAll(/[^a-z0-9.]+/g, '-');
  return trimmed(words.replaceAll(/-*[.][-.]*/g, '.').slice(0, ROOM));
}

export function trimmed(name: string): string {
  return name.replaceAll(/^[-.]+|[-.]+$/g, '');
}

function withHash(wish: string, name: string, taken: ReadonlySet<string>): string {
  const digest = createHash('sha256').update(name).digest('hex');
  for (let length = 6; length < digest.length; length += 1) {
    const candidate = `${wish}-${digest.slice(0, length)}`;
    if (!taken.has(candidate)) return candidate;
  }
  return `${wish}-${digest}`;
}
