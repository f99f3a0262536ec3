import type { LegacyMode } from '../../config-legacy/index.ts';
import type { Compat } from '../../runtime/model/index.ts';

/** Where the programs that run take their configuration from. product.md §2 */
export type SourceInForce = 'auto' | 'configmap' | 'resources' | 'file';

/** What of controller and speakers is at work in a cluster, as their Deployment, DaemonSet and Pods tell. */
export interface Installation {
  /** Whose programs they are; `none`: neither is there, `unknown`: no image or argument tells. */
  readonly maker: 'ours' | 'original' | 'unknown' | 'none';
  /** The images' tag, as in `v0.12.1`; empty where there is none. */
  readonly version: string;
  /** The release whose rules hold: of ours `--compat`, of the original the release it is. product.md §5 */
  readonly compat: Compat;
  /** What the speakers are asked to serve, `METALLB_BGP_TYPE`. */
  readonly mode: Exclude<LegacyMode, 'none'>;
  /** `--lb-class`; empty: not given. */
  readonly lbClass: string;
  /** `--ignore-exclude-lb` of the speakers. */
  readonly ignoreExcludeLb: boolean;
  /** `--config-source`; of the original what its release reads. */
  readonly source: SourceInForce;
  /** Name of the ConfigMap, `--config`. */
  readonly configMap: string;
  /** Whether the speakers read EndpointSlices where there are any. */
  readonly slices: boolean;
  /** Whether speakers hear of one another by gossip: without, the original's know of no other. legacy.md §4.3 */
  readonly gossip: boolean;
  /** Name of the controller's Deployment; absent: none was found. */
  readonly controller?: string;
  /** Name of the speakers' DaemonSet; absent: none was found. */
  readonly speaker?: string;
  /** Nodes whose speaker runs and is ready, ascending; absent where nobody can tell. */
  readonly speakerNodes?: readonly string[];
  /** What of this is a guess or contradicts itself, in sentences. */
  readonly doubts: readonly string[];
}
