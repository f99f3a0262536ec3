import type { IpAddress, Prefix } from '../net/index.ts';
import type { Secret } from './secret.ts';
import type { Selector } from './selector.ts';

/** The whole configuration, whichever dialect it came from. Pools are sorted by name. product.md §3. */
export interface Config {
  readonly pools: readonly Pool[];
  readonly peers: readonly Peer[];
  readonly bfdProfiles: readonly BfdProfile[];
}

export interface Pool {
  readonly name: string;
  /** The name it had in the legacy dialect, where that is no legal name of an object. product.md §4 */
  readonly legacyName?: string;
  /** In order of allocation. */
  readonly cidrs: readonly Prefix[];
  readonly autoAssign: boolean;
  readonly avoidBuggyIPs: boolean;
  /** Absent in the legacy dialect: every Service may use the pool. */
  readonly serviceAllocation?: ServiceAllocation;
  /** Empty: not announced at layer 2. */
  readonly layer2: readonly Layer2Advertisement[];
  /** Empty: not announced over BGP. */
  readonly bgp: readonly BgpAdvertisement[];
}

export interface ServiceAllocation {
  readonly priority: number;
  readonly namespaces: readonly string[];
  readonly namespaceSelectors: readonly Selector[];
  readonly serviceSelectors: readonly Selector[];
}

export interface Layer2Advertisement {
  readonly nodeSelectors: readonly Selector[];
  readonly interfaces: readonly string[];
}

export interface BgpAdvertisement {
  readonly aggregationLength: number;
  readonly aggregationLengthV6: number;
  readonly localPref: number;
  /** Each `a:b`, ascending by value. */
  readonly communities: readonly string[];
  readonly peers: readonly string[];
  readonly nodeSelectors: readonly Selector[];
}

export interface Peer {
  readonly name: string;
  readonly myASN: number;
  readonly peerASN: number;
  readonly address: IpAddress;
  readonly port: number;
  readonly sourceAddress?: IpAddress;
  readonly routerID?: IpAddress;
  /** Zero switches the hold timer off. */
  readonly holdTimeSeconds: number;
  /** May carry a fraction: the default is a third of the hold time. */
  readonly keepaliveTimeSeconds: number;
  readonly password?: Secret;
  readonly bfdProfile?: string;
  readonly ebgpMultiHop: boolean;
  readonly vrf?: string;
  readonly nodeSelectors: readonly Selector[];
}

/** BFD session parameters, defaults filled in as FRR fills them. */
export interface BfdProfile {
  readonly name: string;
  readonly receiveIntervalMs: number;
  readonly transmitIntervalMs: number;
  readonly detectMultiplier: number;
  readonly echoIntervalMs: number;
  readonly echoMode: boolean;
  readonly passiveMode: boolean;
  readonly minimumTTL: number;
}
