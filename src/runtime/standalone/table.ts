import type { ServiceView } from '../model/index.ts';

/** What the table shows of a Service besides its view. */
export interface Row {
  readonly view: ServiceView;
  /** As the manifest has it; empty where it has none. */
  readonly clusterIP: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The table that `kubectl get service` prints; the namespace is shown once there is another than `default`. */
export function renderTable(rows: readonly Row[], epochMillis: number): string {
  const manifold = rows.some(({ view }) => !view.key.startsWith('default/'));
  const header = ['NAMESPACE', 'NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE'];
  const lines = [...rows]
    .sort((a, b) => (a.view.key < b.view.key ? -1 : 1))
    .map((row) => cells(row, epochMillis));
  const table = [header, ...lines].map((line) => (manifold ? line : line.slice(1)));
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((line) => line[column]?.length ?? 0)),
  );
  return table
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** An age as kubectl writes it: two units while they matter, then one. 200 seconds are `3m20s`, three days `3d`. */
function renderAge(seconds: number): string {
  const count = Math.max(0, Math.floor(seconds));
  if (count < 2 * MINUTE) return `${count}s`;
  if (count < 10 * MINUTE) return two(count, MINUTE, 'm', 1, 's');
  if (count < 3 * HOUR) return `${Math.floor(count / MINUTE)}m`;
  if (count < 8 * HOUR) return two(count, HOUR, 'h', MINUTE, 'm');
  if (count < 2 * DAY) return `${Math.floor(count / HOUR)}h`;
  if (count < 8 * DAY) return two(count, DAY, 'd', HOUR, 'h');
  if (count < 2 * 365 * DAY) return `${Math.floor(count / DAY)}d`;
  if (count < 8 * 365 * DAY) return two(count, 365 * DAY, 'y', DAY, 'd');
  return `${Math.floor(count / (365 * DAY))}y`;
}

function cells({ view, clusterIP }: Row, epochMillis: number): string[] {
  const slash = view.key.indexOf('/');
  const ports = view.ports.map(({ port, protocol }) => `${port}/${protocol}`);
  return [
    view.key.slice(0, slash),
    view.key.slice(slash + 1),
    view.type,
    clusterIP === '' ? '<none>' : clusterIP,
    externalIP(view),
    ports.length === 0 ? '<none>' : ports.join(','),
    renderAge((epochMillis - Date.parse(view.createdAt)) / 1000),
  ];
}

function externalIP({ type, ingress }: ServiceView): string {
  if (ingress.length > 0) return ingress.join(',');
  return type === 'LoadBalancer' ? '<pending>' : '<none>';
}

function two(count: number, large: number, largeUnit: string, ...small: [number, string]): string {
  const [size, unit] = small;
  const rest = Math.floor((count % large) / size);
  return `${Math.floor(count / large)}${largeUnit}${rest === 0 ? '' : `${rest}${unit}`}`;
}
