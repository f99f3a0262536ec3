import { type ConfigFile, type LegacySource, readLegacySource } from '../../config-legacy/index.ts';
import type { Config, Pool } from '../../runtime/model/index.ts';
import { withComments } from './comments.ts';
import type { Conversion, ConversionOptions } from './conversion.ts';
import { draftCommunities } from './drafts/communities.ts';
import type { Draft } from './drafts/draft.ts';
import type { Making } from './drafts/making.ts';
import { draftPeers } from './drafts/peers.ts';
import { type LegacyPool, draftPool } from './drafts/pools.ts';
import { draftProfiles } from './drafts/profiles.ts';
import { Report } from './drafts/report.ts';
import { renames } from './naming/legal.ts';
import { prove } from './proof.ts';
import { draftLayer2, draftRoutes } from './routes/advertisements.ts';

/** What others refer to comes first. */
const KINDS = [
  'BFDProfile',
  'Community',
  'Secret',
  'BGPPeer',
  'IPAddressPool',
  'BGPAdvertisement',
  'L2Advertisement',
];

/**
 * Makes of a legacy document the resources that mean the same. crd.md §4, product.md §4
 *
 * For metal-lb every document that the release takes is converted; for v0.13 some are refused, those that its reader
 * cannot be told or would alter (docs/adr/0021). What is made has been read back as the target reads it. Never throws,
 * whatever the text.
 */
export function convertLegacy(text: string, options: ConversionOptions): Conversion {
  const { compat, mode, target, namespace, around = [] } = options;
  const reading = readLegacySource(text, { compat, mode });
  if (reading.kind === 'refused') return { kind: 'refused', problems: reading.problems };
  const { config, source } = reading;
  const report = new Report(source.positionAt);
  const making: Making = { target, mode, namespace, report };
  const newNames = renames(
    config.pools.map(({ name }) => name),
    'pool',
  );
  const pools = legacyPools(source.file, config, newNames);
  const drafts = draftAll(source.file, { config, pools, making }).toSorted(byKindAndName);
  prove(drafts, config, { options, report });
  if (report.problems.length > 0) return { kind: 'refused', problems: report.problems };
  const { manifests, remarks } = withComments(drafts, [...around, ...source.comments]);
  const warnings = [...reading.warnings, ...report.warnings, ...laterDocument(source)];
  return { kind: 'converted', manifests, renames: newNames, warnings, config, remarks };
}

/** By the names of their objects. */
function legacyPools(
  file: ConfigFile,
  { pools }: Config,
  newNames: ReadonlyMap<string, string>,
): readonly LegacyPool[] {
  const known = new Map(pools.map((pool) => [pool.name, pool]));
  const found = (file['address-pools']?.items ?? []).flatMap((entry, index) => {
    const pool = known.get(entry.name?.value ?? '');
    if (pool === undefined) return [];
    const families = new Set(pool.cidrs.map(({ family }) => family));
    const name = newNames.get(pool.name) ?? pool.name;
    return [{ entry, source: ['address-pools', index], pool, name, families }];
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function draftAll(
  file: ConfigFile,
  parts: {
    readonly config: Config;
    readonly pools: readonly LegacyPool[];
    readonly making: Making;
  },
): readonly Draft[] {
  const { config, pools, making } = parts;
  const profiles = draftProfiles(file, making);
  const needsRules = legacyRulesNeeded(config, making);
  return [
    ...profiles.drafts,
    ...draftCommunities(file, making),
    ...draftPeers(file, profiles.renamed, making),
    ...pools.map((legacy) => draftPool(legacy, making, needsRules(legacy.pool))),
    ...draftRoutes(pools, file, making),
    ...draftLayer2(pools, making),
  ];
}

/**
 * Which pools v0.13 would refuse though v0.12 takes them: with IPv6 beside any BGP in native mode, and with IPv6 over BGP
 * beside BFD's echo mode. crd.md §2.7
 */
function legacyRulesNeeded(
  { pools, ...config }: Config,
  { mode }: Making,
): (pool: Pool) => boolean {
  const echoing = new Set(
    config.bfdProfiles.filter(({ echoMode }) => echoMode).map(({ name }) => name),
  );
  const hasEcho = config.peers.some(({ bfdProfile = '' }) => echoing.has(bfdProfile));
  const isNative = mode !== 'frr' && pools.some(({ bgp }) => bgp.length > 0);
  return ({ cidrs, bgp }) =>
    (bgp.length === 0 ? isNative : hasEcho) && cidrs.some(({ family }) => family === 'ipv6');
}

function byKindAndName({ manifest: a }: Draft, { manifest: b }: Draft): number {
  const ofKind = KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
  return ofKind === 0 ? Number(a.metadata.name > b.metadata.name) * 2 - 1 : ofKind;
}

function laterDocument({ laterDocument: position }: LegacySource) {
  if (position === undefined) return [];
  const message = 'only the first document is the configuration: what comes here is not converted';
  return [{ path: '', reason: 'extra-yaml-document', message, ...position }];
}
