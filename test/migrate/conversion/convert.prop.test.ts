import { fc, test } from '@fast-check/vitest';
import { describe, expect, test as example } from 'vitest';
import { readResources } from '../../../src/config-crd/index.ts';
import { CRDS, admit } from '../../../src/config-crd/schema/index.ts';
import { type LegacyMode, readLegacyConfig } from '../../../src/config-legacy/index.ts';
import { convertLegacy } from '../../../src/migrate/conversion/index.ts';
import type { Manifest } from '../../../src/migrate/manifests/manifest.ts';
import { type Compat, type Config, differences } from '../../../src/runtime/model/index.ts';
import { originalDefinitions } from '../../support/crds/original.ts';
import { cornerDocument } from '../../support/legacy-corners.ts';
import { spell } from '../../support/legacy-spelling.ts';
import { Choices, type Mapping, soundDocument } from '../../support/legacy-tree.ts';
import { setOf } from '../../support/resources/set.ts';

const NAMESPACE = 'metallb-system';
const MODES: readonly LegacyMode[] = ['none', 'native', 'frr'];
const RELEASES: readonly Compat[] = ['v0.10', 'v0.11', 'v0.12'];
const REFUSALS = [
  'aggregation-length-zero',
  'bfd-echo-ipv6',
  'frr-duplicate-peer',
  'hold-time-fraction',
  'hold-time-zero',
  'keepalive-fraction',
  'keepalive-zero',
  'localpref-conflict',
  'native-ipv6',
  'peer-port-unrepresentable',
];
/** Before v0.12 there was no FRR mode, whose rules such a document need not keep. */
const FRR_OF_LATER = ['frr-asn-mismatch', 'frr-router-id-mismatch'];
const theirs = originalDefinitions();
const runs = (share: number): { numRuns: number } => ({
  numRuns: Math.ceil(Number(process.env['FC_RUNS'] ?? 200) * share),
});

const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const release = fc.constantFrom(...RELEASES);
const mode = fc.constantFrom(...MODES);
/** In every spelling there is. */
const spelled = fc.tuple(seed, seed, release).map(([what, how, compat]) => ({
  text: spell(known(soundDocument(new Choices(what)), compat), new Choices(how)).text,
  compat,
}));
const corner = fc
  .tuple(cornerDocument, release)
  .map(([document, compat]) => ({ text: JSON.stringify(document), compat }));

describe.each([
  ['in every spelling', spelled, 0.25],
  ['with what the dialects disagree about', corner, 0.2],
])('a sound document %s', (_, documents, share) => {
  test.prop([documents, mode], runs(share))('is converted for metal-lb', (document, rules) => {
    const legacy = readLegacyConfig(document.text, { ...document, mode: rules });
    fc.pre(legacy.kind === 'config');
    const made = convertLegacy(document.text, {
      ...document,
      mode: rules,
      target: 'metal-lb',
      namespace: NAMESPACE,
    });
    if (made.kind === 'refused') throw new Error(JSON.stringify(made.problems));
    const manifests = made.manifests.map(({ manifest }) => manifest);
    const stored = manifests.map((manifest) => storedBy(CRDS, manifest));
    const readerMode = rules === 'frr' && document.compat !== 'v0.12' ? 'none' : rules;
    expect(differencesTo(legacy.config, stored, readerMode)).toEqual([]);
  });

  test.prop([documents, mode], runs(share))(
    'means the same to the original v0.13, or is refused with its line and a way out',
    (document, rules) => {
      const legacy = readLegacyConfig(document.text, { ...document, mode: rules });
      fc.pre(legacy.kind === 'config');
      const made = convertLegacy(document.text, {
        ...document,
        mode: rules,
        target: 'metallb-v0.13',
        namespace: NAMESPACE,
      });
      if (made.kind === 'refused') {
        const allowed = document.compat === 'v0.12' ? REFUSALS : [...REFUSALS, ...FRR_OF_LATER];
        const found = made.problems.map(({ reason }) => reason);
        expect(found.filter((reason) => !allowed.includes(reason))).toEqual([]);
        for (const { line, hint } of made.problems) {
          expect(line).toBeGreaterThan(0);
          expect(hint).toMatch(/./);
        }
        return;
      }
      const manifests = made.manifests.map(({ manifest }) => manifest);
      const stored = manifests.map((manifest) => storedBy(theirs, withoutOurs(manifest)));
      expect(manifests.flatMap(({ metadata }) => Object.keys(metadata.annotations ?? {}))).toEqual(
        [...made.renames].map(() => 'metal-lb.io/legacy-name'),
      );
      expect(differencesTo(renamed(legacy.config, made.renames), stored, rules)).toEqual([]);
    },
  );
});

