import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Family } from '../../../src/runtime/net/index.ts';
import { eventually } from '../../cluster/index.ts';
import { AnnouncingNode, type NodeSettings } from './announcing-node.ts';
import { type BgpPeer, type PeerKind, type RouterSettings, startPeer } from './index.ts';
import type { NeighborSettings, PeerRoute } from './peer.ts';
import { PeerSite } from './site.ts';

/** AS of the node and of the router, unless said otherwise. */
export const OURS = 64_512;
export const THEIRS = 64_513;

/** Of a router, with its only neighbor, which is the node over IPv4. */
export interface RouterWish extends Partial<RouterSettings> {
  readonly neighbor?: Partial<NeighborSettings>;
}

/** Routers, and nodes that announce routes to them; all of it ends together. */
export class RouteScene {
  readonly #ends: (() => void | Promise<void>)[] = [];

  site(label: string): PeerSite {
    const site = new PeerSite(label);
    this.endsWith(() => site.delete());
    return site;
  }

  async router(kind: PeerKind, site: PeerSite, wish: RouterWish = {}): Promise<BgpPeer> {
    const { neighbor, ...settings } = wish;
    const families = ['ipv4', 'ipv6'] as const;
    const router = await startPeer(kind, site.namespace, {
      asn: THEIRS,
      routerId: site.theirs.ipv4,
      neighbors: [{ address: site.ours.ipv4, asn: OURS, families, ...neighbor }],
      ...settings,
    });
    this.endsWith(() => router.stop());
    return router;
  }

  node(settings: NodeSettings = {}): AnnouncingNode {
    const node = new AnnouncingNode(settings);
    this.endsWith(() => node.stop());
    return node;
  }

  /** What is to be done at the end, before what was asked for earlier. */
  endsWith(end: () => void | Promise<void>): void {
    this.#ends.push(end);
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}

/** A route as a router of another AS has it from a node of v0.12 in native mode. */
export function routeFrom(from: string, prefix: string, more: Partial<PeerRoute> = {}): PeerRoute {
  return {
    prefix,
    from,
    nextHop: from,
    asPath: [OURS],
    origin: 'incomplete',
    med: undefined,
    localPref: undefined,
    communities: [],
    largeCommunities: [],
    ...more,
  };
}

/** Waits until the router has these routes of a family and no others; each compared in all fields. */
export async function expectRoutes(
  router: BgpPeer,
  family: Family,
  expected: readonly PeerRoute[],
): Promise<void> {
  let found: readonly PeerRoute[] = [];
  const isThere = async (): Promise<true | undefined> => {
    found = await router.routes(family);
    return isDeepStrictEqual(found, expected) || undefined;
  };
  await eventually(`${router.kind} has its ${family} routes`, isThere).catch(() => undefined);
  expect(found).toEqual(expected);
}

/** Waits until the neighbor's session is up, and returns the name of this life of it. */
export function lifeOf(router: BgpPeer, neighbor: string): Promise<string> {
  return eventually(`${router.kind} has a session with ${neighbor}`, async () => {
    const session = await router.session(neighbor);
    return session?.state === 'established' ? (session.since ?? 'unnamed') : undefined;
  });
}
