import { describe, expect, test } from 'vitest';
import {
  type LegacyMode,
  findLegacyDocuments,
  readLegacyConfig,
} from '../../src/config-legacy/index.ts';
import type { Compat } from '../../src/runtime/model/index.ts';
import { textOf } from './native-files.ts';

const MODES: readonly LegacyMode[] = ['none', 'native', 'frr'];
const RELEASES: readonly Compat[] = ['v0.10', 'v0.11', 'v0.12'];
/** legacy.md §1.4–1.12 */
const FIELDS = `
peers my-asn peer-asn ebgp-multihop peer-address hold-time keepalive-time peer-port router-id source-address
node-selectors match-labels match-expressions key operator values password bfd-profile
bgp-communities
address-pools name protocol addresses auto-assign avoid-buggy-ips bgp-advertisements
aggregation-length aggregation-length-v6 localpref communities
bfd-profiles detect-multiplier receive-interval transmit-interval minimum-ttl echo-interval echo-mode passive-mode
`;

describe.each(['example-layer2-config.yaml', 'example-bgp-config.yaml'])('%s', (file) => {
  const each = RELEASES.flatMap((compat) => MODES.map((mode) => [compat, mode] as const));

  test.each(each)('is a configuration of one pool to %s in mode %s', (compat, mode) => {
    expect(read(textOf(file), mode, compat)).toMatchObject({
      kind: 'config',
      config: { pools: [{ name: 'default' }] },
      warnings: [],
    });
  });
});

describe('example-config.yaml', () => {
  const asItStands = textOf('example-config.yaml');
  const forFrr = asItStands.replaceAll(/^( +)#(?=[^ ])/gm, '$1');

  test.each(MODES)('is sound as it stands, in mode %s', (mode) => {
    expect(read(asItStands, mode)).toMatchObject({ kind: 'config', warnings: [] });
  });

  test('is sound in FRR mode with every line that it keeps back, which native mode refuses', () => {
    expect(forFrr).not.toBe(asItStands);
    expect(read(forFrr, 'none')).toMatchObject({ kind: 'config', warnings: [] });
    expect(read(forFrr, 'frr')).toMatchObject({ kind: 'config', warnings: [] });
    expect(read(forFrr, 'native')).toMatchObject({ kind: 'refused' });
  });

  test.each(FIELDS.trim().split(/\s+/))('shows how to write %s', (field) => {
    const { text } = configurationIn(forFrr);
    expect(text).toMatch(new RegExp(`^ *(- )?${field}:`, 'm'));
  });
});

function read(text: string, mode: LegacyMode, compat: Compat = 'v0.12') {
  return readLegacyConfig(configurationIn(text).text, { compat, mode });
}

/** The one configuration in a manifest, where the programs look for it. */
function configurationIn(text: string) {
  const { documents, passedOver, problems } = findLegacyDocuments(text);
  expect({ passedOver, problems }).toEqual({ passedOver: [], problems: [] });
  expect(documents.map(({ origin }) => origin)).toEqual([
    { kind: 'ConfigMap', name: 'config', namespace: 'metallb-system' },
  ]);
  return documents[0]!;
}
