import { type Compat, atLeast } from '../../runtime/model/index.ts';
import { parseAddressBlock } from './address.ts';
import type { ConfigFile, PeerEntry, PoolEntry } from './document.ts';
import { type RuleReason, Refusal, within } from './refusal.ts';

/** Whose validator runs first: nobody's (the controller), the native speaker's, the FRR speaker's. */
export type LegacyMode = 'none' | 'native' | 'frr';

/**
 * Refuses what a speaker of the mode does not serve, before anything else is checked. legacy.md §1.11
 *
 * The native rules hold under every compat (product.md §5); FRR mode came with 0.12.
 */
export function checkMode(file: ConfigFile, mode: LegacyMode, compat: Compat): void {
  if (mode === 'native') checkNative(file, compat);
  if (mode === 'frr' && atLeast(compat, 'v0.12')) checkFrr(file);
}

function checkNative(file: ConfigFile, compat: Compat): void {
  (file.peers?.items ?? []).forEach((peer, index) => {
    within('', `peers[${index}]`, () => {
      refuseNativeField(peer, 'bfd-profile', 'native-bfd-profile');
      refuseNativeField(peer, 'keepalive-time', 'native-keepalive-time');
    });
  });
  const profiles = file['bfd-profiles'];
  if (profiles !== undefined && profiles.items.length > 0) {
    const { span } = profiles;
    const place = { path: 'bfd-profiles', span };
    throw new Refusal('bfd profiles section set', { reason: 'native-bfd-section', ...place });
  }
  (file['address-pools']?.items ?? []).forEach((pool, index) => {
    if (pool.protocol?.value !== 'bgp') return;
    within('', `address-pools[${index}]`, () => checkNativePool(pool, compat));
  });
}

function refuseNativeField(
  peer: PeerEntry,
  key: 'bfd-profile' | 'keepalive-time',
  reason: RuleReason,
): void {
  const field = peer[key];
  if (field === undefined || field.value === '') return;
  const message = `peer ${addressText(peer)} has ${key} set on native bgp mode`;
  throw new Refusal(message, { reason, path: key, span: field.span });
}

function checkNativePool(pool: PoolEntry, compat: Compat): void {
  const name = pool.name?.value ?? '';
  (pool.addresses?.items ?? []).forEach((entry, index) => {
    within('', `addresses[${index}]`, () => {
      const { prefixes } = parseAddressBlock(entry, name, compat);
      const v6 = prefixes.find(({ family }) => family === 'ipv6');
      if (v6 === undefined) return;
      const message = `pool "${name}" has ipv6 CIDR ${v6.text}, native bgp mode does not support ipv6`;
      throw new Refusal(message, { reason: 'native-ipv6-pool', path: '', span: entry.span });
    });
  });
}

/** Every later peer against the first. */
function checkFrr(file: ConfigFile): void {
  const [first, ...others] = file.peers?.items ?? [];
  if (first === undefined) return;
  const addresses = new Set([addressText(first)]);
  others.forEach((peer, index) => {
    within('', `peers[${index + 1}]`, () => {
      checkLikeFirst(peer, first);
      const address = addressText(peer);
      if (addresses.has(address)) {
        const message = `peer ${address} already exists, FRR mode doesn't support duplicate BGPPeers`;
        throw new Refusal(message, { reason: 'frr-duplicate-peer', ...at(peer, 'peer-address') });
      }
      addresses.add(address);
    });
  });
}

function checkLikeFirst(peer: PeerEntry, first: PeerEntry): void {
  const routerID = peer['router-id']?.value ?? '';
  const firstRouterID = first['router-id']?.value ?? '';
  if (routerID !== firstRouterID) {
    const found = `peer ${routerID} has RouterID different from ${firstRouterID}`;
    throw new Refusal(`${found}, in FRR mode all RouterID must be equal`, {
      reason: 'frr-router-id-mismatch',
      ...at(peer, 'router-id'),
    });
  }
  if ((peer['my-asn']?.value ?? 0) !== (first['my-asn']?.value ?? 0)) {
    const found = `peer ${addressText(peer)} has myAsn different from ${addressText(first)}`;
    throw new Refusal(`${found}, in FRR mode all myAsn must be equal`, {
      reason: 'frr-my-asn-mismatch',
      ...at(peer, 'my-asn'),
    });
  }
}

function addressText(peer: PeerEntry): string {
  return peer['peer-address']?.value ?? '';
}

function at(
  peer: PeerEntry,
  key: 'router-id' | 'my-asn' | 'peer-address',
): Pick<Refusal['fault'], 'path' | 'span'> {
  return { path: key, span: peer[key]?.span ?? peer.span };
}
