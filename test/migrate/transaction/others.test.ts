import { describe, expect, test } from 'vitest';
import { type Outcome, apply, rollback } from '../../../src/migrate/transaction/index.ts';
import type { Json } from '../../../src/runtime/kube/index.ts';
import { CONFIG_MAP, MigrationSite, NAMESPACE } from '../../support/migration/site.ts';

const FOR_GOOD = { rehearseOnly: false } as const;
const GENTLY = { force: false, rehearseOnly: false, reporters: [] } as const;
const POOL = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/ipaddresspools/routed`;
const RECORD = `/api/v1/namespaces/${NAMESPACE}/secrets/metal-migrate`;
const MORE = `address-pools:
- {name: routed, protocol: bgp, addresses: [198.51.100.0/28]}
- {name: added, protocol: layer2, addresses: [203.0.113.0/28]}
`;

type Tree = Record<string, unknown>;

/** Applies with programs that report what they see. */
async function applied(site: MigrationSite): Promise<Outcome> {
  const migration = site.migration();
  const { reporters } = site.agreeing(migration.manifests);
  return await apply(site.ground, { ...migration, reporters }, FOR_GOOD);
}

/** Somebody decides about an object from now on, beside whoever did before. */
function edit(site: MigrationSite, path: string, change: Tree): void {
  const object = site.api.objects.get(path) ?? {};
  const metadata = object['metadata'] as Tree;
  const theirs = { manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:spec': {} } };
  const managedFields = [...(metadata['managedFields'] as Tree[]), theirs];
  site.api.objects.set(path, { ...object, ...change, metadata: { ...metadata, managedFields } });
}

function editConfigMap(site: MigrationSite, config: string, source?: string): void {
  const annotations = source === undefined ? {} : { 'metal-lb.io/config-source': source };
  const metadata = { name: 'config', namespace: NAMESPACE, annotations };
  site.api.put(CONFIG_MAP, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { config } });
}

function textOf(site: MigrationSite): string {
  return (site.api.objects.get(CONFIG_MAP)?.['data'] as { config: string }).config;
}

describe('a ConfigMap that is edited after apply', () => {
  test('can be applied again: objects that stay as they are need no younger report', async () => {
    const site = new MigrationSite();
    expect((await applied(site)).kind).toBe('done');
    site.configure(MORE);
    expect((await applied(site)).lines).toContain(
      'agreement is reported by all 2 programs: the resources are in force',
    );
  });

  test('while apply was not finished needs a report of its own', async () => {
    const site = new MigrationSite();
    const migration = site.migration();
    const { reporters } = site.agreeing(migration.manifests);
    const report = site.api.events;
    // Stopped when everything is there, and before the programs said so.
    site.api.events = () => {
      site.interrupt();
      return [];
    };
    const stopped = await apply(site.ground, { ...migration, reporters }, FOR_GOOD);
    expect(stopped.kind).toBe('unfinished');
    const early: readonly Json[] = report();
    const again = new MigrationSite(site.api);
    again.configure(MORE);
    site.api.events = () => early;
    const { lines } = await apply(again.ground, { ...again.migration(), reporters }, FOR_GOOD);
    expect(lines[0]).toContain('no agreement was reported');
  });

  test('is not brought into force by rollback with what it never said there', async () => {
    const site = new MigrationSite();
    const before = site.api.state();
    await applied(site);
    editConfigMap(site, '', 'resources');
    const { kind, lines } = await rollback(site.ground, GENTLY);
    expect(kind).toBe('refused');
    expect(lines[0]).toBe('ConfigMap "config" says something else than when it was in force');
    expect(site.api.objects.has(POOL)).toBe(true);
    expect((await rollback(site.ground, { ...GENTLY, force: true })).kind).toBe('done');
    expect(site.api.state()).toEqual(before);
  });

  test('and configures nothing any more is not left alone with that', async () => {
    const site = new MigrationSite();
    await applied(site);
    editConfigMap(site, 'address-pools: []\n');
    expect((await rollback(site.ground, GENTLY)).kind).toBe('refused');
  });

  test('and is in force keeps what it says now', async () => {
    const site = new MigrationSite();
    await applied(site);
    editConfigMap(site, MORE);
    expect((await rollback(site.ground, GENTLY)).kind).toBe('done');
    expect(textOf(site)).toBe(MORE);
  });
});

test('what others decide about too is not overwritten by applying again', async () => {
  const site = new MigrationSite();
  await applied(site);
  edit(site, POOL, { spec: { addresses: ['192.0.2.64/28'] } });
  site.api.revive();
  await expect(applied(site)).rejects.toThrow(
    'the server would refuse: applying IPAddressPool routed',
  );
  expect(site.api.writes).toEqual([]);
});

test('a run that another one has taken over undoes nothing', async () => {
  const site = new MigrationSite();
  const migration = site.migration();
  const { reporters } = site.agreeing(migration.manifests);
  site.api.events = () => {
    // The other one takes the record up, as every run does that goes on.
    if (!site.told.includes('taken over')) site.api.put(RECORD, site.api.objects.get(RECORD) ?? {});
    site.told.push('taken over');
    return [];
  };
  const { kind, lines } = await apply(site.ground, { ...migration, reporters }, FOR_GOOD);
  expect(kind).toBe('unfinished');
  expect(lines.join()).toContain('another metal-migrate is at work');
  expect(site.api.objects.has(POOL)).toBe(true);
  expect(site.api.objects.has(RECORD)).toBe(true);
});

describe('rollback', () => {
  test('takes no resource away before the programs have heard of the ConfigMap', async () => {
    const site = new MigrationSite();
    await applied(site);
    editConfigMap(site, textOf(site), 'resources');
    const { reporters } = site.agreeing(site.migration().manifests);
    const stale = site.api.events();
    site.api.events = () => stale;
    const silent = await rollback(site.ground, { ...GENTLY, reporters });
    expect(silent.kind).toBe('unfinished');
    expect(silent.lines[0]).toContain('was reported by the controller');
    expect(site.api.objects.has(POOL)).toBe(true);
    // Whoever runs it again has looked.
    expect((await rollback(site.ground, { ...GENTLY, reporters })).kind).toBe('done');
  });

  test('is not held up by a file that cannot be written', async () => {
    const site = new MigrationSite();
    const before = site.api.state();
    await applied(site);
    const keep = async (): Promise<{ kind: 'unwritable'; why: string }> => {
      return { kind: 'unwritable', why: 'EROFS' };
    };
    expect((await rollback({ ...site.ground, keep }, GENTLY)).kind).toBe('done');
    expect(site.api.state()).toEqual(before);
  });

  test('does not go by the record of another namespace', async () => {
    const site = new MigrationSite();
    await applied(site);
    const elsewhere = { ...site.ground, namespace: 'elsewhere' };
    const record = site.api.objects.get(RECORD) ?? {};
    site.api.put(RECORD.replace(NAMESPACE, 'elsewhere'), record);
    await expect(rollback(elsewhere, GENTLY)).rejects.toThrow('it belongs there');
  });
});

test('who interrupts before the first write leaves nothing behind', async () => {
  const site = new MigrationSite();
  const before = site.api.state();
  site.api.refuse = ({ path }) => {
    if (path.includes('selfsubjectaccessreviews')) site.interrupt();
  };
  await expect(applied(site)).rejects.toThrow('interrupted');
  expect(site.api.state()).toEqual(before);
  expect(site.kept).toEqual([]);
});
