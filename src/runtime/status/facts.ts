import type { Config, ObjectReference, Problem } from '../model/index.ts';

/** An object as it was read. */
export interface ReadObject extends ObjectReference {
  /** Which state of its spec was read, where the API server counts them. */
  readonly generation?: number;
}

/** A problem and, where one is to blame, the object that has it. */
export interface BlamedProblem extends Problem {
  readonly object?: ObjectReference;
}

/** What reading the resources came to. */
export type Outcome =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'refused';
      readonly message: string;
      readonly problems: readonly BlamedProblem[];
    }
  | {
      readonly kind: 'config';
      readonly config: Config;
      readonly warnings: readonly BlamedProblem[];
      /** Why objects were left out that only wait for something. */
      readonly left: readonly BlamedProblem[];
    };

/** The resources as they were read the last time. */
export interface Reading {
  readonly objects: readonly ReadObject[];
  readonly outcome: Outcome;
}

/** Names an object among all that are read. */
export function keyOf({ kind, name }: Pick<ObjectReference, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}
