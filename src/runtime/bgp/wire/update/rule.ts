import type { Dialect, UpdateFault } from '../message.ts';

/** IANA, BGP Path Attributes. */
export const AttributeCode = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  med: 4,
  localPref: 5,
  atomicAggregate: 6,
  aggregator: 7,
  communities: 8,
  originatorId: 9,
  clusterList: 10,
  mpReach: 14,
  mpUnreach: 15,
  extendedCommunities: 16,
  as4Path: 17,
  as4Aggregator: 18,
  ipv6ExtendedCommunities: 25,
  largeCommunities: 32,
} as const;

/** Attribute Flags. RFC 4271 §4.3 */
export const Flag = { optional: 0x80, transitive: 0x40, extendedLength: 0x10 } as const;

/** What an attribute has to be like, and what follows if it is not. */
export interface AttributeRule {
  readonly name: string;
  /** The bits Optional and Transitive. RFC 7606 §3(c) */
  readonly flags: number;
  /** Whether the value may have so many octets. RFC 7606 §4: none, only where this says so. */
  readonly fits: (octets: number, dialect: Dialect) => boolean;
  /** If it is malformed. RFC 7606 §7, RFC 6793 §6, RFC 8092 §5 */
  readonly severity: Exclude<UpdateFault['severity'], 'disableFamily'>;
  /** From whom it is discarded, unread. */
  readonly notFrom?: (dialect: Dialect) => boolean;
}

const WELL_KNOWN = Flag.transitive;
const OPTIONAL = Flag.optional;
const OPTIONAL_TRANSITIVE = Flag.optional | Flag.transitive;

const any = (): boolean => true;
const exactly =
  (want: number): AttributeRule['fits'] =>
  (octets) =>
    octets === want;
const atLeast =
  (want: number): AttributeRule['fits'] =>
  (octets) =>
    octets >= want;
const multipleOf =
  (unit: number): AttributeRule['fits'] =>
  (octets) =>
    octets > 0 && octets % unit === 0;
const external = ({ internal }: Dialect): boolean => !internal;
/** A new speaker, of RFC 6793, has no use for these. */
const newSpeaker = ({ asnOctets }: Dialect): boolean => asnOctets === 4;

const WITHDRAW = 'treatAsWithdraw';
const DISCARD = 'attributeDiscard';

/** Name, flags, length, severity, and from whom it is discarded. */
type Row = readonly [
  AttributeRule['name'],
  AttributeRule['flags'],
  AttributeRule['fits'],
  AttributeRule['severity'],
  AttributeRule['notFrom']?,
];

const aggregatorFits: AttributeRule['fits'] = (octets, { asnOctets }) => octets === asnOctets + 4;

const ROWS: readonly (readonly [number, Row])[] = [
  [AttributeCode.origin, ['ORIGIN', WELL_KNOWN, exactly(1), WITHDRAW]],
  [AttributeCode.asPath, ['AS_PATH', WELL_KNOWN, any, WITHDRAW]],
  [AttributeCode.nextHop, ['NEXT_HOP', WELL_KNOWN, exactly(4), WITHDRAW]],
  [AttributeCode.med, ['MULTI_EXIT_DISC', OPTIONAL, exactly(4), WITHDRAW]],
  [AttributeCode.localPref, ['LOCAL_PREF', WELL_KNOWN, exactly(4), WITHDRAW, external]],
  [AttributeCode.atomicAggregate, ['ATOMIC_AGGREGATE', WELL_KNOWN, exactly(0), DISCARD]],
  [AttributeCode.aggregator, ['AGGREGATOR', OPTIONAL_TRANSITIVE, aggregatorFits, DISCARD]],
  [AttributeCode.communities, ['COMMUNITIES', OPTIONAL_TRANSITIVE, multipleOf(4), WITHDRAW]],
  [AttributeCode.originatorId, ['ORIGINATOR_ID', OPTIONAL, exactly(4), WITHDRAW, external]],
  [AttributeCode.clusterList, ['CLUSTER_LIST', OPTIONAL, multipleOf(4), WITHDRAW, external]],
  [AttributeCode.mpReach, ['MP_REACH_NLRI', OPTIONAL, atLeast(5), WITHDRAW]],
  [AttributeCode.mpUnreach, ['MP_UNREACH_NLRI', OPTIONAL, atLeast(3), WITHDRAW]],
  [
    AttributeCode.extendedCommunities,
    ['EXTENDED COMMUNITIES', OPTIONAL_TRANSITIVE, multipleOf(8), WITHDRAW],
  ],
  [AttributeCode.as4Path, ['AS4_PATH', OPTIONAL_TRANSITIVE, atLeast(6), DISCARD, newSpeaker]],
  [
    AttributeCode.as4Aggregator,
    ['AS4_AGGREGATOR', OPTIONAL_TRANSITIVE, exactly(8), DISCARD, newSpeaker],
  ],
  [
    AttributeCode.ipv6ExtendedCommunities,
    ['IPv6 EXTENDED COMMUNITIES', OPTIONAL_TRANSITIVE, multipleOf(20), WITHDRAW],
  ],
  [
    AttributeCode.largeCommunities,
    ['LARGE_COMMUNITY', OPTIONAL_TRANSITIVE, multipleOf(12), WITHDRAW],
  ],
];

const RULES: ReadonlyMap<number, AttributeRule> = new Map(
  ROWS.map(([code, [name, flags, fits, severity, notFrom]]) => [
    code,
    { name, flags, fits, severity, ...(notFrom !== undefined && { notFrom }) },
  ]),
);

/** `undefined`: an attribute that this speaker does not know. */
export function ruleOf(code: number): AttributeRule | undefined {
  return RULES.get(code);
}

/** As it is called in its RFC, for people. */
export function nameOf(code: number): string {
  return RULES.get(code)?.name ?? `attribute ${code}`;
}
