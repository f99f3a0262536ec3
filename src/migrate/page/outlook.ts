import type { Aspect, RouteOutlook, ServiceOutlook, ServicePlan } from '../planning/index.ts';
import { type Html, type Part, html, joined } from './html.ts';
import { count } from './words.ts';

/** What a person calls the things that can change. */
export const ASPECTS: Readonly<Record<Aspect, string>> = {
  address: 'address',
  pool: 'pool',
  node: 'answering node',
  interfaces: 'interfaces',
  routes: 'BGP routes',
};

/** Who the speakers are, where that is known. */
export type Speakers = readonly string[] | null;

/** How many names a line has before it is shortened. */
const MOST_NAMES = 8;
const KEPT_NAMES = 6;

const NOTHING: Html = html`<span class="quiet">none</span>`;

/** One thing of a Service under one configuration. */
export function shown(
  aspect: Aspect,
  side: 'before' | 'after',
  { plan, speakers }: { readonly plan: ServicePlan; readonly speakers: Speakers },
): Part {
  const outlook = plan[side];
  switch (aspect) {
    case 'address':
      return addresses(outlook);
    case 'pool':
      return outlook.pool ?? NOTHING;
    case 'node':
      return node(outlook);
    case 'interfaces':
      return interfaces(outlook);
    case 'routes':
      return routeList(changed(plan, side), speakers, Infinity);
    default:
      return aspect satisfies never;
  }
}

export function addresses({ addresses: list, remarks }: ServiceOutlook): Part {
  const notes = remarks.map((remark) => html`<span class="note">${remark}</span>`);
  if (list.length === 0) return [html`<span class="quiet">waits</span>`, notes];
  return [
    joined(
      list.map((address) => html`<span class="mono">${address}</span>`),
      html`<br />`,
    ),
    notes,
  ];
}

/** Who announces a Service, at layer 2 and over BGP. */
export function announcers(outlook: ServiceOutlook, speakers: Speakers): Part {
  const { layer2, routes } = outlook;
  if (layer2 === undefined && (routes === undefined || routes.length === 0)) return NOTHING;
  const only = interfaceNames(outlook);
  return [
    layer2 && html`<span>${node(outlook)}${only === '' ? undefined : ` on ${only}`}</span>`,
    routes && routes.length > 0 && routeList(routes, speakers, MOST_NAMES),
  ].filter((part) => part !== false);
}

function node({ layer2 }: ServiceOutlook): Part {
  if (layer2 === undefined) return NOTHING;
  if (layer2.unknown !== undefined) return html`unknown<span class="note">${layer2.unknown}</span>`;
  return layer2.node ?? html`<span class="quiet">nobody</span>`;
}

function interfaces(outlook: ServiceOutlook): Part {
  if (outlook.layer2 === undefined) return NOTHING;
  const names = interfaceNames(outlook);
  return names === '' ? 'all' : names;
}

function interfaceNames({ layer2 }: ServiceOutlook): string {
  return layer2?.interfaces.join(', ') ?? '';
}

/** The routes of one side that the other one has not just so. */
function changed(
  { before, after }: ServicePlan,
  side: 'before' | 'after',
): readonly RouteOutlook[] {
  const [mine, others] = side === 'before' ? [before, after] : [after, before];
  const known = new Set((others.routes ?? []).map(routeText));
  return (mine.routes ?? []).filter((route) => !known.has(routeText(route)));
}

function routeText({ peer, prefix, attributes, nodes }: RouteOutlook): string {
  return JSON.stringify([peer, prefix, attributes.text, nodes]);
}

/** Routes with the same prefix, attributes and nodes on one line, however many peers have them. */
function routeList(routes: readonly RouteOutlook[], speakers: Speakers, most: number): Part {
  if (routes.length === 0) return NOTHING;
  const groups = new Map<string, { route: RouteOutlook; peers: string[] }>();
  for (const route of routes) {
    const key = JSON.stringify([route.prefix, route.attributes.text, route.nodes]);
    const group = groups.get(key) ?? { route, peers: [] };
    groups.set(key, group);
    group.peers.push(route.peer);
  }
  const items = [...groups.values()].map(
    ({ route: { prefix, attributes, nodes }, peers }) =>
      html`<li>
        <span class="mono">${prefix}</span> to ${names(peers, most)} from
        ${nodeNames(nodes, speakers, most)}<small>${attributes.text}</small>
      </li>`,
  );
  return html`<ul>
    ${items}
  </ul>`;
}

function nodeNames(nodes: readonly string[], speakers: Speakers, most: number): string {
  const all = speakers !== null && speakers.length > 1 && speakers.length === nodes.length;
  return all ? `every node (${nodes.length})` : names(nodes, most);
}

function names(list: readonly string[], most: number): string {
  if (list.length <= most) return list.join(', ');
  const rest = list.length - KEPT_NAMES;
  return `${list.slice(0, KEPT_NAMES).join(', ')} and ${count(rest, 'more', 'more')}`;
}
