import type { ConfigFile } from '../../../config-legacy/index.ts';
import type { Draft, Origin } from './draft.ts';
import { type Making, metadataOf } from './making.ts';

/** One Community object with all aliases by name, unused ones too. crd.md §1.7 */
export function draftCommunities(file: ConfigFile, { namespace }: Making): readonly Draft[] {
  const written = file['bgp-communities'];
  if (written === undefined || written.entries.size === 0) return [];
  const aliases = [...written.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const source = 'bgp-communities';
  const origins: Origin[] = [{ source: [source], span: written.span, target: [] }];
  aliases.forEach(([alias, { span }], index) => {
    const target = ['spec', 'communities', index];
    origins.push({ source: [source, alias], span, target });
  });
  const communities = aliases.map(([name, { value }]) => ({ name, value }));
  const metadata = metadataOf('communities', namespace);
  const apiVersion = 'metallb.io/v1beta1';
  return [
    { manifest: { apiVersion, kind: 'Community', metadata, spec: { communities } }, origins },
  ];
}
