import type { IpAddress } from '../net/index.ts';
import { type Compat, atLeast } from './compat.ts';

/** The facts about a Kubernetes Service that decisions depend on; texts are as the object has them. */
export interface ServiceView {
  /** `namespace/name`. */
  readonly key: string;
  readonly uid: string;
  /** `metadata.creationTimestamp`, RFC 3339; orders Services that claim one address. */
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly type: string;
  /** `spec.clusterIPs`, or the one `spec.clusterIP` on API servers before 1.20; `None` is left in. */
  readonly clusterIPs: readonly string[];
  /** `status.loadBalancer.ingress[].ip`, empty texts left out; may hold anything a person wrote. */
  readonly ingress: readonly string[];
  /** Whether `status.loadBalancer` holds anything at all, an entry with only a host name included. */
  readonly hasLoadBalancerStatus: boolean;
  readonly ports: readonly ServicePort[];
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  /** Canonical text of `spec.selector`: `k1=v1,k2=v2`, sorted by key. */
  readonly selector: string;
  /** `spec.loadBalancerIP`, or empty. */
  readonly loadBalancerIP: string;
  /** `spec.loadBalancerClass`; absent: none. */
  readonly loadBalancerClass?: string;
  /** Annotation `metallb.universe.tf/loadBalancerIPs`, or empty. */
  readonly loadBalancerIPs: string;
  /** How that annotation is spelled, where not as above. */
  readonly loadBalancerIPsKey?: string;
  /** Annotation `metallb.universe.tf/address-pool`, or empty. */
  readonly addressPool: string;
  /** Annotation `metallb.universe.tf/allow-shared-ip`, or empty: not shareable. */
  readonly sharingKey: string;
  /** Annotation `metallb.universe.tf/ip-allocated-from-pool`; absent: none. From v0.13 on. */
  readonly allocatedFrom?: string;
  /** Annotations spelled with `metallb.io/` and `metallb.universe.tf/` that differ, as in `address-pool`. */
  readonly disputed?: readonly string[];
}

/** What the decision to announce a Service rests on. A speaker keeps it of every Service, so it has no more. legacy.md §4.1 */
export type AnnouncedView = Pick<
  ServiceView,
  | 'key'
  | 'uid'
  | 'type'
  | 'ingress'
  | 'hasLoadBalancerStatus'
  | 'externalTrafficPolicy'
  | 'loadBalancerClass'
>;

/**
 * Whether a Service is for us to serve: one of exactly the class asked for; without that, one of no class from v0.13 on,
 * and any one before. crd.md §3.1
 *
 * @param lbClass - `--lb-class`; empty: not given
 */
export function isServed(
  { loadBalancerClass }: Pick<ServiceView, 'loadBalancerClass'>,
  compat: Compat,
  lbClass: string,
): boolean {
  if (lbClass !== '') return loadBalancerClass === lbClass;
  return loadBalancerClass === undefined || !atLeast(compat, 'v0.13');
}

export interface ServicePort {
  readonly protocol: string;
  readonly port: number;
}

/** One endpoint address of a Service. legacy.md §4.3–4.4 */
export interface EndpointView {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly nodeName?: string;
}

/** What decisions need of a Node. */
export interface NodeView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the condition NetworkUnavailable is True. crd.md §3.3 */
  readonly networkUnavailable: boolean;
  /** Those of type InternalIP; absent if it has none. */
  readonly addresses?: readonly IpAddress[];
}

export interface NamespaceView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The object an Event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What an Event says. Reasons and messages are a contract: legacy.md §3.13, §4.1. */
export interface Remark {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Takes Events for delivery; never blocks and never fails the caller. */
export interface EventSink {
  record(about: ObjectReference, remark: Remark): void;
}
