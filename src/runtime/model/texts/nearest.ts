/**
 * The candidate that a misspelling probably stands for: nearest by edit distance (insertions, deletions,
 * substitutions, swaps of neighbors), letter case and separators aside; none if nothing is near.
 */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const plain = simplified(text).slice(0, 64);
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const wanted = simplified(candidate);
    const allowed = Math.max(1, Math.floor(Math.min(plain.length, wanted.length) / 3));
    if (candidate === text || Math.abs(plain.length - wanted.length) > allowed) continue;
    const distance = editDistance(plain, wanted);
    if (distance <= allowed && distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function simplified(text: string): string {
  return text.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** Damerau–Levenshtein distance, restricted to one edit per place. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const at = (up: number, left: number): number => rows[i - up]?.[j - left] ?? Infinity;
      const substituted = at(1, 1) + Number(a[i - 1] !== b[j - 1]);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(2, 2) + 1 : Infinity;
      row.push(Math.min(at(1, 0) + 1, (row[j - 1] ?? 0) + 1, substituted, swapped));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
