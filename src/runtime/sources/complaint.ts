import { type ObjectReference, type Problem, formatProblem } from '../model/index.ts';
import type { LogFields } from '../platform/ports.ts';
import type { ConfigDocument } from './document.ts';
import type { PlacedProblem } from './finding.ts';

/** The longest message the API server takes for an Event. */
const LONGEST_MESSAGE = 1024;
/** Problems whose places one message names. */
const MOST_PLACES = 5;
/** Objects that are told of one refusal. */
const MOST_OBJECTS = 10;

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
export function placeFields([first]: readonly PlacedProblem[]): LogFields {
  if (first === undefined) return {};
  const { line, column, path, didYouMean, hint, object } = first;
  return {
    ...(object !== undefined && { object: `${object.kind}/${object.namespace}/${object.name}` }),
    ...(line !== undefined && { line, column: column ?? 1 }),
    ...(path !== '' && { path }),
    ...(didYouMean !== undefined && { didYouMean }),
    ...(hint !== undefined && { hint }),
  };
}

/** What is said of one object. */
export interface Accusation {
  readonly about: ObjectReference;
  readonly text: string;
}

/** To each object what is wrong with it; what belongs to none goes to `fallback`, if there is one. */
export function accusations(
  message: string,
  problems: readonly PlacedProblem[],
  fallback: ObjectReference | undefined,
): readonly Accusation[] {
  const byObject = new Map<string, { about: ObjectReference; problems: PlacedProblem[] }>();
  for (const problem of problems) {
    const about = problem.object ?? fallback;
    if (about === undefined) continue;
    const key = `${about.kind}/${about.namespace}/${about.name}`;
    const entry = byObject.get(key) ?? { about, problems: [] };
    byObject.set(key, entry);
    entry.problems.push(problem);
  }
  if (byObject.size === 0 && fallback !== undefined) return [{ about: fallback, text: message }];
  return [...byObject.values()].slice(0, MOST_OBJECTS).map(({ about, problems: own }) => {
    const whole = own.length === problems.length ? message : (own[0]?.message ?? message);
    return { about, text: describe(whole, own) };
  });
}

/** One problem with its place first; several as the original's one text, then their places. */
function describe(message: string, problems: readonly Problem[]): string {
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
