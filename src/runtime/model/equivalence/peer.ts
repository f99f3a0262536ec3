import type { BfdProfile, Config, Peer } from '../config.ts';
import { type Fields, type Sides, fieldDifferences, nodesText, shownNodes } from './wording.ts';

/** What a profile says, its name aside. */
export function profileText(profile: BfdProfile): string {
  const settings = Object.keys(profile).filter((key) => key !== 'name');
  return JSON.stringify(profile, settings.sort());
}

/** For each name of a peer, what the peer says: by this, advertisements of both sides name the same one. */
export function peerKeys(config: Config): ReadonlyMap<string, string> {
  const profiles = profilesOf(config);
  return new Map(config.peers.map((peer) => [peer.name, keyOf(peerFields(peer, profiles))]));
}

/** Peers are matched by what they say, and those left over by address and port. */
export function peerDifferences(a: Config, b: Config, sides: Sides): readonly string[] {
  const one = sidePeers(a);
  const other = sidePeers(b);
  for (const candidate of [...one]) {
    const twin = [...other].find((peer) => isTwin(peer, candidate));
    if (twin === undefined) continue;
    one.delete(candidate);
    other.delete(twin);
  }
  const found: string[] = [];
  for (const candidate of one) {
    const match = [...other].find(({ place }) => place === candidate.place);
    if (match === undefined) {
      found.push(`peer ${candidate.place} is only in ${sides[0]}`);
      continue;
    }
    other.delete(match);
    const what = `peer ${candidate.place}`;
    found.push(...fieldDifferences(what, [candidate.fields, match.fields], sides));
    if (!samePassword(candidate.peer, match.peer)) found.push(`${what}: the passwords differ`);
  }
  for (const { place } of other) found.push(`peer ${place} is only in ${sides[1]}`);
  return found;
}

interface SidePeer {
  readonly peer: Peer;
  /** Address and port. */
  readonly place: string;
  readonly fields: Fields;
}

function sidePeers(config: Config): Set<SidePeer> {
  const profiles = profilesOf(config);
  return new Set(
    config.peers.map((peer) => {
      return { peer, place: placeOf(peer), fields: peerFields(peer, profiles) };
    }),
  );
}

function isTwin(a: SidePeer, b: SidePeer): boolean {
  const alike = a.place === b.place && keyOf(a.fields) === keyOf(b.fields);
  return alike && samePassword(a.peer, b.peer);
}

function samePassword(a: Peer, b: Peer): boolean {
  return a.password === undefined ? b.password === undefined : a.password.equals(b.password);
}

function placeOf({ address, port }: Peer): string {
  return `${address} port ${port}`;
}

function keyOf(fields: Fields): string {
  return [...fields].map(([field, value]) => `${field} ${value}`).join(', ');
}

function profilesOf({ bfdProfiles }: Config): ReadonlyMap<string, string> {
  return new Map(bfdProfiles.map((profile) => [profile.name, profileText(profile)]));
}

function peerFields(peer: Peer, profiles: ReadonlyMap<string, string>): Fields {
  const { bfdProfile, nodeSelectors } = peer;
  const bfd = bfdProfile === undefined ? '' : (profiles.get(bfdProfile) ?? bfdProfile);
  return new Map([
    ['address', placeOf(peer)],
    ['own AS', String(peer.myASN)],
    ['AS', String(peer.peerASN)],
    ['source address', peer.sourceAddress ?? ''],
    ['router ID', peer.routerID ?? ''],
    ['hold time', secondsText(peer.holdTimeSeconds)],
    ['keepalive time', secondsText(peer.keepaliveTimeSeconds)],
    ['BFD profile', bfd],
    ['multihop', peer.ebgpMultiHop ? 'on' : 'off'],
    ['VRF', peer.vrf ?? ''],
    ['password', peer.password === undefined ? '' : 'set'],
    ['nodes', nodesText(nodeSelectors) === '' ? 'every node' : shownNodes(nodeSelectors)],
  ]);
}

function secondsText(value: number): string {
  return `${Math.round(value * 1000) / 1000} s`;
}
