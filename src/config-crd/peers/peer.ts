import { EVERYTHING, type Peer, goQuote, routerIdFlaw } from '../../runtime/model/index.ts';
import { type IpAddress, parseIp } from '../../runtime/net/index.ts';
import type { Resource } from '../objects/collect.ts';
import type { PeerSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';
import type { ProblemReason } from '../objects/reason.ts';
import { refuseRepeatedSelectors } from '../selectors/duplicates.ts';
import { parseSelectors } from '../selectors/selectors.ts';
import { type PasswordFacts, parsePassword } from './password.ts';
import { parseTimes } from './times.ts';

const BGP_PORT = 179;

export interface PeerFacts extends PasswordFacts {
  readonly profileNames: ReadonlySet<string>;
}

/** The BGPPeers by name; those that are wrong are told and left out. crd.md §2.6 */
export function parsePeers(
  resources: readonly Resource<PeerSpec>[],
  facts: PeerFacts,
): readonly Peer[] {
  return resources.flatMap((resource) => {
    const place = resource.place.saying(`parsing peer ${resource.name}: `);
    const peer = parsePeer(resource, place, facts);
    checkProfile(resource, facts.profileNames);
    return peer === undefined ? [] : [peer];
  });
}

/** In the original's order, which stops at the first that is wrong. */
function parsePeer(
  { name, spec, annotations }: Resource<PeerSpec>,
  place: Place,
  facts: PeerFacts,
): Peer | undefined {
  const at = place.at('spec');
  const { myASN = 0, peerASN = 0, ebgpMultiHop = false, bfdProfile, vrf } = spec;
  checkNumbers({ myASN, peerASN, ebgpMultiHop }, at);
  const address = parseAddress(spec.peerAddress, at);
  const times = parseTimes(spec, annotations, place);
  const routerID = optionalAddress(spec, 'routerID', at);
  const sourceAddress = optionalAddress(spec, 'sourceAddress', at);
  const nodes = at.at('nodeSelectors');
  refuseRepeatedSelectors(spec.nodeSelectors, 'nodeSelectors', nodes);
  const selectors = parseSelectors(
    spec.nodeSelectors,
    nodes,
    () => `failed to convert peer ${name} node selector: `,
  );
  const password = parsePassword({ name, spec }, at, facts);
  if (address === undefined || times === undefined) return undefined;
  return {
    name,
    myASN,
    peerASN,
    address,
    port: portOf(spec),
    ...(sourceAddress !== undefined && { sourceAddress }),
    ...(routerID !== undefined && { routerID }),
    ...times,
    ...(password !== undefined && { password }),
    ...nonEmpty({ bfdProfile, vrf }),
    ebgpMultiHop,
    nodeSelectors: selectors.length === 0 ? [EVERYTHING] : selectors,
  };
}

/** These texts, as far as they say anything. */
function nonEmpty(
  texts: Readonly<Record<'bfdProfile' | 'vrf', string | undefined>>,
): Pick<Peer, 'bfdProfile' | 'vrf'> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => (text ?? '') !== ''));
}

/** 0 was what a legacy peer without a port became. crd.md §1.9 */
function portOf({ peerPort = 0 }: PeerSpec): number {
  return peerPort === 0 ? BGP_PORT : peerPort;
}

function checkNumbers(
  { myASN, peerASN, ebgpMultiHop }: Pick<Peer, 'myASN' | 'peerASN' | 'ebgpMultiHop'>,
  place: Place,
): void {
  if (myASN === 0) {
    place.at('myASN').refuse({ reason: 'missing-local-asn', message: 'missing local ASN' });
  }
  if (peerASN === 0) {
    place.at('peerASN').refuse({ reason: 'missing-peer-asn', message: 'missing peer ASN' });
  }
  if (myASN !== 0 && myASN === peerASN && ebgpMultiHop) {
    const message = 'invalid ebgp-multihop parameter set for an ibgp peer';
    place.at('ebgpMultiHop').refuse({ reason: 'ebgp-multihop-on-ibgp', message });
  }
}

function parseAddress(written = '', place: Place): IpAddress | undefined {
  const address = parseIp(written);
  if (address === undefined) {
    const message = `invalid BGPPeer address ${goQuote(written)}`;
    place.at('peerAddress').refuse({ reason: 'invalid-peer-address', message });
  }
  return address;
}

const SUBJECTS: Readonly<
  Record<'routerID' | 'sourceAddress', { subject: string; reason: ProblemReason }>
> = {
  routerID: { subject: 'router ID', reason: 'invalid-router-id' },
  sourceAddress: { subject: 'source IP', reason: 'invalid-source-address' },
};

function optionalAddress(
  spec: PeerSpec,
  key: 'routerID' | 'sourceAddress',
  place: Place,
): IpAddress | undefined {
  const written = spec[key] ?? '';
  if (written === '') return undefined;
  const address = parseIp(written);
  if (address === undefined) {
    const { subject, reason } = SUBJECTS[key];
    place.at(key).refuse({ reason, message: `invalid ${subject} ${goQuote(written)}` });
    return undefined;
  }
  const flaw = key === 'routerID' ? routerIdFlaw(address) : undefined;
  if (flaw !== undefined) place.at(key).warn({ reason: 'idle-router-id', message: flaw });
  return address;
}

function checkProfile({ name, spec, place }: Resource<PeerSpec>, known: ReadonlySet<string>): void {
  const { bfdProfile = '' } = spec;
  if (bfdProfile === '' || known.has(bfdProfile)) return;
  const message = `peer ${name} referencing non existing bfd profile ${bfdProfile}`;
  const didYouMean = place.nearest(bfdProfile, known);
  const reason = 'bfd-profile-not-found';
  place.at('spec', 'bfdProfile').refuse({ reason, message, didYouMean, transient: true });
}
