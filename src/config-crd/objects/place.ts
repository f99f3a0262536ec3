import { type ObjectReference, nearest } from '../../runtime/model/index.ts';
import type { ResourceProblem } from '../resources.ts';
import type { ProblemReason, WarningReason } from './reason.ts';

/** What is said of a place. */
interface Finding<Reason> {
  readonly reason: Reason;
  readonly message: string;
  readonly didYouMean?: string | undefined;
  readonly hint?: string | undefined;
  /** It names something that may still arrive. */
  readonly transient?: true;
}

/** A set of objects with more misspellings than this needs no more help of this kind, and a look takes its time. */
const MOST_LOOKS = 25;

/** Everything that was found, in the order found. */
export class Findings {
  readonly problems: ResourceProblem[] = [];
  readonly warnings: ResourceProblem[] = [];

  #looks = MOST_LOOKS;

  /** What a misspelling probably stands for, as long as there are not too many of them. */
  nearest(text: string, candidates: Iterable<string>): string | undefined {
    if (this.#looks === 0) return undefined;
    this.#looks -= 1;
    return nearest(text, candidates);
  }

  append({ problems, warnings }: Findings): void {
    for (const problem of problems) this.problems.push(problem);
    for (const warning of warnings) this.warnings.push(warning);
  }
}

/** Where in an object a rule is looking, and where to tell what it finds there. */
export class Place {
  readonly object: ObjectReference | undefined;
  /** As in `spec.addresses[0]`. */
  readonly path: string;
  readonly #findings: Findings;
  readonly #prefix: string;

  constructor(findings: Findings, object?: ObjectReference, path = '', prefix = '') {
    this.#findings = findings;
    this.object = object;
    this.path = path;
    this.#prefix = prefix;
  }

  /** A member of what is here; several names go further down. */
  at(...steps: readonly (string | number)[]): Place {
    const path = steps.reduce<string>((above, step) => {
      if (typeof step === 'number') return `${above}[${step}]`;
      return above === '' ? step : `${above}.${step}`;
    }, this.path);
    return new Place(this.#findings, this.object, path, this.#prefix);
  }

  annotation(name: string): Place {
    const path = `metadata.annotations[${name}]`;
    return new Place(this.#findings, this.object, path, this.#prefix);
  }

  /** The same place, problems of which begin with these words. */
  saying(prefix: string): Place {
    return new Place(this.#findings, this.object, this.path, this.#prefix + prefix);
  }

  /** The same place with somebody else to tell. */
  telling(findings: Findings): Place {
    return new Place(findings, this.object, this.path, this.#prefix);
  }

  nearest(text: string, candidates: Iterable<string>): string | undefined {
    return this.#findings.nearest(text, candidates);
  }

  refuse(problem: Finding<ProblemReason>): void {
    const message = this.#prefix + problem.message;
    this.#findings.problems.push(this.#placed({ ...problem, message }));
  }

  warn(warning: Finding<WarningReason>): void {
    this.#findings.warnings.push(this.#placed(warning));
  }

  #placed({ reason, message, ...more }: Finding<string>): ResourceProblem {
    const { didYouMean, hint, transient } = more;
    return {
      ...(this.object !== undefined && { object: this.object }),
      path: this.path,
      reason,
      message,
      ...(didYouMean !== undefined && { didYouMean }),
      ...(hint !== undefined && { hint }),
      ...(transient !== undefined && { transient }),
    };
  }
}
