import type { Attributes } from '../../runtime/bgp/index.ts';

/** What a change of the configuration would do to a cluster; this is also what `plan -o json` prints. product.md §4 */
export interface PlanReport {
  readonly verdict: PlanVerdict;
  readonly cluster: PlannedCluster;
  /** What the two sides are, for people: `ConfigMap metallb-system/config`, `resources.yaml`. */
  readonly sides: { readonly before: string; readonly after: string };
  /** Objects of both sides, those to be made first. */
  readonly objects: readonly ObjectChange[];
  /** Pools that get another name. */
  readonly renames: readonly { readonly from: string; readonly to: string }[];
  /** Services that ask for such a pool by its old name, which goes on working with these programs. */
  readonly renamedRequests: readonly RenamedRequest[];
  /** What the two configurations do not have in common, in words; empty where they mean the same. */
  readonly differences: readonly string[];
  /** Every Service of type LoadBalancer that is for these programs, by key. */
  readonly services: readonly ServicePlan[];
  /** BGP sessions that begin, end, or are reset. */
  readonly sessions: readonly SessionChange[];
  /** What could not be said, and what is worth knowing, in sentences. */
  readonly remarks: readonly string[];
}

export interface PlanVerdict {
  /** Whether anything changes for any Service or session. */
  readonly moves: boolean;
  /** In one line: `nothing moves: 120 Services stay as they are`, `3 of 120 Services move`, `it cannot be told whether …`. */
  readonly text: string;
  /** How many Services change. */
  readonly moved: number;
  /** How many Services there are. */
  readonly services: number;
  readonly sessions: number;
  /** Why it cannot be said that nothing else moves, as in `pods cannot be read`; empty: it can. */
  readonly unknown: readonly string[];
}

export interface PlannedCluster {
  /** URL of the API server, or the files of a snapshot. */
  readonly server: string;
  readonly namespace: string;
  /** What is at work there, in words: `MetalLB v0.12.1`. */
  readonly runs: string;
  readonly compat: { readonly before: string; readonly after: string };
  readonly mode: string;
  /** Nodes whose speaker is at work; `null` where nobody can tell. */
  readonly speakers: readonly string[] | null;
}

export interface ObjectChange {
  /** `leave`: it is there as it should be; `extra`: it is there, nobody asks for it, and it stays in force. */
  readonly action: 'create' | 'change' | 'leave' | 'extra' | 'delete';
  readonly kind: string;
  readonly name: string;
  /** Absent for objects of the cluster. */
  readonly namespace?: string;
  /** Fields that change, as in `spec.addresses`; never with what they hold. */
  readonly fields: readonly string[];
}

export interface RenamedRequest {
  /** `namespace/name`. */
  readonly service: string;
  /** The annotation that names the pool. */
  readonly annotation: string;
  readonly from: string;
  readonly to: string;
}

/** What can change for a Service. */
export type Aspect = 'address' | 'pool' | 'node' | 'interfaces' | 'routes';

export interface ServicePlan {
  /** `namespace/name`. */
  readonly service: string;
  /** The addresses in its status at the moment; they are `before.addresses` unless something is still under way. */
  readonly carries: readonly string[];
  /** Empty: it stays as it is. */
  readonly changes: readonly Aspect[];
  readonly before: ServiceOutlook;
  readonly after: ServiceOutlook;
}

/** How things stand for a Service under one configuration, once everything has settled. */
export interface ServiceOutlook {
  /** In the order of its status; empty: it waits. */
  readonly addresses: readonly string[];
  /** Absent without addresses, and where they lie in no pool. */
  readonly pool?: string;
  /** Absent where the pool is not announced at layer 2. */
  readonly layer2?: Layer2Outlook;
  /** Absent where the pool is not announced over BGP. By peer, prefix and attributes. */
  readonly routes?: readonly RouteOutlook[];
  /** Why it waits, why nobody announces it, and the like, in words. */
  readonly remarks: readonly string[];
}

export interface Layer2Outlook {
  /** The node that answers; absent: none. */
  readonly node?: string;
  /** The only interfaces it answers on; empty: all. */
  readonly interfaces: readonly string[];
  /** Why no node can be named. */
  readonly unknown?: string;
}

/** One route to one peer. */
export interface RouteOutlook {
  /** Address and port: `192.0.2.1:179`. */
  readonly peer: string;
  readonly prefix: string;
  readonly attributes: Attributes;
  /** Those that announce it, ascending. */
  readonly nodes: readonly string[];
}

export interface SessionChange {
  readonly node: string;
  /** Address and port. */
  readonly peer: string;
  readonly change: 'begins' | 'ends' | 'is reset';
  /** Of a reset: what differs, as in `hold time`; never a password. */
  readonly because: readonly string[];
}
