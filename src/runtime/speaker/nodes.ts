import {
  type Compat,
  type Config,
  type NodeView,
  type Pool,
  type Selector,
  anySelects,
  atLeast,
} from '../model/index.ts';

/** With any value, on a Node: nothing is to be announced from it. crd.md §3.3 */
const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** The Nodes as far as this speaker can tell. */
export interface Nodes {
  /** `pending`: not all of them were told yet; `unavailable`: they may not be listed. */
  readonly listing: 'pending' | 'listed' | 'unavailable';
  readonly views: ReadonlyMap<string, NodeView>;
}

/** What of a Node keeps Services from it, before any advertisement is looked at. */
export interface NodeRules {
  /** Before v0.13 nothing does. */
  readonly compat: Compat;
  /** `--ignore-exclude-lb`: the exclusion label means nothing. */
  readonly ignoreExcludeLb: boolean;
}

/** Why nothing is announced from a node, as the log names it. crd.md §3.4 */
export type NodeBar = 'notOwner' | 'nodeNetworkUnavailable' | 'nodeLabeledExcludeBalancers';

/** What keeps every Service from the node, if anything does; a node that the list has not is none of the cluster's. */
export function barOf(node: string, nodes: Nodes, rules: NodeRules): NodeBar | undefined {
  if (!atLeast(rules.compat, 'v0.13')) return undefined;
  const view = nodes.views.get(node);
  if (view === undefined) return nodes.listing === 'listed' ? 'notOwner' : undefined;
  return barOfView(view, rules);
}

function barOfView(view: NodeView, { ignoreExcludeLb }: NodeRules): NodeBar | undefined {
  if (view.networkUnavailable) return 'nodeNetworkUnavailable';
  const excluded = !ignoreExcludeLb && Object.hasOwn(view.labels, EXCLUDE_LABEL);
  return excluded ? 'nodeLabeledExcludeBalancers' : undefined;
}

/** An advertisement of either protocol: selectors are alternatives, none is every node. */
export interface Selective {
  readonly nodeSelectors: readonly Selector[];
}

/** Whether at least one of the advertisements is for the node. crd.md §3.3 */
export function isCovered(
  advertisements: readonly Selective[],
  node: string,
  { views }: Nodes,
): boolean {
  const view = views.get(node);
  return advertisements.some(
    (one) =>
      !isSelective(one) || (view !== undefined && anySelects(one.nodeSelectors, view.labels)),
  );
}

/**
 * Whether enough is known of the Nodes to say who announces for the pool. Where it is not, nothing may be decided:
 * neither to begin nor to end.
 */
export function knowsEnough(
  { layer2, bgp }: Pool,
  { listing, views }: Nodes,
  { self, compat }: { readonly self: string; readonly compat: Compat },
): boolean {
  if (listing === 'listed') return true;
  if (listing === 'pending' && atLeast(compat, 'v0.13')) return false;
  // Every candidate is judged by its labels; over BGP each node judges itself.
  return !layer2.some(isSelective) && (views.has(self) || !bgp.some(isSelective));
}

/** Which Nodes' labels a configuration asks for. */
export interface NodeDemand {
  readonly own: boolean;
  readonly others: boolean;
}

export const NO_DEMAND: NodeDemand = { own: false, others: false };

/** Layer 2 is an election, so each speaker must know all candidates. */
export function demandOf({ pools }: Config): NodeDemand {
  const others = pools.some(({ layer2 }) => layer2.some(isSelective));
  return { others, own: others || pools.some(({ bgp }) => bgp.some(isSelective)) };
}

/** Whether a change of one Node may change what is announced. */
export function matters(
  [before, after]: readonly [NodeView | undefined, NodeView | undefined],
  byLabels: boolean,
  rules: NodeRules,
): boolean {
  if (byLabels && labelsOf(before) !== labelsOf(after)) return true;
  if (!atLeast(rules.compat, 'v0.13')) return false;
  return standingOf(before, rules) !== standingOf(after, rules);
}

function standingOf(view: NodeView | undefined, rules: NodeRules): string {
  return view === undefined ? 'unknown' : (barOfView(view, rules) ?? 'candidate');
}

function labelsOf(view: NodeView | undefined): string {
  return view === undefined ? '' : JSON.stringify(Object.entries(view.labels).sort());
}

function isSelective({ nodeSelectors }: Selective): boolean {
  const isAll = nodeSelectors.some(({ requirements }) => requirements.length === 0);
  return nodeSelectors.length > 0 && !isAll;
}
