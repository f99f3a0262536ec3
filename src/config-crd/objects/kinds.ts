import type { Labels } from '../../runtime/model/index.ts';
import { type Shape, flag, integer, list, struct, text, textMap } from './shape.ts';

// Limits are those of the model's types; what else the schema of a CRD limits, a rule may refuse. crd.md §1.1–1.8

export interface SelectorSpec {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly ExpressionSpec[];
}

export interface ExpressionSpec {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

export interface PoolSpec {
  readonly addresses?: readonly string[];
  readonly autoAssign?: boolean;
  readonly avoidBuggyIPs?: boolean;
  readonly serviceAllocation?: AllocationSpec;
}

export interface AllocationSpec {
  readonly priority?: number;
  readonly namespaces?: readonly string[];
  readonly namespaceSelectors?: readonly SelectorSpec[];
  readonly serviceSelectors?: readonly SelectorSpec[];
}

/** Which pools an advertisement is for. */
export interface CoverageSpec {
  readonly ipAddressPools?: readonly string[];
  readonly ipAddressPoolSelectors?: readonly SelectorSpec[];
}

export interface Layer2Spec extends CoverageSpec {
  readonly nodeSelectors?: readonly SelectorSpec[];
  readonly interfaces?: readonly string[];
}

/** What a BGP advertisement says, wherever it is written. */
export interface RouteSpec {
  readonly aggregationLength?: number;
  readonly aggregationLengthV6?: number;
  readonly localPref?: number;
  readonly communities?: readonly string[];
}

export interface BgpSpec extends CoverageSpec, RouteSpec {
  readonly nodeSelectors?: readonly SelectorSpec[];
  readonly peers?: readonly string[];
}

export interface AddressPoolSpec {
  readonly protocol?: string;
  readonly addresses?: readonly string[];
  readonly autoAssign?: boolean;
  readonly bgpAdvertisements?: readonly RouteSpec[];
}

export interface PeerSpec {
  readonly myASN?: number;
  readonly peerASN?: number;
  readonly peerAddress?: string;
  readonly sourceAddress?: string;
  readonly peerPort?: number;
  readonly holdTime?: string;
  readonly keepaliveTime?: string;
  readonly routerID?: string;
  readonly nodeSelectors?: readonly SelectorSpec[];
  readonly password?: string;
  readonly passwordSecret?: SecretReferenceSpec;
  readonly bfdProfile?: string;
  readonly ebgpMultiHop?: boolean;
  readonly vrf?: string;
}

/** The namespace is passed over: only Secrets of the namespace at hand are looked at. crd.md §1.4 */
export interface SecretReferenceSpec {
  readonly name?: string;
  readonly namespace?: string;
}

export interface ProfileSpec {
  readonly receiveInterval?: number;
  readonly transmitInterval?: number;
  readonly detectMultiplier?: number;
  readonly echoInterval?: number;
  readonly echoMode?: boolean;
  readonly passiveMode?: boolean;
  readonly minimumTtl?: number;
}

export interface CommunitySpec {
  readonly communities?: readonly AliasSpec[];
}

export interface AliasSpec {
  readonly name?: string;
  readonly value?: string;
}

const uint32 = integer(0, 2 ** 32 - 1);
const anyInteger = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const interval = integer(10, 60_000);
const selectors: Shape<readonly SelectorSpec[]> = list(
  struct<SelectorSpec>({
    matchLabels: textMap,
    matchExpressions: list(
      struct<ExpressionSpec>({ key: text, operator: text, values: list(text) }),
    ),
  }),
);
const coverage = { ipAddressPools: list(text), ipAddressPoolSelectors: selectors };
const route = {
  aggregationLength: anyInteger,
  aggregationLengthV6: anyInteger,
  localPref: uint32,
  communities: list(text),
};

export const poolShape: Shape<PoolSpec> = struct<PoolSpec>({
  addresses: list(text),
  autoAssign: flag,
  avoidBuggyIPs: flag,
  serviceAllocation: struct<AllocationSpec>({
    priority: anyInteger,
    namespaces: list(text),
    namespaceSelectors: selectors,
    serviceSelectors: selectors,
  }),
});

export const layer2Shape: Shape<Layer2Spec> = struct<Layer2Spec>({
  ...coverage,
  nodeSelectors: selectors,
  interfaces: list(text),
});

export const bgpShape: Shape<BgpSpec> = struct<BgpSpec>({
  ...coverage,
  ...route,
  nodeSelectors: selectors,
  peers: list(text),
});

export const addressPoolShape: Shape<AddressPoolSpec> = struct<AddressPoolSpec>({
  protocol: text,
  addresses: list(text),
  autoAssign: flag,
  bgpAdvertisements: list(struct<RouteSpec>(route)),
});

export const peerShape: Shape<PeerSpec> = struct<PeerSpec>({
  myASN: uint32,
  peerASN: uint32,
  peerAddress: text,
  sourceAddress: text,
  peerPort: integer(0, 65_535),
  holdTime: text,
  keepaliveTime: text,
  routerID: text,
  nodeSelectors: selectors,
  password: text,
  passwordSecret: struct<SecretReferenceSpec>({ name: text, namespace: text }),
  bfdProfile: text,
  ebgpMultiHop: flag,
  vrf: text,
});

export const profileShape: Shape<ProfileSpec> = struct<ProfileSpec>({
  receiveInterval: interval,
  transmitInterval: interval,
  detectMultiplier: integer(2, 255),
  echoInterval: interval,
  echoMode: flag,
  passiveMode: flag,
  minimumTtl: integer(1, 254),
});

export const communityShape: Shape<CommunitySpec> = struct<CommunitySpec>({
  communities: list(struct<AliasSpec>({ name: text, value: text })),
});
