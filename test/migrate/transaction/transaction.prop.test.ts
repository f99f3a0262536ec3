import { describe, expect, test } from 'vitest';
import { apply, rollback } from '../../../src/migrate/transaction/index.ts';
import { Killed } from '../../support/migration/applying-api.ts';
import { MigrationSite } from '../../support/migration/site.ts';

const BACK = { force: false, rehearseOnly: false } as const;

async function applied(site: MigrationSite): Promise<string> {
  const migration = site.migration();
  const more = { ...site.agreeing(migration.manifests), rewritesAnnotations: true };
  return (await apply(site.ground, { ...migration, ...more }, { rehearseOnly: false })).kind;
}

async function rolledBack(site: MigrationSite): Promise<string> {
  const { reporters } = site.agreeing(site.migration().manifests);
  return (await rollback(site.ground, { ...BACK, reporters })).kind;
}

/** Runs a command that is killed after so many writes; says whether it was. */
async function killed(
  site: MigrationSite,
  writes: number,
  run: () => Promise<string>,
): Promise<boolean> {
  site.api.revive();
  site.api.killAfter(writes);
  try {
    await run();
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  } finally {
    site.api.revive();
  }
}

/** What an undisturbed run leaves, the record aside: it has the time and the addresses of its own run. */
function stateOf(site: MigrationSite): Record<string, string> {
  return Object.fromEntries(
    Object.entries(site.api.state()).filter(([path]) => !path.endsWith('/secrets/metal-migrate')),
  );
}

describe('a command that is killed after any of its writes', () => {
  test('is finished by running apply again', async () => {
    const whole = new MigrationSite();
    expect(await applied(whole)).toBe('done');
    const { length } = whole.api.writes;
    expect(length).toBeGreaterThan(15);
    for (let writes = 1; writes <= length; writes += 1) {
      const site = new MigrationSite();
      expect(await killed(site, writes, () => applied(site))).toBe(true);
      expect(await applied(site)).toBe('done');
      expect(stateOf(site), `killed after write ${writes}`).toEqual(stateOf(whole));
    }
  });

  test('is undone by rollback, to the last octet', async () => {
    for (let writes = 1; ; writes += 1) {
      const site = new MigrationSite();
      const before = site.api.state();
      if (!(await killed(site, writes, () => applied(site)))) break;
      expect(await rolledBack(site)).toBe('done');
      expect(site.api.state(), `killed after write ${writes}`).toEqual(before);
    }
  });

  test('is finished by running rollback again', async () => {
    for (let writes = 1; ; writes += 1) {
      const site = new MigrationSite();
      const before = site.api.state();
      await applied(site);
      const wasKilled = await killed(site, writes, () => rolledBack(site));
      // The last write deletes the record itself: then there is nothing left to do.
      const done = ['done', 'refused'];
      if (wasKilled) expect(done).toContain(await rolledBack(site));
      expect(site.api.state(), `killed after write ${writes}`).toEqual(before);
      if (!wasKilled) break;
    }
  });
});
