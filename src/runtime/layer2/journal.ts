import type { IpAddress } from '../net/index.ts';
import type { Logger } from '../platform/ports.ts';
import type { AnsweredRequest, MembershipFailure, ResponderKey } from './link-layer.ts';

/** What happens on the links, in the log fields that people filter on. legacy.md §5, §8.4 */
export class LinkJournal {
  readonly #logger: Logger;
  readonly #linkName: (interfaceIndex: number) => string | undefined;

  constructor(logger: Logger, linkName: (interfaceIndex: number) => string | undefined) {
    this.#logger = logger;
    this.#linkName = linkName;
  }

  opened(key: ResponderKey): void {
    const protocol = key.protocol.toUpperCase();
    const event = `create${protocol}Responder`;
    this.#logger.info({
      event,
      ...this.#place(key),
      msg: `created ${protocol} responder for interface`,
    });
  }

  closed(key: ResponderKey): void {
    const protocol = key.protocol.toUpperCase();
    const event = `delete${protocol}Responder`;
    this.#logger.info({
      event,
      ...this.#place(key),
      msg: `deleted ${protocol} responder for interface`,
    });
  }

  failed(key: ResponderKey, error: string): void {
    const protocol = key.protocol.toUpperCase();
    const op = `create${protocol}Responder`;
    const msg = `failed to create ${protocol} responder`;
    this.#logger.error({ op, ...this.#place(key), error, msg });
  }

  announcementFailed(key: ResponderKey, ip: IpAddress, error: string): void {
    const op = 'gratuitousAnnounce';
    const msg = `failed to make gratuitous ${key.protocol.toUpperCase()} announcement`;
    this.#logger.error({ op, ...this.#place(key), ip, error, msg });
  }

  membershipFailed({ operation, interfaceName, group, error }: MembershipFailure): void {
    const watch = operation === 'join' ? 'watch' : 'unwatch';
    const op = `${watch}MulticastGroup`;
    const msg = `failed to ${watch} NDP multicast group`;
    this.#logger.error({ op, interface: interfaceName, group, error, msg });
  }

  answered(requests: readonly AnsweredRequest[]): void {
    for (const { interfaceName, address, senderIp, senderMac, responseMac } of requests) {
      const protocol = address.includes(':') ? 'NDP' : 'ARP';
      this.#logger.debug({
        interface: interfaceName,
        ip: address,
        senderIP: senderIp,
        senderMAC: senderMac,
        responseMAC: responseMac,
        msg: `got ${protocol} request for service IP, sending response`,
      });
    }
  }

  #place({ interfaceIndex }: ResponderKey): { readonly interface: string } {
    return { interface: this.#linkName(interfaceIndex) ?? `index ${interfaceIndex}` };
  }
}
