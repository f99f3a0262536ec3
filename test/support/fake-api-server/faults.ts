import type { Route } from './routes.ts';

/** What goes wrong with one request, or with one watch. */
export type Fault =
  /** Answered with a failure instead. */
  | { readonly type: 'status'; readonly code: number; readonly retryAfterSeconds?: number }
  /** Carried out, but the connection breaks in the middle of the reply; a watch breaks in the middle of its next event. */
  | { readonly type: 'cut' }
  /** The connection breaks before anything is done. */
  | { readonly type: 'reset' }
  /** Carried out, but no reply ever comes; a watch opens and says nothing. */
  | { readonly type: 'silence' }
  /** Carried out once {@link Hold.release} is called. */
  | { readonly type: 'hold'; readonly hold: Hold }
  /** Carried out at once, but the reply leaves only when {@link Hold.release} is called. */
  | { readonly type: 'holdReply'; readonly hold: Hold }
  /** A watch whose events come twice, or every two of them the wrong way round. */
  | { readonly type: 'duplicate' | 'reorder' }
  /** A watch that at once says ERROR with this code. */
  | { readonly type: 'errorEvent'; readonly code: number }
  /** A watch that at once sends this line. */
  | { readonly type: 'line'; readonly line: string }
  /** A watch that ends at once, in good order. */
  | { readonly type: 'end' };

export interface Match {
  readonly verb?: Route['verb'];
  readonly resource?: string;
  /** The page of a list: only requests with a continue token, or only those without. */
  readonly page?: 'first' | 'later';
}

/** Keeps a request waiting. */
export class Hold {
  readonly #released: Promise<void>;
  /** How many requests came to wait. */
  waiting = 0;
  release: () => void = () => undefined;

  constructor() {
    this.#released = new Promise((resolve) => (this.release = resolve));
  }

  wait(): Promise<void> {
    this.waiting += 1;
    return this.#released;
  }
}

/** The faults to come, each for the next so many requests that match. */
export class FaultPlan {
  readonly #planned: { match: Match; fault: Fault; left: number }[] = [];

  inject(match: Match, fault: Fault, times: number): void {
    this.#planned.push({ match, fault, left: times });
  }

  /** The fault that is due for a request, if any; it is used up by being taken. */
  take(route: Route): Fault | undefined {
    const due = this.#planned.find(({ match, left }) => left > 0 && fits(match, route));
    if (due) due.left -= 1;
    return due?.fault;
  }

  clear(): void {
    this.#planned.length = 0;
  }
}

function fits({ verb, resource, page }: Match, route: Route): boolean {
  const later = route.query.has('continue');
  return (
    (verb === undefined || verb === route.verb) &&
    (resource === undefined || resource === route.resource) &&
    (page === undefined || (page === 'later') === later)
  );
}
