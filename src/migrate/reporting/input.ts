import type { Problem } from '../../runtime/model/index.ts';
import { ExitCode, type Terminal } from '../terminal.ts';
import type { Unreadable } from '../input/readable.ts';
import { failureLine } from './failure.ts';
import { validationLine } from './json.ts';
import { reportForPeople } from './report.ts';

/** An input that there is nothing to work with in. */
export type Unusable =
  | Unreadable
  | { readonly text: string; readonly problems: readonly Problem[]; readonly kind?: string };

/**
 * Says why an input cannot be worked with: in JSON what is wrong in it as `validate` prints it, and what cannot be read
 * as any other failure; for people on the error output. Gives what to exit with.
 */
export function reportUnusable(
  place: string,
  input: Unusable,
  { output, terminal }: { readonly output: string; readonly terminal: Terminal },
): ExitCode {
  if ('why' in input) {
    const message = `${place}: ${input.why}`;
    if (output === 'json') terminal.print(failureLine('unreadable', message));
    else terminal.complain(message);
    return ExitCode.CouldNotRun;
  }
  const { text, problems } = input;
  const validation = { kind: 'invalid', problems } as const;
  if (output === 'json') terminal.print(validationLine(place, validation));
  else {
    const look = { text, color: terminal.color };
    for (const line of reportForPeople(place, validation, look)) terminal.complain(line);
  }
  return ExitCode.Refused;
}
