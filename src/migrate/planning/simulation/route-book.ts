import {
  type AnnouncedService,
  type ExportPolicy,
  type Session,
  type SessionRoutes,
  exportPolicy,
  routesFor,
} from '../../../runtime/bgp/index.ts';
import type { Config } from '../../../runtime/model/index.ts';
import { type IpAddress, familyOf, parsePrefix } from '../../../runtime/net/index.ts';
import type { RouteOutlook } from '../plan-report.ts';
import type { Situation } from './situation.ts';

/** A Service, and the nodes that announce it over BGP. */
export interface BgpService extends AnnouncedService {
  readonly nodes: readonly string[];
}

/** What becomes of the routes of one Service. */
export interface ServiceRoutes {
  /** By peer, prefix and attributes. */
  readonly routes: readonly RouteOutlook[];
  /** Why one of them is not sent, in words. */
  readonly remarks: readonly string[];
}

/** What one node tells its peers, to be looked up by prefix. */
interface Page {
  readonly policy: ExportPolicy;
  readonly sessions: readonly SessionRoutes[];
  readonly routes: ReadonlyMap<string, readonly Omit<RouteOutlook, 'nodes'>[]>;
  readonly withheld: ReadonlyMap<string, readonly string[]>;
}

const WHY_WITHHELD = {
  ipv6InNativeMode: 'native BGP mode announces no IPv6',
  tooManyCommunities: 'it has more than 63 communities',
} as const;

/** Which routes all nodes send to all peers, and which of them are for the sake of which Service. */
export class RouteBook {
  readonly #pages: ReadonlyMap<string, Page>;
  /** The prefixes of an address, by both. */
  readonly #prefixes = new Map<string, string>();

  constructor(config: Config, situation: Situation, announced: readonly BgpService[]) {
    const byNode = new Map((situation.speakers ?? []).map((node) => [node, [] as BgpService[]]));
    for (const one of announced) for (const node of one.nodes) byNode.get(node)?.push(one);
    const pages = [...byNode].map(([node, services]) => {
      const { compat, mode } = situation.rules;
      const around = { compat, mode, labels: situation.nodes?.get(node)?.labels };
      const sessions = routesFor(config, around, services);
      return [node, pageOf(exportPolicy(config, around), sessions)] as const;
    });
    this.#pages = new Map(pages);
  }

  /** By node. */
  sessions(): ReadonlyMap<string, readonly SessionRoutes[]> {
    return new Map([...this.#pages].map(([node, { sessions }]) => [node, sessions]));
  }

  /** The routes that a Service takes part in. */
  of(service: BgpService): ServiceRoutes {
    const found = new Map<string, Omit<RouteOutlook, 'nodes'> & { readonly nodes: string[] }>();
    const remarks = new Set<string>();
    for (const node of service.nodes) {
      const page = this.#pages.get(node);
      if (page === undefined) continue;
      for (const prefix of this.#prefixesOf(service, page.policy)) {
        for (const route of page.routes.get(prefix) ?? []) {
          const key = `${route.peer} ${prefix} ${route.attributes.text}`;
          const known = found.get(key);
          if (known === undefined) found.set(key, { ...route, nodes: [node] });
          else known.nodes.push(node);
        }
        for (const remark of page.withheld.get(prefix) ?? []) remarks.add(remark);
      }
    }
    const routes = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, route]) => route);
    return { routes, remarks: [...remarks].sort() };
  }

  #prefixesOf({ pool, addresses }: BgpService, policy: ExportPolicy): readonly string[] {
    const prefixes = addresses.flatMap((address) =>
      policy.lengthsOf(pool, familyOf(address)).map((length) => this.#prefixOf(address, length)),
    );
    return [...new Set(prefixes)];
  }

  #prefixOf(address: IpAddress, length: number): string {
    const key = `${address}/${length}`;
    const known = this.#prefixes.get(key) ?? parsePrefix(key)?.text ?? key;
    this.#prefixes.set(key, known);
    return known;
  }
}

/** Address and port of a peer: `192.0.2.1:179`, `[2001:db8::1]:179`. */
export function placeOf({ peer }: Session): string {
  const { address, port } = peer;
  return familyOf(address) === 'ipv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

function pageOf(policy: ExportPolicy, sessions: readonly SessionRoutes[]): Page {
  const routes = new Map<string, Omit<RouteOutlook, 'nodes'>[]>();
  const withheld = new Map<string, string[]>();
  for (const one of sessions) {
    const peer = placeOf(one.session);
    for (const { prefix, attributes } of one.routes) {
      append(routes, prefix.text, { peer, prefix: prefix.text, attributes });
    }
    for (const { prefix, reason } of one.withheld) {
      const why = WHY_WITHHELD[reason];
      append(withheld, prefix.text, `${prefix.text} is not announced to ${peer}: ${why}`);
    }
  }
  return { policy, sessions, routes, withheld };
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
