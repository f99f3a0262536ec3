import { expect, test } from 'vitest';
import { type Outcome, apply } from '../../../src/migrate/transaction/index.ts';
import { type ApiCall, ApiError } from '../../../src/runtime/kube/index.ts';
import { MigrationSite } from '../../support/migration/site.ts';

const REHEARSAL = { rehearseOnly: true } as const;

/** A cluster that has the definitions, and nothing else of a migration. */
async function withDefinitions(): Promise<MigrationSite> {
  const site = new MigrationSite();
  const before = new Set(site.api.objects.keys());
  await apply(site.ground, site.migration(), { rehearseOnly: false });
  for (const path of [...site.api.objects.keys()]) {
    if (!before.has(path) && !path.includes('customresourcedefinitions')) {
      site.api.objects.delete(path);
    }
  }
  site.api.revive();
  return site;
}

/** A webhook that sees no Secret yet refuses every peer that names one. */
function demandSecret(site: MigrationSite): void {
  site.api.refuse = ({ path, method }: ApiCall) => {
    if (method !== 'PATCH' || !path.includes('/bgppeers/')) return;
    const secrets = [...site.api.objects.keys()].filter((key) => key.includes('/secrets/peer'));
    if (secrets.length > 0) return;
    const why = 'admission webhook "peers.metallb.io" denied the request: secret ref not found';
    throw new ApiError(403, 'Forbidden', why);
  };
}

async function applied(site: MigrationSite, options = { rehearseOnly: false }): Promise<Outcome> {
  return await apply(site.ground, site.migration(), options);
}

test('a webhook that misses what comes first is heard, and asked again in its turn', async () => {
  const site = await withDefinitions();
  demandSecret(site);
  const rehearsed = await applied(site, REHEARSAL);
  expect(rehearsed.kind).toBe('done');
  expect(rehearsed.lines[0]).toBe(
    'the server refuses none of this as far as it can tell now; nothing was changed:',
  );
  expect(rehearsed.lines.at(-1)).toMatch(
    /^is refused before its turn: applying BGPPeer .*not found/,
  );
  expect(site.api.writes).toEqual([]);

  expect((await applied(site)).kind).toBe('done');
  expect(site.told.join()).toContain('is refused before its turn');
});

test('a webhook that still refuses in its turn has everything undone', async () => {
  const site = await withDefinitions();
  const before = site.api.state();
  site.api.refuse = ({ path, method }) => {
    if (method !== 'PATCH' || !path.includes('/bgppeers/')) return;
    throw new ApiError(403, 'Forbidden', 'admission webhook "x" denied the request: no peers');
  };
  const { kind, lines } = await applied(site);
  expect([kind, lines.at(-1)]).toEqual(['refused', 'everything that was done is undone']);
  expect(site.api.state()).toEqual(before);
});

test('a webhook that cannot be rehearsed with is told, and does not stand in the way', async () => {
  const site = await withDefinitions();
  site.api.refuse = ({ query }) => {
    if (query?.['dryRun'] !== 'All') return;
    const why = 'admission webhook "policy.example.com" does not support dry run';
    throw new ApiError(400, 'BadRequest', why);
  };
  const { lines } = await applied(site, REHEARSAL);
  expect(lines.at(-1)).toContain('cannot be rehearsed: applying BGPAdvertisement');
  expect((await applied(site)).kind).toBe('done');
});

test('what cannot be judged before the definitions are there is told', async () => {
  const { kind, lines } = await applied(new MigrationSite(), REHEARSAL);
  expect(kind).toBe('done');
  expect(lines.at(-1)).toBe('5 objects cannot be rehearsed before their definitions are installed');
});

test('Services that are to ask by new names are rehearsed as well', async () => {
  const site = new MigrationSite();
  const migration = site.migration();
  const more = { ...site.agreeing(migration.manifests), rewritesAnnotations: true };
  site.api.refuse = ({ path, query }) => {
    if (!path.includes('/services/') || query?.['dryRun'] !== 'All') return;
    throw new ApiError(403, 'Forbidden', 'admission webhook "x" denied the request: frozen');
  };
  const run = apply(site.ground, { ...migration, ...more }, { rehearseOnly: false });
  await expect(run).rejects.toThrow('frozen');
  expect(site.api.writes).toEqual([]);
});
