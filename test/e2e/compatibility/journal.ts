import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type RunningProgram, eventually } from '../../cluster/index.ts';

/** A line of a log without its time. */
export type Line = Readonly<Record<string, unknown>>;

/** Waits for a line that has these values among its fields; the latest such line of any of the programs. */
export async function heard(
  programs: readonly RunningProgram[],
  fields: Line,
  within?: number,
): Promise<Line> {
  return await eventually(
    `the log says ${JSON.stringify(fields)}`,
    () => programs.flatMap(linesOf).findLast((line) => has(line, fields)),
    within,
  );
}

/** Every line so far that has these values among its fields. */
export function allHeard(programs: readonly RunningProgram[], fields: Line): Line[] {
  return programs.flatMap(linesOf).filter((line) => has(line, fields));
}

function linesOf(program: RunningProgram): Line[] {
  return program.lines().map((line) => {
    return Object.fromEntries(Object.entries(line).filter(([key]) => key !== 'ts'));
  });
}

function has(line: Line, fields: Line): boolean {
  return Object.entries(fields).every(([key, value]) => isDeepStrictEqual(line[key], value));
}

/** The values of `event`, `op` and `reason` that the original writes, by what becomes of them here. */
export function valuesThatAre(...states: readonly string[]): string[] {
  const lines = readFileSync('test/fixtures/logs/values.txt', 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' '))
    .filter(([, , state = '']) => states.includes(state))
    .map(([field = '', value = '']) => `${field}=${value.replace('_', ' ')}`);
}

/** The values of these fields that the programs wrote, in the form of {@link valuesThatAre}. */
export function valuesIn(programs: readonly RunningProgram[]): Set<string> {
  const found = new Set<string>();
  for (const line of programs.flatMap(linesOf)) {
    for (const field of ['event', 'op', 'reason']) {
      if (typeof line[field] === 'string') found.add(`${field}=${line[field]}`);
    }
  }
  return found;
}
