import type { Config } from '../runtime/model/index.ts';
import type { ResourceProblem } from './resources.ts';

/** Whose validator runs first: nobody's, the native speaker's, the FRR speaker's. crd.md §2.7 */
export type ResourceMode = 'none' | 'native' | 'frr';

export interface ResourceOptions {
  /** Objects of other namespaces are inert. */
  readonly namespace: string;
  readonly mode: ResourceMode;
}

export type ResourceReading =
  | {
      readonly kind: 'config';
      readonly config: Config;
      /** What the original takes without a word and is probably not meant. */
      readonly warnings: readonly ResourceProblem[];
    }
  | {
      readonly kind: 'refused';
      /** What the original, which stops at the first, would say. */
      readonly message: string;
      /** All of them, in the order in which the original looks. */
      readonly problems: readonly ResourceProblem[];
      /** Every problem only waits for something that may still arrive. */
      readonly transient: boolean;
    };
