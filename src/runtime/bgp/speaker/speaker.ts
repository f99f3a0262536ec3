import { isDeepStrictEqual } from 'node:util';
import type { Config, Labels, Problem } from '../../model/index.ts';
import type { Prefix } from '../../net/index.ts';
import type { Clock, Logger } from '../../platform/ports.ts';
import { type ExportPolicy, exportPolicy } from '../policy.ts';
import type { AdjRibOut, RibCounts } from '../rib/adj-rib-out.ts';
import type { BgpRules } from '../rules.ts';
import type { Session } from '../session.ts';
import { type AnnouncedService, type RouteChange, RouteTable } from '../table.ts';
import { Backlog } from './backlog.ts';
import { type Closing, NodeSessions, type OpenSession } from './node-sessions.ts';
import { Pacer } from './pacer.ts';
import { type RibChange, ribChanges } from './rib-changes.ts';
import type { NodeAddresses } from './route-outlet.ts';
import { isAnythingWithheld, withheldRoutes } from './withheld.ts';

export interface BgpSpeakerPorts {
  readonly open: OpenSession;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * What of the Service is not sent though it was asked for; empty: nothing any more. Told when it changes, for Events.
   *
   * @param service - `namespace/name`
   */
  readonly withheld: (service: string, problems: readonly Problem[]) => void;
  /** How many changes, each of one route at one peer, are made before others have their turn; some 20 ms' worth if not given. */
  readonly turn?: number;
}

/** The node that speaks. */
export interface SpeakingNode {
  /** `undefined`: not known yet. */
  readonly labels: Labels | undefined;
  readonly addresses: NodeAddresses;
}

/** One session and how far its peer is told. */
export interface SessionFigures extends RibCounts {
  readonly session: Session;
  readonly isUp: boolean;
}

const TURN = 4096;
const NOTHING: Config = { pools: [], peers: [], bfdProfiles: [] };

/** All BGP of a node: which sessions there are, and which routes each is to send. legacy.md §6.1 */
export class BgpSpeaker {
  readonly #rules: BgpRules;
  readonly #ports: BgpSpeakerPorts;
  readonly #sessions: NodeSessions;
  readonly #pacer: Pacer;
  /** Changes on their way to what the peers are to have. */
  readonly #backlog: Backlog;
  #isSettled = false;
  #config: Config = NOTHING;
  #node: SpeakingNode = { labels: undefined, addresses: {} };
  #policy: ExportPolicy;
  readonly #table: RouteTable;
  /** Of the sessions of the policy. */
  #ribs: ReadonlyMap<Session, AdjRibOut> = new Map();
  /** Services whose users were told that something is withheld: what, as text. */
  readonly #told = new Map<string, string>();
  /** Since the obstacles of some peer changed; once for many peers that come up together. */
  #isRetold = true;

