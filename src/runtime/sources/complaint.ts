import { type Problem, formatProblem } from '../model/index.ts';
import type { LogFields } from '../platform/ports.ts';
import type { ConfigDocument } from './document.ts';

/** The longest message the API server takes for an Event. */
const LONGEST_MESSAGE = 1024;
/** Problems whose places one message names. */
const MOST_PLACES = 5;

/** The problems with their places counted in what holds the document. */
export function relocated(
  problems: readonly Problem[],
  { locate }: Pick<ConfigDocument, 'locate'>,
): readonly Problem[] {
  return problems.map((problem) => {
    if (locate === undefined || problem.line === undefined) return problem;
    return { ...problem, ...locate(problem.line, problem.column ?? 1) };
  });
}

/** Where the first of them is and how it may be mended, as fields beside the original's. */
export function placeFields([first]: readonly Problem[]): LogFields {
  if (first === undefined) return {};
  const { line, column, path, didYouMean, hint } = first;
  return {
    ...(line !== undefined && { line, column: column ?? 1 }),
    ...(path !== '' && { path }),
    ...(didYouMean !== undefined && { didYouMean }),
    ...(hint !== undefined && { hint }),
  };
}

/** One problem with its place first; several as the original's one text, then their places. */
export function describe(message: string, problems: readonly Problem[]): string {
  const [first, ...others] = problems;
  if (first === undefined) return message;
  if (others.length === 0) return formatProblem(first);
  return `${message} (${problems.slice(0, MOST_PLACES).map(placeOf).join(', ')})`;
}

function placeOf({ line, column, path, didYouMean }: Problem): string {
  const place = line === undefined ? path : `line ${line}, column ${column ?? 1}`;
  return didYouMean === undefined ? place : `${place}: did you mean "${didYouMean}"?`;
}

/**
 * An Event message: `text` cut to what fits, then what follows from it. On one line, since `kubectl get events` shows
 * no other.
 */
export function eventMessage(text: string, consequence: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ');
  const room = LONGEST_MESSAGE - consequence.length - 2;
  const start = line.length <= room ? line : `${line.slice(0, room - 3)}...`;
  return `${start}; ${consequence}`;
}
