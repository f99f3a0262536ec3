import { describe, expect, test } from 'vitest';
import { CONTROLLER, apply, rollback } from '../../../src/migrate/transaction/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import {
  CONFIG_MAP,
  MigrationSite,
  POOL_ANNOTATION,
  SERVICE,
} from '../../support/migration/site.ts';

const FOR_GOOD = { rehearseOnly: false } as const;

function annotationOf(site: MigrationSite): unknown {
  const { annotations } = site.api.objects.get(SERVICE)?.['metadata'] as {
    annotations: Record<string, string>;
  };
  return annotations[POOL_ANNOTATION];
}

describe('agreement', () => {
  test('that is never reported undoes everything, and names who is silent', async () => {
    const site = new MigrationSite();
    const before = site.api.state();
    const migration = site.migration();
    const { reporters } = site.agreeing(migration.manifests);
    site.api.events = () => [];
    const { kind, lines } = await apply(site.ground, { ...migration, reporters }, FOR_GOOD);
    expect(kind).toBe('refused');
    expect(lines[0]).toBe(
      'within 30 s no agreement was reported by the controller, the speaker on node-a',
    );
    expect(site.api.state()).toEqual(before);
  });

  test('of an earlier migration does not count', async () => {
    const site = new MigrationSite();
    const migration = site.migration();
    const { reporters } = site.agreeing(migration.manifests);
    await apply(site.ground, { ...migration, reporters }, FOR_GOOD);
    const old = site.api.events();
    await rollback(site.ground, { force: false, rehearseOnly: false, reporters: [] });
    site.api.events = () => old;
    const ground = { ...site.ground, patience: seconds(5) };
    const { lines } = await apply(ground, { ...migration, reporters }, FOR_GOOD);
    expect(lines[0]).toContain('no agreement was reported');
  });

  test('of the controller alone is not called that of every program', async () => {
    const site = new MigrationSite();
    const migration = site.migration();
    const reporters = site
      .agreeing(migration.manifests)
      .reporters.filter(({ component }) => component === CONTROLLER);
    const { kind, lines } = await apply(site.ground, { ...migration, reporters }, FOR_GOOD);
    expect(kind).toBe('done');
    expect(lines.join()).toContain('no speaker is known here, so none was asked');
  });

  test('that nothing can report is replaced by reading back, and Services keep the old names', async () => {
    const site = new MigrationSite();
    const migration = { ...site.migration(), rewritesAnnotations: true };
    const { kind, lines } = await apply(site.ground, migration, FOR_GOOD);
    expect(kind).toBe('done');
    expect(lines.join()).toContain('nothing that runs here reports agreement');
    expect(annotationOf(site)).toBe('Harbor West');
  });

  test('lets Services ask by the new names where that is wanted', async () => {
    const site = new MigrationSite();
    const migration = site.migration();
    const more = { ...site.agreeing(migration.manifests), rewritesAnnotations: true };
    expect((await apply(site.ground, { ...migration, ...more }, FOR_GOOD)).kind).toBe('done');
    expect(annotationOf(site)).toBe('harbor-west');
    const last = site.api.writes.findIndex((write) => write.includes('advertisements'));
    // The ConfigMap knows the old names alone, and must not come back.
    const yielded = site.api.writes.indexOf(`PATCH ${CONFIG_MAP}`);
    expect(yielded).toBeGreaterThan(last);
    expect(site.api.writes.indexOf(`PATCH ${SERVICE}`)).toBeGreaterThan(yielded);
    expect(JSON.stringify(site.api.objects.get(CONFIG_MAP))).toContain(
      '"metal-lb.io/config-source":"resources"',
    );
  });
});
