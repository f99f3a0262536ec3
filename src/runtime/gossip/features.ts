import type { MacAddress } from '../net/index.ts';

/**
 * What a speaker of this project says of itself in the `Meta` of its alive messages; the original's speakers send none
 * and ignore it. Anything that could make two speakers disagree is used only once every member says that it can.
 * product.md §5
 */
export interface Features {
  /** Runs with `--failover=fast`. */
  readonly fast: boolean;
  /** Hardware addresses of the links it answers on, so that siblings know its frames. */
  readonly macs: readonly MacAddress[];
}
