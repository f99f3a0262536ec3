import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type LegacyMode, readLegacyConfig } from '../../src/config-legacy/index.ts';
import {
  type BgpAdvertisement,
  type Compat,
  type Config,
  type Labels,
  type Peer,
  type Pool,
  anySelects,
} from '../../src/runtime/model/index.ts';
import { poolCapacity } from '../../src/runtime/allocator/slots.ts';

interface Expected {
  readonly expect?: unknown;
  readonly error?: string;
}

interface Case extends Expected {
  readonly id: string;
  readonly note?: string;
  readonly mode?: LegacyMode;
  readonly nodeLabels?: readonly Labels[];
  readonly yaml: string;
  readonly olderVersions?: Readonly<Record<string, Expected>>;
}

const FIXTURE = new URL('../fixtures/legacy/cases.json', import.meta.url);
const ORIGINAL = new URL('../../../shared/cases/legacy.json', import.meta.url);
const KNOWN = ['id', 'note', 'mode', 'nodeLabels', 'yaml', 'expect', 'error', 'olderVersions'];

const cases = JSON.parse(readFileSync(FIXTURE, 'utf8')) as readonly Case[];

describe.each(cases.map((known) => [known.id, known] as const))('%s', (_, known) => {
  test('has no field that is not looked at', () => {
    expect(KNOWN).toEqual(expect.arrayContaining(Object.keys(known)));
    expect(['0.10', '0.11']).toEqual(
      expect.arrayContaining(Object.keys(known.olderVersions ?? {})),
    );
  });

  test('is read as v0.12 reads it', () => {
    expect(outcome(known, 'v0.12')).toEqual(expected(known));
  });

  const older = Object.entries(known.olderVersions ?? {});
  if (older.length > 0) {
    test.each(older)('is read as %s reads it', (version, want) => {
      expect(outcome(known, `v${version}` as Compat)).toEqual(expected(want));
    });
  }
});

test.runIf(existsSync(ORIGINAL))('the cases are those of the specification', () => {
  expect(readFileSync(FIXTURE, 'utf8')).toBe(readFileSync(ORIGINAL, 'utf8'));
});

function expected({ error, expect: model, ...rest }: Expected): unknown {
  expect(KNOWN).toEqual(expect.arrayContaining(Object.keys(rest)));
  return error === undefined ? { model } : { error };
}

function outcome({ yaml, mode = 'none', nodeLabels }: Case, compat: Compat): unknown {
  const reading = readLegacyConfig(yaml, { compat, mode });
  if (reading.kind === 'refused') return { error: reading.problems[0]?.reason };
  return { model: inCaseForm(reading.config, compat, nodeLabels) };
}

/** The model in the shape of the case files, which know a key only from its release on. legacy.md §1.15 */
function inCaseForm(config: Config, compat: Compat, labels: readonly Labels[] | undefined): object {
  return {
    pools: Object.fromEntries(config.pools.map((pool) => [pool.name, poolForm(pool, compat)])),
    peers: config.peers.map((peer) => peerForm(peer, compat, labels)),
    ...(compat === 'v0.12' && {
      bfdProfiles: Object.fromEntries(
        config.bfdProfiles.map(({ name, ...profile }) => [name, { name, ...profile }]),
      ),
    }),
  };
}

function poolForm(pool: Pool, compat: Compat): object {
  const legacyLayer2 = [{ nodeSelectors: [{ text: '', requirements: [] }], interfaces: [] }];
  expect(pool.layer2).toEqual(pool.bgp.length === 0 ? legacyLayer2 : []);
  return {
    protocol: pool.bgp.length === 0 ? 'layer2' : 'bgp',
    cidrs: pool.cidrs.map(({ text }) => text),
    avoidBuggyIPs: pool.avoidBuggyIPs,
    autoAssign: pool.autoAssign,
    addressesTotal: Number(poolCapacity(pool)),
    ...(pool.bgp.length > 0 && {
      bgpAdvertisements: pool.bgp.map((advertisement) => advertisementForm(advertisement, compat)),
    }),
  };
}

function advertisementForm(advertisement: BgpAdvertisement, compat: Compat): object {
  const { aggregationLength, aggregationLengthV6, communities, localPref } = advertisement;
  const v6 = compat === 'v0.12' ? { aggregationLengthV6 } : {};
  return { aggregationLength, ...v6, communities, localPref };
}

function peerForm(peer: Peer, compat: Compat, labels: readonly Labels[] | undefined): object {
  return {
    myASN: peer.myASN,
    peerASN: peer.peerASN,
    address: peer.address,
    port: peer.port,
    holdTimeSeconds: peer.holdTimeSeconds,
    routerID: peer.routerID ?? null,
    password: peer.password?.reveal() ?? '',
    nodeSelectors: peer.nodeSelectors.map(({ text }) => text),
    ...(compat !== 'v0.10' && { sourceAddress: peer.sourceAddress ?? null }),
    ...(compat === 'v0.12' && {
      keepaliveSeconds: peer.keepaliveTimeSeconds,
      bfdProfile: peer.bfdProfile ?? '',
      ebgpMultihop: peer.ebgpMultiHop,
    }),
    ...(labels && { nodeMatches: labels.map((node) => anySelects(peer.nodeSelectors, node)) }),
  };
}
