import type { Family } from '../../net/index.ts';
import type { Capability, Notification, Open, WireError } from '../wire/message.ts';
import type { Agreed, GracefulRestart, SessionSettings } from './fsm.ts';

/** What stands in two octets for an AS number that needs four. RFC 6793 §9 */
const AS_TRANS = 23456;
const LARGEST_TWO_OCTET_ASN = 65535;

/** Code of the capability of four-octet AS numbers. RFC 6793 §9 */
const FOUR_OCTET_ASN = 65;

const EMPTY = new Uint8Array(0);

/** Of RFC 4271 §4.5, RFC 5492 §5. */
const OPEN_ERROR = {
  code: 2,
  badPeerAs: 2,
  badIdentifier: 3,
  unsupportedParameter: 4,
  unsupportedCapability: 7,
} as const;

/** How an OPEN is to be this time. */
export interface OpenManner {
  /** Without anything optional, for a peer that refuses what it does not know. RFC 5492 §3 */
  readonly bare: boolean;
  /** The first session since the start of this program; none after it says that this end restarted. RFC 4724 §4.1 */
  readonly first: boolean;
}

/** The OPEN of this end. legacy.md §6.3 */
export function openOf(
  settings: SessionSettings,
  identifier: number,
  { bare, first }: OpenManner,
): Open {
  const { localAsn, holdTime } = settings;
  const capabilities = bare ? indispensable(settings) : capabilitiesOf(settings);
  return {
    type: 'open',
    asn: localAsn > LARGEST_TWO_OCTET_ASN ? AS_TRANS : localAsn,
    holdTime,
    identifier,
    capabilities: first ? capabilities : capabilities.map(withoutRestart),
  };
}

/** Whether an OPEN says anything that is not indispensable. */
export function canDoWithout(settings: SessionSettings, { capabilities }: Open): boolean {
  return capabilities.length > indispensable(settings).length;
}

/** Whether a peer turns down an OPEN for what is optional in it. RFC 5492 §3, §5 */
export function refusesCapabilities({ code, subcode }: Notification): boolean {
  return (
    code === OPEN_ERROR.code &&
    (subcode === OPEN_ERROR.unsupportedParameter || subcode === OPEN_ERROR.unsupportedCapability)
  );
}

/**
 * What both OPENs agree on, or why they do not.
 * RFC 4271 §6.2, RFC 5492, RFC 6286 §2.2, RFC 6793 §4; texts of legacy.md §6.2
 */
export function agree(
  settings: SessionSettings,
  ours: Open,
  theirs: Open,
): Agreed | { readonly error: WireError } {
  const error = refusal(settings, ours, theirs);
  if (error !== undefined) return { error };
  const peerRestart = restartOf(theirs);
  return {
    asnOctets: asnOf(ours) !== undefined && asnOf(theirs) !== undefined ? 4 : 2,
    holdTime: Math.min(ours.holdTime, theirs.holdTime),
    identifier: ours.identifier,
    peerIdentifier: theirs.identifier,
    families: {
      ipv4: speaks(ours, 'ipv4') && speaks(theirs, 'ipv4'),
      ipv6: speaks(ours, 'ipv6') && speaks(theirs, 'ipv6'),
    },
    routeRefresh: refreshes(ours) && refreshes(theirs),
    peerRestart,
    gracefulNotification:
      restartOf(ours)?.notification === true && peerRestart?.notification === true,
    peerCapabilities: theirs.capabilities,
  };
}

/** Whether this end asked its peers to keep routes over a restart. RFC 4724 §3 */
export function restartOf({ capabilities }: Open): GracefulRestart | undefined {
  return capabilities.find((capability) => capability.kind === 'gracefulRestart');
}

function refusal(settings: SessionSettings, ours: Open, theirs: Open): WireError | undefined {
  const { localAsn, peerAsn, servesOldPeers = false } = settings;
  const asn = asnOf(theirs);
  if ((asn ?? theirs.asn) !== peerAsn) {
    const reason = `unexpected peer ASN ${asn ?? theirs.asn}, want ${peerAsn}`;
    return { code: OPEN_ERROR.code, subcode: OPEN_ERROR.badPeerAs, data: EMPTY, reason };
  }
  if (localAsn > LARGEST_TWO_OCTET_ASN && asn === undefined && !servesOldPeers) {
    const reason = 'peer does not support 4-byte ASNs';
    const data = Uint8Array.of(FOUR_OCTET_ASN, 4, ...octetsOf(localAsn));
    return { code: OPEN_ERROR.code, subcode: OPEN_ERROR.unsupportedCapability, data, reason };
  }
  if (localAsn === peerAsn && theirs.identifier === ours.identifier) {
    const reason = 'peer has the router ID of this node';
    return { code: OPEN_ERROR.code, subcode: OPEN_ERROR.badIdentifier, data: EMPTY, reason };
  }
  return undefined;
}

function capabilitiesOf(settings: SessionSettings): readonly Capability[] {
  return [...settings.capabilities, { kind: 'fourOctetAsn', asn: settings.localAsn }];
}

function indispensable(settings: SessionSettings): readonly Capability[] {
  const { localAsn, servesOldPeers = false } = settings;
  const isNeeded = localAsn > LARGEST_TWO_OCTET_ASN && !servesOldPeers;
  return isNeeded ? [{ kind: 'fourOctetAsn', asn: localAsn }] : [];
}

function withoutRestart(capability: Capability): Capability {
  return capability.kind === 'gracefulRestart' ? { ...capability, restarted: false } : capability;
}

function asnOf({ capabilities }: Open): number | undefined {
  return capabilities.find((capability) => capability.kind === 'fourOctetAsn')?.asn;
}

function refreshes({ capabilities }: Open): boolean {
  return capabilities.some(({ kind }) => kind === 'routeRefresh');
}

/** Who names no family at all speaks IPv4. RFC 4760 §8 */
function speaks({ capabilities }: Open, family: Family): boolean {
  const named = capabilities.filter((capability) => capability.kind === 'multiprotocol');
  return named.length === 0 ? family === 'ipv4' : named.some((named) => named.family === family);
}

function octetsOf(word: number): readonly number[] {
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}
