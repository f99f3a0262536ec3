import type { Config } from '../model/index.ts';
import type { Prefix } from '../net/index.ts';
import type { Attributes } from './attributes.ts';
import { type Surroundings, type WithholdReason, exportPolicy } from './policy.ts';
import type { Session } from './session.ts';
import { type AnnouncedService, RouteTable } from './table.ts';

export interface Route {
  readonly prefix: Prefix;
  readonly attributes: Attributes;
}

/** A prefix that is advertised and cannot be sent. */
export interface Withheld {
  readonly prefix: Prefix;
  readonly reason: WithholdReason;
}

/** All that one peer of the node is sent, by prefix: IPv4 first, then by address and length. */
export interface SessionRoutes {
  readonly session: Session;
  readonly routes: readonly Route[];
  readonly withheld: readonly Withheld[];
}

/** The routes of a node for each of its peers. The order of `announced` does not matter. legacy.md §6.1 */
export function routesFor(
  config: Config,
  around: Surroundings,
  announced: readonly AnnouncedService[],
): readonly SessionRoutes[] {
  const policy = exportPolicy(config, around);
  const table = new RouteTable(policy);
  for (const one of announced) table.set(one);
  const rows = [...table.rows()].sort((a, b) => comparePrefixes(a.prefix, b.prefix));
  return policy.sessions.map((session, index) => {
    const routes: Route[] = [];
    const withheld: Withheld[] = [];
    for (const { prefix, verdicts } of rows) {
      const verdict = verdicts[index];
      if (verdict?.kind === 'send') routes.push({ prefix, attributes: verdict.attributes });
      if (verdict?.kind === 'withhold') withheld.push({ prefix, reason: verdict.reason });
    }
    return { session, routes, withheld };
  });
}

function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family === 'ipv4' ? -1 : 1;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.length - b.length;
}
