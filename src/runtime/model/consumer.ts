import type { Config } from './config.ts';

/** Whether a consumer can work with a configuration that is valid in itself. */
export type Acceptance =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'refused';
      /** The original's text, as in `new config not compatible with assigned IPs: …`. legacy.md §3.11 */
      readonly reason: string;
    };

/** Takes configurations as they come into force; a refused one leaves the previous one in force entirely. */
export interface ConfigConsumer {
  apply(config: Config): Acceptance;
}
