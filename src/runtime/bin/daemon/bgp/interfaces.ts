import { networkInterfaces } from 'node:os';
import { type IpAddress, parseIp, parsePrefix } from '../../../net/index.ts';

/** One interface of this machine with the addresses that it has now. */
export interface LocalInterface {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
  /** In CIDR notation. */
  readonly networks: readonly string[];
  readonly linkLocal?: IpAddress;
}

/** The interfaces of this machine that are up, by a look at the kernel. */
export function localInterfaces(): readonly LocalInterface[] {
  return Object.entries(networkInterfaces()).map(([name, entries = []]) => {
    const found = entries.flatMap(({ address, cidr }) => {
      const parsed = parseIp(address);
      return parsed === undefined ? [] : [{ address: parsed, cidr: cidr ?? '' }];
    });
    const linkLocal = found.find(({ address }) => isLinkLocal(address))?.address;
    return {
      name,
      addresses: found.map(({ address }) => address).filter((one) => !isLinkLocal(one)),
      networks: found.map(({ cidr }) => cidr),
      ...(linkLocal !== undefined && { linkLocal }),
    };
  });
}

/** Whether no router is between this machine and the address. */
export function isNeighbor(address: IpAddress, interfaces: readonly LocalInterface[]): boolean {
  return interfaces
    .flatMap(({ networks }) => networks)
    .some((cidr) => {
      const network = parsePrefix(cidr);
      const theirs = network && parsePrefix(`${address}/${network.length}`);
      return theirs !== undefined && theirs.text === network?.text;
    });
}

/** The interface that a link-local address belongs to. */
export function interfaceOf(
  address: IpAddress,
  interfaces: readonly LocalInterface[],
): string | undefined {
  if (!isLinkLocal(address)) return undefined;
  return interfaces.find(({ linkLocal }) => linkLocal === address)?.name;
}

function isLinkLocal(address: IpAddress): boolean {
  return /^fe[89ab]/.test(address);
}
