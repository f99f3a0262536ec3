import { type Problem, printableConfig } from '../../runtime/model/index.ts';
import type { Validation } from '../input/validation.ts';

/** One file's outcome as the line of JSON that product.md §4 promises. */
export function validationLine(file: string, validation: Validation): string {
  if (validation.kind === 'invalid') {
    return JSON.stringify({ file, valid: false, errors: validation.problems.map(printable) });
  }
  const { config, warnings, beside } = validation;
  return JSON.stringify({
    file,
    valid: true,
    model: printableConfig(config),
    ...beside,
    ...(warnings.length > 0 && { warnings: warnings.map(printable) }),
  });
}

function printable({ message, reason, path, line, column, ...more }: Problem): object {
  return { message, reason, path, line, column, ...more };
}