  constructor(rules: BgpRules, ports: BgpSpeakerPorts) {
    this.#rules = rules;
    this.#ports = ports;
    this.#policy = exportPolicy(NOTHING, { ...rules, labels: undefined });
    this.#table = new RouteTable(this.#policy);
    this.#sessions = new NodeSessions(rules.mode, {
      open: ports.open,
      logger: ports.logger,
      onObstacles: () => {
        this.#isRetold = false;
        this.#pacer.touch();
      },
    });
    this.#backlog = new Backlog(ports.clock, ports.turn ?? TURN, () => this.#worked());
    this.#pacer = new Pacer(ports.clock, () => {
      // What is to be told is told together.
      if (!this.#backlog.isEmpty) return;
      for (const { link } of this.#sessions.running) link.pull();
      if (!this.#isRetold) this.#tellAll();
    });
  }

  /** Only what differs from the configuration before is done: no session is reset by what is not about it. */
  configure(config: Config): void {
    this.#config = config;
    this.#apply();
  }

  /** The node is now like this. */
  place(node: SpeakingNode): void {
    const before = this.#node;
    this.#node = node;
    if (!isDeepStrictEqual(before.addresses, node.addresses)) {
      this.#sessions.moveTo(node.addresses);
      for (const { rib, outlet } of this.#sessions.running) {
        this.#backlog.add(rib.counts().desired, () => outlet.moveTo(node.addresses));
      }
      this.#work();
    }
    if (isDeepStrictEqual(before.labels, node.labels)) return;
    const msg = 'Node labels changed, resyncing BGP peers';
    this.#ports.logger.info({ event: 'nodeLabelsChanged', msg });
    this.#apply();
  }

  /** Announces a Service, or what it is now. */
  announce(announced: AnnouncedService): void {
    const { service, pool, addresses } = announced;
    if (isDeepStrictEqual(this.#table.get(service), announced)) return;
    this.#send(this.#table.set(announced));
    this.#ports.logger.info({
      event: 'updatedAdvertisements',
      service,
      pool,
      protocol: 'bgp',
      ips: addresses,
      numAds: addresses.length * this.#policy.advertisementsOf(pool),
      msg: 'making advertisements using BGP',
    });
    this.#tell(service);
  }

  /** @param service - `namespace/name` */
  withdraw(service: string): void {
    this.#send(this.#table.delete(service));
    this.#tell(service);
  }

  /** Every Service was looked at once: what peers kept of an earlier run and were not told again may go. RFC 4724 §4.1 */
  settle(): void {
    this.#isSettled = true;
    this.#worked();
  }

  /** Whether {@link settle} was called: whoever is a peer from now on sees no restart. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Asks all peers to prefer other nodes; whoever stops this one waits until it {@link isDrained}, and some more. RFC 8326 */
  drain(): void {
    this.#sessions.drain();
    for (const { rib } of this.#sessions.running) {
      this.#backlog.add(rib.counts().desired, () => rib.drain());
    }
    this.#work();
  }

  /** Whether all that peers are to be told has been handed out to their connections. */
  get isDrained(): boolean {
    return this.#backlog.isEmpty && !this.#sessions.running.some(({ outlet }) => outlet.isWaiting);
  }

  /** In the order of the peers. */
  figures(): readonly SessionFigures[] {
    return this.#sessions.running.map(({ session, rib, outlet }) => {
      return { session, isUp: outlet.isUp, ...rib.counts() };
    });
  }

  /** Ends all sessions; resolves when all of it has left. */
  async stop(closing: Closing): Promise<void> {
    this.#pacer[Symbol.dispose]();
    this.#backlog[Symbol.dispose]();
    await this.#sessions.stop(closing);
  }

  #apply(): void {
    // Two of them would take twice the memory.
    this.#backlog.finish();
    const before = this.#sessions.running;
    this.#policy = exportPolicy(this.#config, { ...this.#rules, labels: this.#node.labels });
    this.#sessions.follow(this.#policy.sessions, this.#config);
    const { running } = this.#sessions;
    this.#ribs = new Map(running.map(({ session, rib }) => [session, rib]));
    const changes = ribChanges(before, running);
    this.#table.follow(this.#policy, (prefix, old, now) => {
      this.#desire(prefix, changes(old, now));
    });
    this.#work();
    this.#tellAll();
  }

  #send(changes: readonly RouteChange[]): void {
    if (changes.length === 0) return;
    const ribs = this.#ribs;
    this.#backlog.add(changes.length, () => {
      for (const { session, prefix, attributes } of changes) {
        ribs.get(session)?.desire(prefix, attributes);
      }
    });
    this.#work(changes.length);
  }

  #desire(prefix: Prefix, changes: readonly RibChange[]): void {
    if (changes.length === 0) return;
    this.#backlog.add(changes.length, () => {
      for (const { rib, attributes } of changes) rib.desire(prefix, attributes);
    });
  }

  /** Where not all is done at once, no peer that comes up meanwhile is told that it was told all. RFC 4724 §4.1 */
  #work(added?: number): void {
    if (added === undefined) this.#backlog.work();
    else this.#backlog.keepUp(added);
    if (this.#backlog.isEmpty) this.#pacer.touch();
    else this.#sessions.settle(false);
  }

  #worked(): void {
    if (!this.#backlog.isEmpty) return;
    this.#sessions.settle(this.#isSettled);
    this.#pacer.touch();
  }

  #tellAll(): void {
    this.#isRetold = true;
    const { running } = this.#sessions;
    if (this.#told.size === 0 && !isAnythingWithheld(this.#table.rows(), running)) return;
    for (const { service } of this.#table.services()) this.#tell(service);
  }

  #tell(service: string): void {
    const problems = withheldRoutes(this.#table.rowsOf(service), this.#sessions.running);
    const text = problems.map(({ message }) => message).join('\n');
    if (text === (this.#told.get(service) ?? '')) return;
    if (text === '') this.#told.delete(service);
    else this.#told.set(service, text);
    this.#ports.withheld(service, problems);
  }
}
