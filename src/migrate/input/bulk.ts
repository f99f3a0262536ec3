import type { Problem } from '../../runtime/model/index.ts';

/** The largest input that is taken for a configuration, in octets: eight times what a ConfigMap can hold. */
export const LARGEST_CONFIGURATION: number = 8 * 1024 * 1024;

/** Signs that a text of YAML makes nodes of; ten of them are a pool. Each costs up to a kilobyte of memory. */
const MOST_MARKS = 500_000;
const MARK = /[,[{]|(?:^|[ ])[-?][ \t\n]|:[ \t\n]|^---/gm;
/** Far deeper than any reader follows. */
const DEEPEST = 1000;
const DEEP_LINE = new RegExp(String.raw`^ *(?:[-?][ \t]+){${DEEPEST}}`, 'm');
const BRACKET = /[[\]{}]/g;

/** Why a text is not even looked at: it would take more memory than any configuration does. */
export function bulkOf(text: string): Problem | undefined {
  const why = deeplyNested(text)
    ? `is nested more than ${DEEPEST} levels deep`
    : hasTooMuch(text)
      ? `has more than ${MOST_MARKS} values`
      : undefined;
  if (why === undefined) return undefined;
  return {
    path: '',
    reason: 'yaml-syntax',
    message: `the text ${why}, which no configuration does`,
  };
}

function hasTooMuch(text: string): boolean {
  const marks = text.matchAll(MARK);
  let count = 0;
  while (count <= MOST_MARKS && marks.next().done !== true) count += 1;
  return count > MOST_MARKS;
}

function deeplyNested(text: string): boolean {
  let open = 0;
  for (const [bracket] of text.matchAll(BRACKET)) {
    open = Math.max(0, open + (bracket === '[' || bracket === '{' ? 1 : -1));
    if (open > DEEPEST) return true;
  }
  return DEEP_LINE.test(text);
}
