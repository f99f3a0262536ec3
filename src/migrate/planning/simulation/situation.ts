import type { BgpMode } from '../../../runtime/bgp/index.ts';
import type {
  Compat,
  EndpointView,
  Labels,
  NodeView,
  ServiceView,
} from '../../../runtime/model/index.ts';

/** By which rules controller and speakers decide. */
export interface Rules {
  readonly compat: Compat;
  readonly mode: BgpMode;
  /** `--lb-class`; empty: not given. */
  readonly lbClass: string;
  readonly ignoreExcludeLb: boolean;
  /**
   * Whether speakers that know of no other leave Services with the policy `Cluster` alone, as those of the original
   * without gossip. legacy.md §4.3
   */
  readonly silentAlone: boolean;
}

/** The cluster as far as it decides who has which address and who announces it. */
export interface Situation {
  readonly rules: Rules;
  readonly services: readonly ServiceView[];
  /** By Service; absent as a whole: not known. */
  readonly endpoints?: ReadonlyMap<string, readonly EndpointView[]>;
  /** By name; absent: not known. */
  readonly nodes?: ReadonlyMap<string, NodeView>;
  /** Labels of the namespaces, by name; absent: not known. */
  readonly namespaces?: ReadonlyMap<string, Labels>;
  /** Nodes whose speaker serves, ascending; absent: not known. */
  readonly speakers?: readonly string[];
}
