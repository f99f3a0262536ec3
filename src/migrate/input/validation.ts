import type { Config, Problem } from '../../runtime/model/index.ts';

/** Whether a text holds one sound configuration; positions count in the text given. */
export type Validation =
  | {
      readonly kind: 'valid';
      readonly config: Config;
      readonly warnings: readonly Problem[];
      /** There where a ConfigMap and v0.13 resources are side by side. */
      readonly beside?: Beside;
    }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** A ConfigMap and v0.13 resources in one place: which of them counts, and in what they differ. */
export interface Beside {
  readonly counts: 'ConfigMap' | 'resources';
  readonly differences: readonly string[];
}
