import type { SecretContent } from '../../config-crd/index.ts';
import type { Json } from '../../runtime/kube/index.ts';
import type { EndpointView, Labels, NodeView } from '../../runtime/model/index.ts';
import type { Installation } from './installation.ts';

/** Everything about a cluster that decides who has which address and who announces it. */
export interface ClusterFacts {
  /** Where the programs and their configuration are. */
  readonly namespace: string;
  readonly installation: Installation;
  /** All Services as the API has them, `metadata.managedFields` left out. */
  readonly services: readonly Json[];
  /**
   * By `namespace/name` of the Service; a Service that no object speaks of is absent. The map itself is where they may
   * not be read.
   */
  readonly endpoints?: ReadonlyMap<string, readonly EndpointView[]>;
  /** By name; absent where they may not be read. */
  readonly nodes?: ReadonlyMap<string, NodeView>;
  /** Labels of the namespaces by name; absent where they may not be read. */
  readonly namespaces?: ReadonlyMap<string, Labels>;
  /** The ConfigMap in force, with kind and version; absent where there is none. */
  readonly configMap?: Json;
  /** The objects of `metallb.io` in the namespace, with kind and version and without `managedFields`. */
  readonly resources: readonly Json[];
  /** Definitions of `metallb.io` by name, as in `ipaddresspools.metallb.io`; absent where they may not be read. */
  readonly definitions?: ReadonlyMap<string, Json>;
  /** The Secrets that peers may name. */
  readonly secrets: ReadonlyMap<string, SecretContent>;
  /** What the ConfigMap `bgpextras` holds under `extras`. */
  readonly bgpExtras?: string;
  /** What could not be read. */
  readonly gaps: readonly Gap[];
}

/** Something that could not be read. */
export interface Gap {
  /** As in `nodes`. */
  readonly what: string;
  /** In the server's words. */
  readonly why: string;
  /** What cannot be said without it, in a sentence. */
  readonly consequence: string;
  /** The source of the configuration that is not seen for it. */
  readonly hides?: SourceOfConfig;
}

export type SourceOfConfig = 'ConfigMap' | 'resources';

/** What became of reading a cluster. */
export type FactsReading =
  | { readonly kind: 'facts'; readonly facts: ClusterFacts }
  /** Too little to say anything: the server does not answer, or Services may not be read. One sentence. */
  | { readonly kind: 'unreadable'; readonly why: string };
