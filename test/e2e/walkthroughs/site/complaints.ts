import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { NAMESPACE } from '../../../cluster/index.ts';

export type LogLine = Readonly<Record<string, unknown>>;

/**
 * What speakers of one ring say of each other, as the original's do, while pods are replaced: one that is listed does not
 * listen yet; one that came back hears that it was gone.
 */
const ORDINARY: readonly RegExp[] = [/"msg":"partial join"/, /memberlist: Refuting a dead message/];

/** What the controller and the speakers complain of, compared with what a walk says that they will. */
export class Complaints {
  readonly #pods: string;
  readonly #seen = new Map<string, number>();
  readonly #expected: RegExp[] = [];

  /** @param dir - where the cluster keeps what is its own */
  constructor(dir: string) {
    this.#pods = join(dir, 'pods');
  }

  /** Says that some error lines will match, since the walk gives reason to complain. */
  expect(...texts: readonly RegExp[]): void {
    this.#expected.push(...texts);
  }

  /** Lines of level error or warn since the last call that nobody expected, and expectations that no line met. */
  unexplained(): string[] {
    const lines = this.#fresh().filter(({ level }) => level === 'error' || level === 'warn');
    const said = lines
      .map((line) => JSON.stringify(line))
      .filter((line) => !ORDINARY.some((text) => text.test(line)));
    const expected = this.#expected.splice(0);
    return [
      ...said.filter((line) => !expected.some((text) => text.test(line))),
      ...expected.filter((text) => !said.some((line) => text.test(line))).map(String),
    ];
  }

  /** Also of pods that are gone. */
  #fresh(): LogLine[] {
    const logs = readdirSync(this.#pods)
      .filter((name) => name.startsWith(`${NAMESPACE}_`))
      .map((name) =>
        join(this.#pods, name, name.includes('_speaker') ? 'speaker.log' : 'controller.log'),
      );
    return logs.flatMap((log) => {
      const lines = linesOf(log);
      const fresh = lines.slice(this.#seen.get(log) ?? 0);
      this.#seen.set(log, lines.length);
      return fresh;
    });
  }
}

/** A log line by line; what is no JSON, or still being written, is left out. */
export function linesOf(log: string): LogLine[] {
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);
}
