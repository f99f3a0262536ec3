import type { ConfigFile, PeerEntry } from '../../../config-legacy/index.ts';
import { parseIp } from '../../../runtime/net/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { peerNames } from '../naming/peers.ts';
import { type Draft, Fields, type Origin, type Path } from './draft.ts';
import { type Making, metadataOf } from './making.ts';
import { convertSelectors } from './selectors.ts';
import { withoutZeros } from './zeros.ts';
import { convertTimes } from './times.ts';

/** The greatest port that the original's CRDs take. crd.md §1.4 */
const LAST_PORT = 16384;

/** A peer that has no name yet. */
interface Nameless {
  readonly fields: Fields;
  readonly annotations: Fields;
  readonly entry: PeerEntry;
  readonly source: Path;
}

/** BGPPeers, and Secrets for the passwords they need. crd.md §1.4 */
export function draftPeers(
  file: ConfigFile,
  profileNames: ReadonlyMap<string, string>,
  making: Making,
): readonly Draft[] {
  const peers = (file.peers?.items ?? []).map((entry, index) =>
    convertPeer(entry, ['peers', index], { profileNames, making }),
  );
  const names = peerNames(
    peers.map(({ entry, fields, annotations }) => ({
      address: parseIp(textOf(entry, 'peer-address') ?? '') ?? '',
      port: portOf(entry) ?? 179,
      content: JSON.stringify([fields.values, annotations.values, textOf(entry, 'password') ?? '']),
    })),
  );
  return peers.flatMap((peer, index) => named(peer, names[index] ?? '', making.namespace));
}

function convertPeer(
  entry: PeerEntry,
  source: Path,
  facts: { readonly profileNames: ReadonlyMap<string, string>; readonly making: Making },
): Nameless {
  const { profileNames, making } = facts;
  const fields = new Fields(source, ['spec']);
  const annotations = new Fields(source, ['metadata', 'annotations']);
  const address = (key: AddressKey): string | undefined => addressOf(entry, key, making);
  fields.set('myASN', entry['my-asn']?.value, 'my-asn', entry['my-asn']);
  fields.set('peerASN', entry['peer-asn']?.value, 'peer-asn', entry['peer-asn']);
  fields.set('peerAddress', address('peer-address'), 'peer-address', entry['peer-address']);
  fields.set('sourceAddress', address('source-address'), 'source-address', entry['source-address']);
  fields.set('peerPort', portOf(entry), 'peer-port', entry['peer-port']);
  refusePort(entry, source, making);
  convertTimes(entry, source, { fields, annotations, making });
  fields.set('routerID', address('router-id'), 'router-id', entry['router-id']);
  convertNodes(entry, source, { fields, making });
  const profile = textOf(entry, 'bfd-profile');
  const profileName = profile === undefined ? undefined : (profileNames.get(profile) ?? profile);
  fields.set('bfdProfile', profileName, 'bfd-profile', entry['bfd-profile']);
  const multihop = entry['ebgp-multihop'];
  fields.set(
    'ebgpMultiHop',
    multihop?.value === true ? true : undefined,
    'ebgp-multihop',
    multihop,
  );
  return { fields, annotations, entry, source };
}

function convertNodes(
  entry: PeerEntry,
  source: Path,
  { fields, making }: { readonly fields: Fields; readonly making: Making },
): void {
  const written = entry['node-selectors'];
  if (written === undefined || written.items.length === 0) return;
  const places = { source: [...source, 'node-selectors'], target: ['spec', 'nodeSelectors'] };
  const { selectors, origins } = convertSelectors(written.items, places, making.report);
  fields.set('nodeSelectors', selectors, 'node-selectors', written);
  fields.origins.push(...origins);
}

type AddressKey = 'peer-address' | 'source-address' | 'router-id';

/** As written; the original's readers of v0.13 take no zeros in front. */
function addressOf(entry: PeerEntry, key: AddressKey, { target }: Making): string | undefined {
  const text = textOf(entry, key);
  return text === undefined || target === 'metal-lb' ? text : withoutZeros(text);
}

function textOf(
  entry: PeerEntry,
  key: AddressKey | 'bfd-profile' | 'password',
): string | undefined {
  const text = entry[key]?.value;
  return text === '' ? undefined : text;
}

function portOf(entry: PeerEntry): number | undefined {
  const port = entry['peer-port']?.value;
  return port === 0 ? undefined : port;
}

function refusePort(entry: PeerEntry, source: Path, { target, report }: Making): void {
  const written = entry['peer-port'];
  if (target === 'metal-lb' || written === undefined || written.value <= LAST_PORT) return;
  report.refuse({
    source: [...source, 'peer-port'],
    span: written.span,
    reason: 'peer-port-unrepresentable',
    message: `peer-port ${written.value} is more than ${LAST_PORT}, where the CRDs of v0.13 end`,
    hint: `let the peer listen on a port up to ${LAST_PORT}, or convert for metal-lb`,
  });
}

function named(
  { fields, annotations, entry, source }: Nameless,
  name: string,
  namespace: string,
): readonly Draft[] {
  const top: Origin = { source, span: entry.span, target: [] };
  const password = entry.password;
  const origins = [top, ...fields.origins, ...annotations.origins];
  const metadata = metadataOf(name, namespace, annotations.values as Record<string, string>);
  const spec = { ...fields.values };
  const secrets: Draft[] = [];
  if (password !== undefined && password.value !== '') {
    const secret = `${name}-password`;
    spec['passwordSecret'] = { name: secret };
    const key = { source: [...source, 'password'], span: password.span };
    origins.push({ ...key, target: ['spec', 'passwordSecret'] });
    secrets.push({ manifest: secretOf(secret, namespace, password.value), origins: [] });
  }
  const apiVersion = 'metallb.io/v1beta2';
  return [...secrets, { manifest: { apiVersion, kind: 'BGPPeer', metadata, spec }, origins }];
}

function secretOf(name: string, namespace: string, password: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'kubernetes.io/basic-auth',
    data: { password: Buffer.from(password).toString('base64') },
  };
}
