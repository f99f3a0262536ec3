import {
  type BfdProfile,
  EVERYTHING,
  type Peer,
  Secret,
  goQuote,
  nearest,
  parseDuration,
  routerIdFlaw,
  wholeSeconds,
} from '../../runtime/model/index.ts';
import { type IpAddress, parseIp } from '../../runtime/net/index.ts';
import type { Value } from '../yaml/decode.ts';
import type { Span } from '../yaml/tree.ts';
import type { ConfigFile, PeerEntry } from './document.ts';
import { type RuleReason, Refusal, within } from './refusal.ts';
import { type ParsedSelector, parseNodeSelector } from './selector.ts';

const DEFAULT_HOLD_SECONDS = 90;
const BGP_PORT = 179;

interface ParsedPeer {
  readonly peer: Peer;
  /** Equal for peers that the original takes to be one. */
  readonly identity: string;
}

/** The peers, named by position. legacy.md §1.5 */
export function parsePeers(file: ConfigFile, profiles: readonly BfdProfile[]): readonly Peer[] {
  const seen = new Set<string>();
  return (file.peers?.items ?? []).map((entry, index) => {
    const path = `peers[${index}]`;
    const number = `#${index + 1}`;
    const { peer, identity } = within(`parsing peer ${number}: `, path, () =>
      parsePeer(entry, `peer${index + 1}`),
    );
    within(`peer ${number} `, path, () => {
      checkProfile(entry, profiles);
      if (!seen.has(identity)) return;
      throw fault('already exists', 'peer-duplicate', { path: '', span: entry.span });
    });
    seen.add(identity);
    return peer;
  });
}

/** A router id that means nothing, and where it stands. */
export interface IdleRouterId extends Place {
  readonly flaw: string;
}

/** Of peers that {@link parsePeers} takes. */
export function idleRouterIds(file: ConfigFile): readonly IdleRouterId[] {
  return (file.peers?.items ?? []).flatMap((entry, index) => {
    const routerID = optionalAddress(entry, 'router-id');
    const flaw = routerID === undefined ? undefined : routerIdFlaw(routerID);
    if (flaw === undefined) return [];
    const { path, span } = at(entry, 'router-id');
    return [{ flaw, path: `peers[${index}].${path}`, span }];
  });
}

function parsePeer(entry: PeerEntry, name: string): ParsedPeer {
  const numbers = parseNumbers(entry);
  const address = parseAddress(entry);
  const times = parseTimes(entry);
  const routerID = optionalAddress(entry, 'router-id');
  const sourceAddress = optionalAddress(entry, 'source-address');
  const selectors = parseSelectors(entry);
  const password = textOf(entry, 'password');
  const bfdProfile = textOf(entry, 'bfd-profile');
  const plain = {
    ...numbers,
    address,
    port: portOf(entry),
    ...(sourceAddress !== undefined && { sourceAddress }),
    ...(routerID !== undefined && { routerID }),
    ...times,
    ...(bfdProfile !== '' && { bfdProfile }),
    ebgpMultiHop: entry['ebgp-multihop']?.value ?? false,
  };
  const secret = password === '' ? {} : { password: new Secret(password) };
  const nodeSelectors = selectors.map(({ selector }) => selector);
  const identities = selectors.map(({ identity }) => identity);
  return {
    peer: { name, ...plain, ...secret, nodeSelectors },
    identity: JSON.stringify([plain, password, identities]),
  };
}

function portOf(entry: PeerEntry): number {
  const port = entry['peer-port']?.value ?? 0;
  return port === 0 ? BGP_PORT : port;
}

function parseNumbers(entry: PeerEntry): { myASN: number; peerASN: number } {
  const myASN = entry['my-asn']?.value ?? 0;
  const peerASN = entry['peer-asn']?.value ?? 0;
  if (myASN === 0) {
    throw fault('missing local ASN', 'peer-missing-my-asn', at(entry, 'my-asn'));
  }
  if (peerASN === 0) {
    throw fault('missing peer ASN', 'peer-missing-peer-asn', at(entry, 'peer-asn'));
  }
  if (entry['ebgp-multihop']?.value === true && myASN === peerASN) {
    const message = 'invalid ebgp-multihop parameter set for an ibgp peer';
    throw fault(message, 'peer-ibgp-multihop', at(entry, 'ebgp-multihop'));
  }
  return { myASN, peerASN };
}

