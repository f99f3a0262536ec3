import type {
  Aspect,
  Layer2Outlook,
  ObjectChange,
  PlanReport,
  RouteOutlook,
  ServiceOutlook,
  ServicePlan,
} from './plan-report.ts';

/** How much of a plan is told. */
export interface PlanTextOptions {
  /** Services that stay as they are, and objects that are as they should be, as well. */
  readonly all: boolean;
}

const ACTIONS: readonly (readonly [ObjectChange['action'], string])[] = [
  ['create', 'to create'],
  ['change', 'to change'],
  ['delete', 'to delete'],
  ['extra', 'in the cluster besides, staying in force'],
  ['leave', 'as they should be'],
];
const NAMES: Readonly<Record<Exclude<Aspect, 'routes'>, string>> = {
  address: 'address',
  pool: 'pool',
  node: 'announced from',
  interfaces: 'interfaces',
};
/** More names than this are not all told where they do not matter. */
const MOST_NAMES = 8;
const KEPT_NAMES = 6;

/** A plan for people to read: the verdict first, then what it consists of; short where nothing moves. */
export function planText(report: PlanReport, { all }: PlanTextOptions): readonly string[] {
  return [
    report.verdict.text,
    ...paragraph(report.remarks.map((remark) => `note: ${remark}`)),
    ...paragraph(clusterLines(report)),
    ...paragraph(objectLines(report.objects, all)),
    ...paragraph(renameLines(report)),
    ...paragraph(report.differences),
    ...paragraph(
      report.sessions.map(({ node, peer, change, because }) => {
        const why = because.length === 0 ? '' : `: other ${because.join(', ')}`;
        return `BGP session of ${node} with ${peer} ${change}${why}`;
      }),
    ),
    ...report.services
      .filter(({ changes }) => all || changes.length > 0)
      .flatMap((service) => ['', ...serviceLines(service, report.cluster.speakers ?? [])]),
  ];
}

function clusterLines({ cluster, sides }: PlanReport): readonly string[] {
  const { server, namespace, runs, compat, mode, speakers } = cluster;
  const rules =
    compat.before === compat.after ? compat.before : `${compat.before}, then ${compat.after}`;
  const nodes = speakers === null ? 'unknown' : speakers.length === 0 ? 'none' : namesOf(speakers);
  return [
    `cluster   ${server}, namespace ${namespace}`,
    `runs      ${runs}, rules of ${rules}, ${mode} mode`,
    `speakers  ${nodes}`,
    `now       ${sides.before}`,
    `then      ${sides.after}`,
  ];
}

function objectLines(objects: readonly ObjectChange[], all: boolean): readonly string[] {
  return ACTIONS.flatMap(([action, words]) => {
    const found = objects.filter((object) => object.action === action);
    if (found.length === 0) return [];
    const heading = `${found.length} ${found.length === 1 ? 'object' : 'objects'} ${words}`;
    if (action === 'leave' && !all) return [heading];
    return [heading, ...found.map((object) => `  ${nameOf(object)}${fieldsOf(object)}`)];
  });
}

function nameOf({ kind, namespace, name }: ObjectChange): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function fieldsOf({ fields }: ObjectChange): string {
  return fields.length === 0 ? '' : `: ${fields.join(', ')}`;
}

function renameLines({ renames, renamedRequests }: PlanReport): readonly string[] {
  return [
    ...renames.map(({ from, to }) => `pool ${JSON.stringify(from)} is called ${to} from then on`),
    ...renamedRequests.map(({ service, annotation, from, to }) => {
      const names = `${annotation}=${JSON.stringify(from)}`;
      return `  Service ${service} asks for it by ${names}, which goes on working; ${to} is its name`;
    }),
  ];
}

function serviceLines(
  { service, changes, carries, before, after }: ServicePlan,
  speakers: readonly string[],
): string[] {
  const lines = [service];
  const now = carries.join(' ');
  if (now !== before.addresses.join(' ')) {
    lines.push(`  carries         ${now === '' ? 'nothing' : now} at the moment`);
  }
  for (const aspect of Object.keys(NAMES) as (keyof typeof NAMES)[]) {
    const [was, is] = [valueOf(before, aspect), valueOf(after, aspect)];
    if (changes.includes(aspect)) {
      lines.push(line(NAMES[aspect], `${orNone(was)} -> ${orNone(is)}`));
    } else if (is !== '') lines.push(line(NAMES[aspect], is));
  }
  lines.push(...routeLines(before.routes, after.routes, speakers));
  for (const remark of after.remarks) lines.push(line('then', remark));
  for (const remark of before.remarks) {
    if (!after.remarks.includes(remark)) lines.push(line('now', remark));
  }
  return lines;
}

function line(name: string, value: string): string {
  return `  ${name.padEnd(16)}${value}`;
}

function valueOf({ addresses, pool, layer2 }: ServiceOutlook, aspect: keyof typeof NAMES): string {
  switch (aspect) {
    case 'address':
      return addresses.join(' ');
    case 'pool':
      return pool ?? '';
    case 'node':
      return nodeText(layer2);
    case 'interfaces':
      return layer2?.interfaces.join(' ') ?? '';
    default:
      return aspect satisfies never;
  }
}

function nodeText({ node, unknown }: Partial<Layer2Outlook> = {}): string {
  return unknown === undefined ? (node ?? '') : 'not known';
}

function routeLines(
  before: readonly RouteOutlook[] = [],
  after: readonly RouteOutlook[] = [],
  speakers: readonly string[],
): readonly string[] {
  const [was, is] = [before, after].map((routes) => new Set(routes.map(identityOf)));
  const [gone, come, kept] = [
    before.filter((route) => !is?.has(identityOf(route))),
    after.filter((route) => !was?.has(identityOf(route))),
    after.filter((route) => was?.has(identityOf(route))),
  ] as const;
  const told = (name: string, routes: readonly RouteOutlook[]): readonly string[] =>
    routeTexts(routes, speakers).map((text) => line(name, text));
  return [
    ...told('no more', gone),
    ...told(gone.length > 0 ? 'instead' : 'from then on', come),
    ...told(gone.length + come.length > 0 ? 'still' : 'routes', kept),
  ];
}

function identityOf({ peer, prefix, attributes, nodes }: RouteOutlook): string {
  return JSON.stringify([peer, prefix, attributes.text, nodes]);
}

/** One line for all peers that are told the same. */
function routeTexts(
  routes: readonly RouteOutlook[],
  speakers: readonly string[],
): readonly string[] {
  const peers = new Map<string, string[]>();
  for (const { peer, prefix, attributes, nodes } of routes) {
    const isEveryone = nodes.length > MOST_NAMES && nodes.length === speakers.length;
    const from = isEveryone ? `every node (${nodes.length})` : nodes.join(' ');
    const key = JSON.stringify([prefix, from, attributes.text]);
    peers.set(key, [...(peers.get(key) ?? []), peer]);
  }
  return [...peers].map(([key, told]) => {
    const [prefix, from, attributes] = JSON.parse(key) as [string, string, string];
    return `${prefix} to ${told.join(' ')} from ${from} (${attributes})`;
  });
}

function namesOf(nodes: readonly string[]): string {
  if (nodes.length <= MOST_NAMES) return nodes.join(' ');
  const rest = nodes.length - KEPT_NAMES;
  return `${nodes.length}: ${nodes.slice(0, KEPT_NAMES).join(' ')} and ${rest} more`;
}

function orNone(text: string): string {
  return text === '' ? 'none' : text;
}

function paragraph(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}
