import { type Release, eventually } from '../../../cluster/index.ts';
import { Lan, type LanHost } from '../../../cluster/network/lan.ts';
import {
  type BgpPeer,
  type NeighborSettings,
  type PeerRoute,
  type RouterSettings,
  startPeer,
} from '../../../support/bgp-peers/index.ts';
import { Stage } from '../../compatibility/stage.ts';

export const NODES_ASN = 64_512;
export const ROUTER_ASN = 64_513;

export interface ProgramSiteSettings {
  readonly release?: Release;
  /** The router's AS; that of the nodes is {@link NODES_ASN}. */
  readonly asn?: number;
  /** How the router sees the sessions of both nodes. */
  readonly neighbor?: Partial<NeighborSettings>;
  readonly router?: Partial<RouterSettings>;
}

/** Both programs on a control plane, and FRR on the segment of their two nodes. */
export class ProgramSite {
  readonly lan: Lan;
  readonly stage: Stage;
  readonly host: LanHost;
  readonly router: BgpPeer;

  private constructor(parts: { lan: Lan; stage: Stage; host: LanHost; router: BgpPeer }) {
    this.lan = parts.lan;
    this.stage = parts.stage;
    this.host = parts.host;
    this.router = parts.router;
  }

  /** The programs are not started yet. */
  static async open(settings: ProgramSiteSettings = {}): Promise<ProgramSite> {
    const { release = 'v0.12.1', asn = ROUTER_ASN, neighbor, router } = settings;
    const lan = new Lan();
    const host = lan.add({ name: 'router', number: 60 });
    const stage = await Stage.raise(lan, { release, tens: 10 });
    const neighbors = stage.nodes.map(({ address }): NeighborSettings => {
      return { address, asn: NODES_ASN, families: ['ipv4', 'ipv6'], ...neighbor };
    });
    const routerId = host.address;
    const all = { asn, routerId, neighbors, ...router };
    return new ProgramSite({
      ...{ lan, stage, host },
      router: await startPeer('frr', host.namespace, all),
    });
  }

  /** Resolves when the router has exactly these paths: each a prefix and the number of the node's host, as `prefix 11`. */
  async paths(...wanted: readonly string[]): Promise<readonly PeerRoute[]> {
    return await eventually(`the router has ${wanted.join(', ') || 'no route'}`, async () => {
      const routes = [...(await this.router.routes('ipv4')), ...(await this.router.routes('ipv6'))];
      const found = routes.map(
        ({ prefix, from }) => `${prefix} ${from.split(/[.:]/).at(-1) ?? ''}`,
      );
      if (JSON.stringify(found.sort()) === JSON.stringify(wanted.toSorted())) return routes;
      throw new Error(`it has ${found.join(', ')}`);
    });
  }

  async established(address: string): Promise<void> {
    await eventually(`the session with ${address} is established`, async () =>
      (await this.router.session(address))?.state === 'established' ? true : undefined,
    );
  }

  /** What FRR knows of the session with a node. */
  async neighbor(address: string): Promise<FrrNeighbor> {
    const json = await this.router.command(`show bgp neighbors ${address} json`);
    return (JSON.parse(json) as Record<string, FrrNeighbor>)[address]!;
  }

  async close(): Promise<void> {
    await this.stage.close();
    await this.router.stop();
    this.lan.close();
  }
}

/** Of `show bgp neighbors ADDRESS json`. */
export interface FrrNeighbor {
  readonly bgpState: string;
  readonly connectionsEstablished: number;
  readonly connectionsDropped: number;
  readonly lastResetDueTo?: string;
  readonly lastNotificationReason?: string;
  readonly lastShutdownDescription?: string;
  readonly messageStats: Readonly<Record<string, number>>;
}
