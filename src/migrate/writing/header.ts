import { commentLines } from './tree.ts';

/** How the header of every output begins: by this its files are known, and its words from those of people. */
export const MADE_BY = 'Made by metal-migrate';

/** Lines above everything, to be followed by an empty one. */
export function headerText(lines: readonly string[]): string {
  return lines
    .flatMap(commentLines)
    .map((line) => `${`# ${line}`.trimEnd()}\n`)
    .join('');
}
