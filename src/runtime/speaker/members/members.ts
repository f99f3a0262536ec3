import type { Labels } from '../../model/index.ts';

/**
 * The nodes that have a speaker, as far as this one can tell. `pending`: not looked up yet, so nothing may be
 * decided; `unknown`: cannot be looked up, and endpoints stand in; `isolated`: this speaker knows that the others do
 * not hear it, and leaves the answering of ARP and NDP to them. legacy.md §9.2 #7, product.md §5
 */
export type Members =
  | { readonly kind: 'pending' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'isolated' }
  | {
      readonly kind: 'known';
      readonly nodes: ReadonlySet<string>;
      /** Told by the ring: a member that leads now announces within moments, so what it takes over is handed over. */
      readonly gossiped?: boolean;
    };

/** What a Pod says about the speaker in it. */
export interface PodView {
  readonly name: string;
  /** Absent until the Pod is scheduled. */
  readonly nodeName?: string;
  /** Absent until the Pod has an address. */
  readonly podIP?: string;
  readonly labels: Labels;
  /** Phase Running and condition Ready. */
  readonly ready: boolean;
  /** When its containers started, as text that tells one start from another; absent unless all of them run. */
  readonly started?: string;
  /** Whether a DaemonSet owns it. */
  readonly ofDaemonSet: boolean;
}

/** Who is looking. */
export interface Self {
  readonly node: string;
  /** `--ml-labels`: the label selector of speaker Pods; empty: those that look like the own Pod. */
  readonly podSelector: string;
  /** Name of the own Pod, where it is known; Pods on the host network do not learn theirs from the host name. */
  readonly podName?: string;
}

/** Labels that differ between Pods of one DaemonSet. */
const REVISION_LABELS = new Set([
  'controller-revision-hash',
  'pod-template-generation',
  'pod-template-hash',
]);

/**
 * The nodes of the Pods listed, which are the answer to {@link Self.podSelector}, as far as their speakers serve; the
 * own node is always one.
 */
export function membersAmong(
  pods: readonly PodView[],
  self: Self,
  serves: (pod: PodView) => boolean,
): Members {
  const speakers = self.podSelector === '' ? lookalikes(pods, self) : pods;
  if (speakers === undefined) return { kind: 'unknown' };
  const nodes = new Set([self.node]);
  for (const pod of speakers) {
    const { nodeName = '' } = pod;
    if (nodeName !== '' && serves(pod)) nodes.add(nodeName);
  }
  return { kind: 'known', nodes };
}

export function sameMembers(a: Members, b: Members): boolean {
  if (a.kind !== 'known' || b.kind !== 'known') return a.kind === b.kind;
  return a.nodes.size === b.nodes.size && [...a.nodes].every((node) => b.nodes.has(node));
}

/** Pods that carry all labels of the own Pod; `undefined` where the own Pod cannot be told. */
function lookalikes(pods: readonly PodView[], self: Self): readonly PodView[] | undefined {
  const labels = ownLabels(pods, self);
  if (labels === undefined) return undefined;
  return pods.filter((pod) => labels.every(([key, value]) => pod.labels[key] === value));
}

/**
 * The labels of the Pod of the given name, or else of the DaemonSet's Pods on the own node: while one replaces
 * another there may be two, but they are of one mind about their labels.
 */
function ownLabels(pods: readonly PodView[], self: Self): [string, string][] | undefined {
  const own = pods.filter(({ name }) => name === self.podName);
  const here = pods.filter(({ nodeName, ofDaemonSet }) => ofDaemonSet && nodeName === self.node);
  const [labels, ...others] = (own.length > 0 ? own : here).map(stableLabels);
  if (labels === undefined || labels.length === 0) return undefined;
  return others.every((other) => String(other) === String(labels)) ? labels : undefined;
}

function stableLabels({ labels }: PodView): [string, string][] {
  return Object.entries(labels)
    .filter(([key]) => !REVISION_LABELS.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