function parseAddress(entry: PeerEntry): IpAddress {
  const text = textOf(entry, 'peer-address');
  const address = parseIp(text);
  if (address !== undefined) return address;
  throw fault(`invalid peer IP ${goQuote(text)}`, 'peer-bad-address', at(entry, 'peer-address'));
}

function optionalAddress(
  entry: PeerEntry,
  key: 'router-id' | 'source-address',
): IpAddress | undefined {
  const text = textOf(entry, key);
  if (text === '') return undefined;
  const address = parseIp(text);
  if (address !== undefined) return address;
  const [subject, reason] =
    key === 'router-id'
      ? (['router ID', 'peer-bad-router-id'] as const)
      : (['source IP', 'peer-bad-source-address'] as const);
  throw fault(`invalid ${subject} ${goQuote(text)}`, reason, at(entry, key));
}

type Times = Pick<Peer, 'holdTimeSeconds' | 'keepaliveTimeSeconds'>;

/** Whole seconds both, except that a third of the hold time, the default keepalive, is not rounded. */
function parseTimes(entry: PeerEntry): Times {
  const holdTimeSeconds = parseHoldTime(entry);
  const text = textOf(entry, 'keepalive-time');
  const where = at(entry, 'keepalive-time');
  const keepalive = parseSeconds(text, (why) =>
    fault(`invalid keepalive time ${goQuote(text)}: ${why}`, 'peer-bad-keepalive', where),
  );
  // In whole nanoseconds, as the original divides.
  const keepaliveTimeSeconds = keepalive ?? Math.floor((holdTimeSeconds * 1e9) / 3) / 1e9;
  if (keepaliveTimeSeconds > holdTimeSeconds) {
    const message = `invalid keepaliveTime ${goQuote(text)}`;
    throw fault(message, 'peer-keepalive-exceeds-hold', where);
  }
  return { holdTimeSeconds, keepaliveTimeSeconds };
}

function parseHoldTime(entry: PeerEntry): number {
  const text = textOf(entry, 'hold-time');
  const refusal = (why: string): Refusal =>
    fault(
      `invalid hold time ${goQuote(text)}: ${why}`,
      'peer-bad-hold-time',
      at(entry, 'hold-time'),
    );
  const seconds = parseSeconds(text, refusal) ?? DEFAULT_HOLD_SECONDS;
  if (seconds !== 0 && seconds < 3) throw refusal('must be 0 or >=3s');
  return seconds;
}

function parseSeconds(text: string, refusal: (why: string) => Refusal): number | undefined {
  if (text === '') return undefined;
  const parsed = parseDuration(text);
  if (parsed.kind === 'malformed') throw refusal(parsed.message);
  return wholeSeconds(parsed.nanoseconds);
}

type TextKey = 'peer-address' | 'router-id' | 'source-address' | 'hold-time' | 'keepalive-time';

function textOf(entry: PeerEntry, key: TextKey | 'password' | 'bfd-profile'): string {
  return entry[key]?.value ?? '';
}

function parseSelectors(entry: PeerEntry): readonly ParsedSelector[] {
  const written = entry['node-selectors']?.items ?? [];
  if (written.length === 0) return [{ selector: EVERYTHING, identity: [] }];
  return written.map((selector, index) =>
    within('parsing node selector: ', `node-selectors[${index}]`, () =>
      parseNodeSelector(selector),
    ),
  );
}

function checkProfile(entry: PeerEntry, profiles: readonly BfdProfile[]): void {
  const wanted = textOf(entry, 'bfd-profile');
  if (wanted === '' || profiles.some(({ name }) => name === wanted)) return;
  throw new Refusal(`referencing non existing bfd profile ${wanted}`, {
    reason: 'peer-unknown-bfd-profile',
    ...at(entry, 'bfd-profile'),
    didYouMean: nearest(
      wanted,
      profiles.map(({ name }) => name),
    ),
  });
}

interface Place {
  readonly path: string;
  readonly span: Span;
}

/** A field's place, or that of the mapping it is missing from. */
function at(entry: PeerEntry, key: Exclude<keyof PeerEntry, 'span'>): Place {
  const field: Value<unknown> | { readonly span: Span } | undefined = entry[key];
  return { path: key, span: field?.span ?? entry.span };
}

function fault(message: string, reason: RuleReason, place: Place): Refusal {
  return new Refusal(message, { reason, ...place });
}
