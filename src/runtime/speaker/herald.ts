import {
  type Compat,
  type Config,
  type EventSink,
  type ObjectReference,
  type Problem,
  type AnnouncedView,
  atLeast,
} from '../model/index.ts';
import { type Conflict, describeConflict } from '../layer2/index.ts';
import type { AnnouncedService } from '../bgp/index.ts';
import type { IpAddress } from '../net/index.ts';
import { type Duration, type Logger, seconds } from '../platform/ports.ts';
import type { Protocol } from './decide.ts';
import type { Announcement, Effect, Standing } from './transition.ts';

/** Answers ARP and NDP for what it is given; `set` replaces what the Service had. */
export interface Layer2 {
  /** @param first - no node announced these addresses before, as far as this speaker can tell */
  set(
    key: string,
    addresses: readonly IpAddress[],
    interfaces?: readonly string[],
    first?: boolean,
  ): void;
  delete(key: string): void;
  /** Goes on answering until another node was heard to announce the addresses, at most `within`; announces no more. */
  handOver(key: string, within: Duration): void;
  /** Announces everything again. */
  refresh(): void;
}

/** Tells routers of what it is given; `announce` replaces what the Service had. */
export interface BgpAnnouncing {
  /** A configuration came into force. */
  configure(config: Config): void;
  announce(announced: AnnouncedService): void;
  /** @param service - `namespace/name` */
  withdraw(service: string): void;
  /** Everything that was there at the start was looked at. */
  settle(): void;
}

/** How long an heir may take: it decides within milliseconds, and hears of a leave within a few rounds of gossip. */
const HAND_OVER: Duration = seconds(1);
/** The same for a speaker that stops: in a large ring its leave is gossip of several rounds. Pods have two seconds to end. */
export const LAST_HAND_OVER: Duration = seconds(1.5);

/** Of the reasons why routes of one Service are not sent. */
const MOST_WITHHELD = 4;

/** One address of a Service that this node announces. */
export interface AnnouncedAddress {
  readonly service: string;
  readonly protocol: Protocol;
  readonly node: string;
  readonly ip: IpAddress;
}

/** What the speaker reports for metrics. legacy.md §8.3 */
export interface SpeakerObserver {
  /** A key was taken from the queue and handled. */
  updated(): void;
  /** Handling a key ended in an error. */
  updateFailed(): void;
  announced(address: AnnouncedAddress): void;
  withdrawn(address: AnnouncedAddress): void;
}

export interface HeraldPorts {
  readonly layer2: Layer2;
  readonly bgp: BgpAnnouncing;
  readonly events: EventSink;
  readonly logger: Logger;
  readonly observer: SpeakerObserver;
}

/** Carries decisions out: tells the protocols, the log, the gauges and the Event stream. legacy.md §4.1 */
export class Herald {
  readonly #ports: HeraldPorts;
  readonly #node: string;
  readonly #compat: Compat;

  constructor(ports: HeraldPorts, node: string, compat: Compat) {
    this.#ports = ports;
    this.#node = node;
    this.#compat = compat;
  }

  /**
   * Performs `effect` for the Service `key`; `service` is absent once it is gone.
   *
   * @param isFirst - its addresses were announced by nobody before
   */
  perform(key: string, service: AnnouncedView | undefined, effect: Effect, isFirst = false): void {
    const { announcement } = effect;
    switch (effect.type) {
      case 'set':
        this.#set(key, announcement, isFirst);
        break;
      case 'delete':
        if (announcement.protocol === 'bgp') this.#ports.bgp.withdraw(key);
        else this.#ports.layer2.delete(key);
        break;
      case 'handOver':
        this.#ports.layer2.handOver(key, HAND_OVER);
        break;
      case 'unplaced':
        this.#unplaced(key, announcement, service);
        break;
      case 'placed':
        this.#placed(key, announcement, service);
        break;
      case 'withdrawn':
        this.#withdrawn(key, announcement, effect.reason);
        break;
      case 'announced':
        this.#announced(key, announcement, service);
        break;
      default:
        effect satisfies never;
    }
  }

  /** Says why a Service that should be announced is not, where the log has to. */
  refused(key: string, service: AnnouncedView | undefined, error: string): void {
    const msg = error === 'invalid LoadBalancer IP' ? 'invalid IP allocated by controller' : error;
    const ips = this.#addresses(service?.ingress ?? []);
    this.#ports.logger.error({ op: 'setBalancer', service: key, ...ips, error, msg });
  }

  /** Says for debugging that no advertisement is for the pool: the controller tells the user. crd.md §3.4 */
  unadvertised(key: string, pool: string): void {
    const reason = 'noAdvertisement';
    const msg = 'no advertisement is for this pool on this node, not announcing';
    this.#ports.logger.debug({ event: 'notAnnounced', service: key, pool, reason, msg });
  }

