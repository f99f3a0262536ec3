import type { LogFields, LogLevel } from './ports.ts';

/** Characters of one text within a line; what a document of megabytes is quoted with. */
const LONGEST_TEXT = 16 << 10;

/** RFC 3339 with nine decimals, UTC. The clock knows milliseconds; the form is what readers expect. */
export function timestamp(epochMillis: number): string {
  return new Date(epochMillis).toISOString().replace('Z', '000000Z');
}

/**
 * One line of the log: JSON, keys sorted. legacy.md §8.4
 *
 * Errors become their text, what is missing becomes null, and a value that JSON cannot carry becomes its
 * text: a line is always written.
 */
export function formatLogLine(
  fields: LogFields,
  frame: { readonly ts: string; readonly caller: string; readonly level: LogLevel },
): string {
  const entries = Object.entries({ ...fields, ...frame }).sort(([a], [b]) => (a < b ? -1 : 1));
  const members = entries.map(([key, value]) => `${JSON.stringify(key)}:${formatValue(value)}`);
  return `{${members.join(',')}}`;
}

/** As JSON; TypeErrors come of cycles and of whatever a `toJSON` throws. */
function formatValue(value: unknown): string {
  try {
    // As the one element of a list, what JSON knows nothing of becomes null.
    return JSON.stringify([value], plain).slice(1, -1);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return JSON.stringify(`unprintable: ${error.message}`);
  }
}

/** JSON's own `toJSON` has been applied before; a secret is its mask by then. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return shortened(value);
  if (value instanceof Error) return shortened(textOf(value));
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>);
  if (value instanceof Set) return [...(value as Set<unknown>)];
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}

/** The message and those of its causes, as in `open link eth0: EPERM`. */
function textOf(error: Error): string {
  const texts: string[] = [];
  for (let at: unknown = error; at instanceof Error && texts.length < 8; at = at.cause) {
    texts.push(at.message === '' ? at.name : at.message);
  }
  return texts.join(': ');
}

function shortened(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}...`;
}
