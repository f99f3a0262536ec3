import type { Member } from '../../gossip/index.ts';
import type { Rivals } from '../../layer2/index.ts';
import { type IpAddress, type MacAddress, parseIp } from '../../net/index.ts';
import { type Clock, type Duration, seconds } from '../../platform/ports.ts';
import type { PodView } from '../members/members.ts';

/** The hardware addresses that the kernel has met, with the address that each has. */
export type Neighbors = () => ReadonlyMap<MacAddress, IpAddress>;

/** Hardware addresses remembered, those of nodes that are gone included. */
const MOST = 4096;

/**
 * Tells which node a frame came from: by what speakers of this project say of themselves, and for the others by the
 * kernel's neighbor table, since the Pods of speakers have the addresses of their nodes.
 */
export class Stations implements Omit<Rivals, 'outranks'> {
  readonly #clock: Clock;
  readonly #neighbors: Neighbors;
  readonly #nodes = new Map<MacAddress, string>();
  readonly #addresses = new Map<IpAddress, string>();
  #members: ReadonlySet<string> = new Set();
  #changedAt: Duration = seconds(-Infinity);

  constructor(clock: Clock, neighbors: Neighbors) {
    this.#clock = clock;
    this.#neighbors = neighbors;
  }

  /** The members of the ring are these now. */
  membersAre(members: readonly Member[]): void {
    this.#changedAt = this.#clock.now();
    this.#members = new Set(members.map(({ node }) => node));
    for (const { node, endpoint, features } of members) {
      for (const mac of features?.macs ?? []) keep(this.#nodes, mac, node);
      keep(this.#addresses, endpoint.address, node);
    }
  }

  /** The nodes whose speakers serve are these now, where there is no ring to tell. */
  nodesAre(nodes: ReadonlySet<string>): void {
    this.#changedAt = this.#clock.now();
    this.#members = nodes;
  }

  /** The speaker Pods are these, members or not. */
  podsAre(pods: readonly PodView[]): void {
    for (const { nodeName = '', podIP = '' } of pods) {
      const address = parseIp(podIP);
      if (address !== undefined && nodeName !== '') keep(this.#addresses, address, nodeName);
    }
  }

  stationOf(mac: MacAddress): { readonly node: string } | undefined {
    const node = this.#nodes.get(mac) ?? this.#byNeighbor(mac);
    return node === undefined ? undefined : { node };
  }

  isMember(node: string): boolean {
    return this.#members.has(node);
  }

  ringChangedAt(): Duration {
    return this.#changedAt;
  }

  #byNeighbor(mac: MacAddress): string | undefined {
    const address = this.#neighbors().get(mac);
    return address === undefined ? undefined : this.#addresses.get(address);
  }
}

/** The latest wins; beyond the limit the oldest are forgotten. */
function keep<Key>(map: Map<Key, string>, key: Key, node: string): void {
  map.delete(key);
  map.set(key, node);
  const [oldest] = map.keys();
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}
