/** Markers, comments and empty lines. */
const NOTHING = /^(?:(?:---|\.\.\.)(?=[ \t\r\n]|$)[ \t]*|[ \t]*)(?:#[^\n]*)?(?:\r?\n|$)/;

/** Where a document with something in it begins behind the one that is read. legacy.md §1.3 */
export function startOfLaterDocument(text: string, end: number): number | undefined {
  let offset = end;
  while (offset < text.length) {
    const lineEnd = text.indexOf('\n', offset);
    const next = lineEnd < 0 ? text.length : lineEnd + 1;
    if (!NOTHING.test(text.slice(offset, next))) return offset;
    offset = next;
  }
  return undefined;
}
