import type { LegacyMode } from '../../config-legacy/index.ts';
import type { Json } from '../../runtime/kube/index.ts';
import type { Config } from '../../runtime/model/index.ts';
import type { Manifest } from '../manifests/manifest.ts';
import type { Reporter } from './checks/agreement.ts';

/** What is to be applied, converted and proven. */
export interface Migration {
  /** What the ConfigMap means. */
  readonly config: Config;
  readonly mode: LegacyMode;
  readonly manifests: readonly Manifest[];
  /** New name of each pool that could not keep its own, by the legacy one. */
  readonly renames: ReadonlyMap<string, string>;
  /** The ConfigMap that was converted, as the API has it. */
  readonly configMap: Json;
  /** The programs that report agreement; none: nothing that runs there does. */
  readonly reporters: readonly Reporter[];
  /** Whether Services are to name renamed pools by their new names. */
  readonly rewritesAnnotations: boolean;
}