function storedBy(definitions: typeof theirs, manifest: Manifest): object {
  if (manifest.kind === 'Secret') return manifest;
  const admission = admit(manifest, definitions[manifest.kind]!, 'ignored');
  if (admission.kind === 'refused') throw new Error(JSON.stringify(admission.problems));
  const { object } = admission;
  const kept = JSON.stringify(object);
  for (const [key, value] of Object.entries(manifest.spec ?? {})) {
    expect(kept).toContain(`${JSON.stringify(key)}:${JSON.stringify(value).slice(0, 1)}`);
  }
  return object;
}

function withoutOurs({ metadata, ...manifest }: Manifest): Manifest {
  const { name, namespace = NAMESPACE } = metadata;
  return { ...manifest, metadata: { name, namespace } };
}

/** Read where there are nodes, as speakers read. */
function differencesTo(
  config: Config,
  objects: readonly object[],
  readerMode: LegacyMode,
): readonly string[] {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } };
  const set = setOf([...objects, node]);
  const reading = readResources(set, { namespace: NAMESPACE, mode: readerMode });
  if (reading.kind === 'refused') throw new Error(reading.message);
  return differences(config, reading.config, ['legacy', 'new']);
}

function renamed(config: Config, names: ReadonlyMap<string, string>): Config {
  const pools = config.pools.map((pool) => ({ ...pool, name: names.get(pool.name) ?? pool.name }));
  return { ...config, pools };
}

/** Without the keys that the release does not have yet. legacy.md §1.14 */
function known(document: Mapping, compat: Compat): Mapping {
  if (compat === 'v0.12') return document;
  const later = [
    'keepalive-time',
    'bfd-profile',
    'ebgp-multihop',
    'bfd-profiles',
    'aggregation-length-v6',
    ...(compat === 'v0.10' ? ['source-address'] : []),
  ];
  const fields = document.fields
    .filter(([key]) => !later.includes(key))
    .map(([key, value]): [string, typeof value] => {
      if (value.kind === 'struct') return [key, known(value, compat)];
      if (value.kind !== 'list') return [key, value];
      const items = value.items.map((item) =>
        item.kind === 'struct' ? known(item, compat) : item,
      );
      return [key, { kind: 'list', items }];
    });
  return { ...document, fields };
}

describe('the order of the document means nothing to', () => {
  const shuffled = cornerDocument.chain((document) =>
    fc.record({
      document: fc.constant(document),
      pools: fc.shuffledSubarray(listOf(document, 'address-pools'), {
        minLength: listOf(document, 'address-pools').length,
      }),
      peers: fc.shuffledSubarray(listOf(document, 'peers'), {
        minLength: listOf(document, 'peers').length,
      }),
    }),
  );

  test.prop([shuffled], runs(0.15))('the objects', ({ document, pools, peers }) => {
    const other = { ...document, 'address-pools': pools, peers };
    const [one, two] = [document, other].map((each) =>
      convertLegacy(JSON.stringify(each), {
        compat: 'v0.12',
        mode: 'none',
        target: 'metal-lb',
        namespace: NAMESPACE,
      }),
    );
    fc.pre(one?.kind === 'converted');
    expect(two).toMatchObject({ manifests: one.manifests, renames: one.renames });
  });
});

function listOf(document: object, key: string): unknown[] {
  return ((document as Record<string, unknown>)[key] ?? []) as unknown[];
}

example('the documents above are sound often enough, and reach every reason for a refusal', () => {
  const reached = new Set<string>();
  let [sound, asked] = [0, 0];
  for (const { text } of fc.sample(corner, { numRuns: 400, seed: 7 })) {
    if (reached.size === REFUSALS.length) break;
    for (const rules of MODES) {
      const options = { compat: 'v0.12', mode: rules, target: 'metallb-v0.13' } as const;
      asked += 1;
      if (readLegacyConfig(text, options).kind === 'refused') continue;
      sound += 1;
      const made = convertLegacy(text, { ...options, namespace: NAMESPACE });
      if (made.kind === 'refused') for (const { reason } of made.problems) reached.add(reason);
    }
  }
  expect(sound / asked).toBeGreaterThan(0.15);
  expect([...reached].sort()).toEqual(REFUSALS);
});
