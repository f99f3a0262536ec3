import type { Config, Problem } from '../../runtime/model/index.ts';

/** Whether a text holds one sound configuration; positions count in the text given. */
export type Validation =
  | { readonly kind: 'valid'; readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };
