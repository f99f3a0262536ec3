/** Words in angle brackets that stand for one word that differs from run to run; others are meant as they stand. */
const PLACEHOLDERS = ['age', 'cluster-ip', 'image', 'mac', 'node', 'pod', 'pod-ip', 'port', 'time'];
const WILD = '...';
const SPECIAL = new RegExp(`\\.\\.\\.|<(?:${PLACEHOLDERS.join('|')})>`, 'g');

/**
 * Compares what a page promises with what a command printed. A line `...` stands for any number of lines, `...` within
 * a line for any text, and the width of gaps between columns does not matter. Returns the first promised line that
 * was not kept, or `undefined`.
 */
export function brokenPromise(
  expected: readonly string[],
  printed: readonly string[],
): string | undefined {
  const promised = expected.map(squeezed).filter((line) => line !== '');
  const actual = printed.map(squeezed).filter((line) => line !== '');
  let furthest = 0;
  const keeps = (from: number, at: number): boolean => {
    furthest = Math.max(furthest, from);
    const line = promised[from];
    if (line === undefined) return at === actual.length;
    if (line === WILD) {
      for (let next = at; next <= actual.length; next += 1) {
        if (keeps(from + 1, next)) return true;
      }
      return false;
    }
    const found = actual[at];
    return found !== undefined && patternOf(line).test(found) && keeps(from + 1, at + 1);
  };
  if (promised.length === 0 || keeps(0, 0)) return undefined;
  return promised[furthest] ?? 'nothing more';
}

function squeezed(line: string): string {
  return line.trim().replaceAll(/\s+/g, ' ');
}

function patternOf(promised: string): RegExp {
  // Nothing at all may stand for what is left out at the end, not even the space before it.
  const line = promised.replace(/ \.\.\.$/, WILD);
  const literals = line.split(SPECIAL).map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const gaps = [...line.matchAll(SPECIAL)].map(([text]) => (text === WILD ? '.*' : '\\S+'));
  return new RegExp(`^${literals.map((text, index) => text + (gaps[index] ?? '')).join('')}$`);
}
