import type { Problem } from '../../runtime/model/index.ts';
import type { Beside, Validation } from '../input/validation.ts';
import { contents } from './contents.ts';

interface Look {
  /** The text that positions count in. */
  readonly text: string;
  readonly color: boolean;
}

const WIDTH = 120;
/** Where a value ends depends on quotes and braces around it, so all that follows the key is taken for it. */
const PASSWORD = /(password["'\\]*\s*:\s*).+/g;
const KEY = /^[\s-]*["']?[\w.-]+["']?\s*:/;
const OPENS_PASSWORD = /password["']?\s*:\s*(?:[|>][-+\d]*)?\s*$/;

/** One file's outcome for people: position first, the source line with a caret under it, and what helps. */
export function reportForPeople(file: string, validation: Validation, look: Look): string[] {
  if (validation.kind === 'invalid') {
    return validation.problems.flatMap((problem) =>
      describe(file, problem, { ...look, label: '' }),
    );
  }
  return [
    ...reportWarnings(file, validation.warnings, look),
    ...describeBeside(file, validation.beside),
    `${file}: valid: ${contents(validation.config)}`,
  ];
}

/** Which of a ConfigMap and resources counts, where both are in one place. product.md §2 */
export function describeBeside(file: string, beside: Beside | undefined): readonly string[] {
  if (beside === undefined) return [];
  const both = `${file}: holds a ConfigMap and v0.13 resources`;
  if (beside.counts === 'resources') return [`${both} that mean the same: the resources count`];
  const differing = beside.differences.map((difference) => `    ${difference}`);
  return [`${both} that differ: the ConfigMap counts`, ...differing];
}

/** Warnings alone, in the same form. */
export function reportWarnings(file: string, warnings: readonly Problem[], look: Look): string[] {
  return warnings.flatMap((warning) => describe(file, warning, { ...look, label: 'warning: ' }));
}

function describe(file: string, problem: Problem, look: Look & { label: string }): string[] {
  const { line, column, path, didYouMean, hint } = problem;
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const where = path === '' ? '' : ` (at ${path})`;
  const lines = [`${bold(place, look.color)}: ${look.label}${headline(problem.message)}${where}`];
  if (line !== undefined) lines.push(...excerpt(line, column ?? 1, look));
  if (didYouMean !== undefined) lines.push(`    did you mean "${didYouMean}"?`);
  if (hint !== undefined) lines.push(`    ${hint}`);
  return lines;
}

/** Of a text that lists several faults the first: the others follow on their own; lines count in the file given. */
function headline(message: string): string {
  const [first = '', listed] = message.split('\n  ');
  return (listed ?? first).replace(/^line \d+: /, '');
}

/** The source line, no wider than a terminal, and a caret; what may be a password is blotted out. */
function excerpt(line: number, column: number, { text, color }: Look): string[] {
  const lines = text.split('\n');
  const source = (lines[line - 1] ?? '').replaceAll('\t', ' ').trimEnd();
  if (source.trim() === '' || belongsToPassword(lines, line - 1)) return [];
  const from = Math.max(0, column - 1 - WIDTH / 2);
  const hidden = blot(source).slice(from, from + WIDTH);
  return [`    ${hidden}`, `    ${' '.repeat(column - 1 - from)}${red('^', color)}`];
}

/** Whether a line may hold what the key `password` above it began. */
function belongsToPassword(lines: readonly string[], index: number): boolean {
  if (OPENS_PASSWORD.test(lines[index - 1] ?? '')) return true;
  if (KEY.test(lines[index] ?? '')) return false;
  const above = lines.slice(0, index).findLast((line) => KEY.test(line)) ?? '';
  return above.includes('password');
}

/** Hides passwords without moving anything, so that the caret still points at its place. */
function blot(source: string): string {
  return source.replaceAll(PASSWORD, (whole, key: string) => key.padEnd(whole.length, '*'));
}

function bold(text: string, color: boolean): string {
  return color ? `\u001b[1m${text}\u001b[0m` : text;
}

function red(text: string, color: boolean): string {
  return color ? `\u001b[31m${text}\u001b[0m` : text;
}
