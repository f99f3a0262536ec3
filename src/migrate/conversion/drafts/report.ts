import { type Position, pathText } from '../../../config-legacy/index.ts';
import type { Problem } from '../../../runtime/model/index.ts';
import type { Path, Span } from './draft.ts';

/** What is said of a place of the legacy document. */
export interface Finding {
  readonly source: Path;
  readonly span: Span;
  readonly reason: string;
  readonly message: string;
  /** A way out. */
  readonly hint?: string;
}

/** Gathers what is to be told about a conversion. */
export class Report {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #positionAt: (offset: number) => Position;
  readonly #refused = new Set<string>();

  constructor(positionAt: (offset: number) => Position) {
    this.#positionAt = positionAt;
  }

  /** Once for each place, whoever finds it. */
  refuse(finding: Finding): void {
    const problem = this.#placed(finding);
    const { path, reason, message } = problem;
    const which = JSON.stringify([path, reason, path === '' ? message : '']);
    if (this.#refused.has(which)) return;
    this.#refused.add(which);
    this.problems.push(problem);
  }

  warn(finding: Finding): void {
    this.warnings.push(this.#placed(finding));
  }

  #placed({ source, span, ...said }: Finding): Problem {
    return { path: pathText([...source]), ...said, ...this.#positionAt(span.start) };
  }
}