  /** Says which announced Service a configuration has no place for. legacy.md §4.2 */
  displaced(key: string, standing: Standing, error: string): void {
    const [announcement] = standing;
    const ips = this.#addresses(announcement?.addresses ?? []);
    const msg = 'new configuration rejected';
    this.#ports.logger.error({ op: 'setConfig', service: key, ...ips, error, msg });
  }

  /** Somebody else speaks for an address of the Service. */
  disputed(service: AnnouncedView, conflict: Conflict): void {
    const message = describeConflict(conflict);
    const remark = { type: 'Warning', reason: 'addressConflict', message } as const;
    this.#ports.events.record(aboutService(service), remark);
  }

  /** Some of what was asked for is not told to routers. */
  withheld(service: AnnouncedView, problems: readonly Problem[]): void {
    const { events, logger } = this.#ports;
    for (const { message, hint } of problems.slice(0, MOST_WITHHELD)) {
      const msg = 'a route that was asked for is not sent';
      logger.warn({ op: 'updateAds', service: service.key, error: message, msg });
      const text = hint === undefined ? message : `${message} (${hint})`;
      events.record(aboutService(service), {
        type: 'Warning',
        reason: 'announceFailed',
        message: text,
      });
    }
  }

  #set(key: string, announcement: Announcement, isFirst: boolean): void {
    const { addresses, interfaces, pool, protocol } = announcement;
    if (protocol === 'bgp') {
      this.#ports.bgp.announce({ service: key, pool, addresses });
      return;
    }
    const only = interfaces.length === 0 ? undefined : interfaces;
    if (isFirst) this.#ports.layer2.set(key, addresses, only, true);
    else if (only === undefined) this.#ports.layer2.set(key, addresses);
    else this.#ports.layer2.set(key, addresses, only);
  }

  /** One Event for each address, as the original. crd.md §3.5 */
  #unplaced(key: string, announcement: Announcement, service: AnnouncedView | undefined): void {
    const { logger, events } = this.#ports;
    const { addresses, interfaces, protocol } = announcement;
    const msg = 'none of the interfaces to announce on is here, nobody answers';
    logger.warn({ op: 'setBalancer', ...this.#context(key, announcement), interfaces, msg });
    if (service === undefined) return;
    for (const address of addresses) {
      const message = `the interfaces specified by LB IP "${address}" doesn't exist in assigned node ${JSON.stringify(this.#node)} with protocol "${protocol}"`;
      events.record(aboutService(service), { type: 'Warning', reason: 'announceFailed', message });
    }
  }

  #placed(key: string, announcement: Announcement, service: AnnouncedView | undefined): void {
    const { interfaces } = announcement;
    const msg = 'an interface to announce on is here, announcing';
    const context = { ...this.#context(key, announcement), interfaces };
    this.#ports.logger.info({ op: 'setBalancer', ...context, msg });
    this.#assigned(announcement, service);
  }

  #withdrawn(key: string, announcement: Announcement, reason: string): void {
    const { observer, logger } = this.#ports;
    for (const gauge of this.#gauges(key, announcement)) observer.withdrawn(gauge);
    const context = this.#context(key, announcement);
    const msg = 'withdrawing service announcement';
    logger.info({ event: 'serviceWithdrawn', ...context, reason, msg });
  }

  #announced(key: string, announcement: Announcement, service: AnnouncedView | undefined): void {
    const { observer, logger } = this.#ports;
    for (const gauge of this.#gauges(key, announcement)) observer.announced(gauge);
    const context = this.#context(key, announcement);
    logger.info({ event: 'serviceAnnounced', ...context, msg: 'service has IP, announcing' });
    this.#assigned(announcement, service);
  }

  #assigned(announcement: Announcement, service: AnnouncedView | undefined): void {
    if (service === undefined) return;
    const message = atLeast(this.#compat, 'v0.13')
      ? `announcing from node ${JSON.stringify(this.#node)} with protocol "${announcement.protocol}"`
      : `announcing from node ${JSON.stringify(this.#node)}`;
    const remark = { type: 'Normal', reason: 'nodeAssigned', message } as const;
    this.#ports.events.record(aboutService(service), remark);
  }

  #gauges(service: string, { protocol, addresses }: Announcement): AnnouncedAddress[] {
    return addresses.map((ip) => ({ service, protocol, node: this.#node, ip }));
  }

  #context(service: string, { addresses, pool, protocol }: Announcement): object {
    return { service, ...this.#addresses(addresses), pool, protocol };
  }

  /** v0.12 logs a list, releases before it their one address. */
  #addresses(ips: readonly string[]): object {
    return atLeast(this.#compat, 'v0.12') ? { ips } : { ip: ips[0] ?? '' };
  }
}

function aboutService({ key, uid }: AnnouncedView): ObjectReference {
  const slash = key.indexOf('/');
  const namespace = key.slice(0, slash);
  return { apiVersion: 'v1', kind: 'Service', namespace, name: key.slice(slash + 1), uid };
}
