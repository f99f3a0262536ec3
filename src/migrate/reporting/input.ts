import type { Problem } from '../../runtime/model/index.ts';
import { ExitCode, type Terminal } from '../terminal.ts';
import type { Unreadable } from '../input/readable.ts';
import { validationLine } from './json.ts';
import { reportForPeople } from './report.ts';

/** An input that there is nothing to work with in. */
export type Unusable =
  | Unreadable
  | { readonly text: string; readonly problems: readonly Problem[]; readonly kind?: string };

/**
 * Says why an input cannot be worked with: a line of JSON as `validate` prints it, for people on the error output.
 * Gives what to exit with.
 */
export function reportUnusable(
  place: string,
  input: Unusable,
  { output, terminal }: { readonly output: string; readonly terminal: Terminal },
): ExitCode {
  const unreadable = 'why' in input;
  const problems = unreadable
    ? [{ path: '', reason: 'unreadable', message: input.why }]
    : input.problems;
  const validation = { kind: 'invalid', problems } as const;
  if (output === 'json') terminal.print(validationLine(place, validation));
  else {
    const look = { text: unreadable ? '' : input.text, color: terminal.color };
    for (const line of reportForPeople(place, validation, look)) terminal.complain(line);
  }
  return unreadable ? ExitCode.CouldNotRun : ExitCode.Refused;
}
