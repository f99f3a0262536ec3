import { LINE_BREAK, printable } from './tree.ts';

/** How the header of every output begins: by this its files are known, and its words from those of people. */
export const MADE_BY = 'Made by metal-migrate';

/** Lines above everything, to be followed by an empty one. */
export function headerText(lines: readonly string[]): string {
  return lines
    .flatMap((line) => line.split(LINE_BREAK))
    .map((line) => `${`# ${printable(line)}`.trimEnd()}\n`)
    .join('');
}
