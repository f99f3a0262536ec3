import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { eventually } from '../cluster/index.ts';
import { AnnouncingNode, type NodeSettings } from './bgp-peers/announcing-node.ts';
import {
  type BgpPeer,
  type NeighborSettings,
  type PeerKind,
  PeerSite,
  startPeer,
} from './bgp-peers/index.ts';

const OURS = 64_512;
const THEIRS = 64_513;
/** Milliseconds; routers take a while to see a link again. */
const PATIENCE = 40_000;

/** With defaults of 100 ms, three times, over IPv4 and one hop. */
export interface SceneSettings {
  readonly family?: 'ipv4' | 'ipv6';
  /** Of the router. */
  readonly neighbor?: Partial<NeighborSettings>;
  readonly node?: NodeSettings;
}

/** A router and a node of ours in FRR mode, with one BGP session that BFD watches. */
export class BfdScene {
  readonly site: PeerSite;
  readonly router: BgpPeer;
  readonly node: AnnouncingNode;
  readonly #family: 'ipv4' | 'ipv6';

  private constructor(site: PeerSite, router: BgpPeer, settings: SceneSettings) {
    this.site = site;
    this.router = router;
    this.#family = settings.family ?? 'ipv4';
    const addresses = [site.ours.ipv4, site.ours.ipv6];
    this.node = new AnnouncingNode({ mode: 'frr', addresses, ...settings.node });
  }

  static async open(kind: PeerKind, settings: SceneSettings = {}): Promise<BfdScene> {
    const { family = 'ipv4', neighbor } = settings;
    const site = new PeerSite(kind);
    const router = await startPeer(kind, site.namespace, {
      asn: THEIRS,
      routerId: site.theirs.ipv4,
      neighbors: [
        {
          address: site.ours[family],
          asn: OURS,
          families: ['ipv4', 'ipv6'],
          localAddress: site.theirs[family],
          bfd: { receive: 100, transmit: 100, multiplier: 3 },
          ...neighbor,
        },
      ],
    });
    return new BfdScene(site, router, settings);
  }

  async close(): Promise<void> {
    await this.node.stop();
    await this.router.stop();
    this.site.delete();
  }

  get ours(): string {
    return this.site.ours[this.#family];
  }

  get theirs(): string {
    return this.site.theirs[this.#family];
  }

  /**
   * Configures the node, with a hold time that no scene lasts.
   *
   * @param profile - lines of `bfd-profiles`, beside its name
   * @param peer - more lines of the peer
   */
  configure(profile: readonly string[] = EAGER, peer: readonly string[] = []): void {
    this.node.configure(`
bfd-profiles:
- name: watch
${profile.map((line) => `  ${line}\n`).join('')}
peers:
- peer-address: '${this.theirs}'
  peer-asn: ${THEIRS}
  my-asn: ${OURS}
  hold-time: 240s
  bfd-profile: watch
${peer.map((line) => `  ${line}\n`).join('')}
address-pools:
- name: default
  protocol: bgp
  addresses: [203.0.113.0/24]
`);
  }

  /** BGP and BFD are up, at both ends. */
  async up(): Promise<void> {
    await eventually('BGP is up', () => this.bgpUp(), PATIENCE);
    await eventually('BFD is up here', () => this.bfdUp(), PATIENCE);
    await eventually('BFD is up there', () => this.router.bfdUp(this.ours), PATIENCE);
  }

  async bgpUp(): Promise<boolean> {
    return (await this.node.metric('metallb_bgp_session_up')) === 1;
  }

  async bfdUp(): Promise<boolean> {
    return (await this.node.metric('metallb_bfd_session_up')) === 1;
  }

  /** Why BGP went down, each time. */
  get reasons(): readonly unknown[] {
    return this.node.logged('sessionDown').map(({ reason }) => reason);
  }

  /** The states of BFD and their reasons, as logged. */
  get changes(): readonly string[] {
    return this.node
      .logged('bfdState')
      .map(({ state, reason }) => `${String(state)}: ${String(reason)}`);
  }

  /** Resolves with the milliseconds until BGP went down `times` times in all. */
  async down(times = 1): Promise<number> {
    const start = performance.now();
    await eventually('BGP went down', () => this.reasons.length >= times, PATIENCE);
    return performance.now() - start;
  }

  /** Counters of BFD on the page of metrics; 0: the row is not there. */
  async counter(name: string): Promise<number> {
    return (await this.node.metric(`metallb_bfd_${name}`)) ?? 0;
  }

  /** The router's packets of BFD arrive as from that far, with so much of their TTL left. */
  comeFrom(ttl: number): void {
    const isIpv4 = this.#family === 'ipv4';
    for (const port of ['3784', '4784']) {
      this.site.namespace.exec(
        ...([isIpv4 ? 'iptables' : 'ip6tables', '-w', '-t', 'mangle', '-A', 'OUTPUT'] as const),
        ...['-p', 'udp', '--dport', port, '-j', isIpv4 ? 'TTL' : 'HL'],
        ...[isIpv4 ? '--ttl-set' : '--hl-set', `${ttl}`],
      );
    }
  }

  /** Sends a signal to one of the router's processes. */
  signal(program: string, signal: NodeJS.Signals): void {
    const pids = execFileSync('ip', ['netns', 'pids', this.site.namespace.name], {
      encoding: 'utf8',
    }).split('\n');
    const isIt = (pid: string): boolean =>
      pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program;
    for (const pid of pids.filter(isIt)) process.kill(Number(pid), signal);
  }

  /** Throws away what the router sends and hears, while the carrier stays. */
  silence(): void {
    this.#filter('-I');
  }

  /** Ends {@link silence}. */
  hear(): void {
    this.#filter('-D');
  }

  #filter(verb: '-I' | '-D'): void {
    const tool = this.#family === 'ipv4' ? 'iptables' : 'ip6tables';
    for (const chain of ['INPUT', 'OUTPUT']) {
      this.site.namespace.exec(tool, '-w', verb, chain, '-j', 'DROP');
    }
  }
}

const EAGER = ['receive-interval: 100', 'transmit-interval: 100', 'detect-multiplier: 3'];
