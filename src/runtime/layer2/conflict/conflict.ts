import type { IpAddress, MacAddress } from '../../net/index.ts';
import type { Duration } from '../../platform/ports.ts';

/**
 * Who else speaks for an address: a speaker of another node, the kernel of a node (kube-proxy in IPVS mode without
 * strictARP puts every address on every node), or a machine that is no node of ours.
 */
export type ConflictKind = 'speaker' | 'kernel' | 'stranger';

/** Somebody else speaks for an address of Services that are announced here. */
export interface Conflict {
  readonly address: IpAddress;
  /** `namespace/name` of every Service that lists the address here. */
  readonly services: readonly string[];
  readonly mac: MacAddress;
  /** Where it was heard. */
  readonly interfaceName: string;
  readonly kind: ConflictKind;
  /** Whose hardware address it is, as far as known. */
  readonly node?: string;
  /**
   * What became of the address here: still answered for; left to the other, who ranks higher; or not taken at all,
   * since it was found in use before its first use.
   */
  readonly outcome: 'kept' | 'yielded' | 'refused';
}

/** Hears of conflicts that lasted longer than a second, once each; for metrics and Events. */
export interface ConflictObserver {
  found(conflict: Conflict): void;
  /** Nothing was heard of the other any more, or the address is not announced here any more. */
  ended(conflict: Conflict): void;
}

/** What is known of other nodes and their speakers. */
export interface Rivals {
  /** The node that has, or last had, a link with this hardware address. */
  stationOf(mac: MacAddress): { readonly node: string } | undefined;
  /** Whether the node's speaker is in our ring now. */
  isMember(node: string): boolean;
  /** When the ring last changed, by the monotonic clock. */
  ringChangedAt(): Duration;
  /**
   * Whether that node comes before this one in the order of election for the Service; false also where it is known
   * that it cannot announce it.
   */
  outranks(node: string, service: string): boolean;
}

/** What an operator should know and do, in one sentence or two; for Events and the log. */
export function describeConflict({ address, mac, kind, node, outcome }: Conflict): string {
  const who = { speaker: 'the speaker', kernel: 'the kernel', stranger: 'a stranger' }[kind];
  const where = node === undefined ? '' : ` of node ${JSON.stringify(node)}`;
  const what = `${address} is also spoken for by ${mac}, ${who}${where}`;
  const became = {
    kept: '',
    yielded: '; left to it, since it comes first in the order of election',
    refused: '; not announced',
  }[outcome];
  return `${what}${became}: ${REMEDY[kind]}`;
}

const REMEDY: Readonly<Record<ConflictKind, string>> = {
  speaker: 'the speakers do not see each other, check port 7946 (TCP and UDP) between the nodes',
  kernel:
    'the node has the address on an interface, set strictARP: true if kube-proxy runs in IPVS mode',
  stranger:
    'a machine outside the cluster uses the address, take it away there or take it out of the pool',
};
