import { describe, expect, test } from 'vitest';
import { type Outcome, apply, rollback, verify } from '../../../src/migrate/transaction/index.ts';
import { CONFIG_MAP, MigrationSite, NAMESPACE, SERVICE } from '../../support/migration/site.ts';

const IN_NAMESPACE = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}`;
const POOL = `${IN_NAMESPACE}/ipaddresspools/routed`;
const RECORD = `/api/v1/namespaces/${NAMESPACE}/secrets/metal-migrate`;
const GENTLY = { force: false, rehearseOnly: false, reporters: [] } as const;

async function appliedSite(): Promise<MigrationSite> {
  const site = new MigrationSite();
  const { kind } = await apply(site.ground, site.migration(), { rehearseOnly: false });
  expect(kind).toBe('done');
  site.api.revive();
  return site;
}

/** Somebody edits a pool. */
function edit(site: MigrationSite): void {
  site.api.put(
    POOL,
    { ...site.api.objects.get(POOL), spec: { addresses: ['192.0.2.64/28'] } },
    'kubectl-edit',
  );
}

async function verified(site: MigrationSite): Promise<Outcome> {
  const { config, mode } = site.migration();
  return await verify(site.ground, { reporters: [], config, mode, configMap: 'config' });
}

describe('going back', () => {
  test('without a record is refused', async () => {
    const { kind, lines } = await rollback(new MigrationSite().ground, GENTLY);
    expect(kind).toBe('refused');
    expect(lines[0]).toContain('there is no record');
  });

  test('tells what others have changed since and leaves it, unless forced', async () => {
    const before = new MigrationSite().api.state();
    const site = await appliedSite();
    edit(site);
    const { kind, lines } = await rollback(site.ground, GENTLY);
    expect(kind).toBe('refused');
    expect(lines[0]).toBe('IPAddressPool "routed" was changed since by kubectl-edit');
    expect(site.api.writes).toEqual([]);
    expect((await rollback(site.ground, { ...GENTLY, force: true })).kind).toBe('done');
    expect(site.api.state()).toEqual(before);
  });

  test('puts a ConfigMap back that is gone, before any resource goes', async () => {
    const before = new MigrationSite().api.state();
    const site = await appliedSite();
    site.api.objects.delete(CONFIG_MAP);
    expect((await rollback(site.ground, GENTLY)).kind).toBe('done');
    expect(site.api.state()).toEqual(before);
    const writes = site.api.writes.map((write) => write.split('/').slice(-2).join('/'));
    const put = writes.indexOf(`${NAMESPACE}/configmaps`);
    expect(put).toBeGreaterThan(0);
    expect(put).toBeLessThan(site.api.writes.findIndex((write) => write.startsWith('DELETE')));
  });

  test('has the ConfigMap in force again that yielded to the resources, and keeps what else was noted on it', async () => {
    const site = await appliedSite();
    const annotations = { 'metal-lb.io/config-source': 'resources', owner: 'network' };
    const configMap = site.api.objects.get(CONFIG_MAP);
    site.api.put(CONFIG_MAP, {
      ...configMap,
      metadata: { name: 'config', namespace: NAMESPACE, annotations },
    });
    expect((await rollback(site.ground, GENTLY)).kind).toBe('done');
    expect(site.api.objects.get(CONFIG_MAP)?.['metadata']).toMatchObject({
      annotations: { owner: 'network' },
    });
    expect(JSON.stringify(site.api.objects.get(CONFIG_MAP))).not.toContain('config-source');
  });

  test('works by the file where the Secret is gone', async () => {
    const before = new MigrationSite().api.state();
    const site = await appliedSite();
    site.api.objects.delete(RECORD);
    const file = site.kept.at(-1) ?? '';
    expect((await rollback(site.ground, { ...GENTLY, file })).kind).toBe('done');
    expect(site.api.state()).toEqual(before);
    const again = await rollback(site.ground, { ...GENTLY, file: site.kept.at(-1) ?? '' });
    expect(again.lines[0]).toContain('there is no record');
  });

  test('leaves a definition that others have objects of', async () => {
    const site = await appliedSite();
    const path = '/apis/metallb.io/v1beta1/namespaces/elsewhere/communities/others';
    const metadata = { name: 'others', namespace: 'elsewhere' };
    site.api.put(path, { apiVersion: 'metallb.io/v1beta1', kind: 'Community', metadata });
    const { kind, lines } = await rollback(site.ground, GENTLY);
    expect(kind).toBe('done');
    expect(lines.join()).toContain('CustomResourceDefinition communities.metallb.io stays');
    const left = [...site.api.objects.keys()].filter((key) =>
      key.includes('customresourcedefinitions'),
    );
    expect(left).toHaveLength(1);
  });

  test('leaves a definition that others have applied since', async () => {
    const site = await appliedSite();
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/communities.metallb.io';
    const definition = site.api.objects.get(path) as { metadata: { managedFields: unknown[] } };
    const theirs = { manager: 'argocd-controller', fieldsV1: { 'f:spec': {} } };
    definition.metadata.managedFields.push(theirs);
    expect((await rollback(site.ground, GENTLY)).kind).toBe('done');
    expect(site.api.objects.has(path)).toBe(true);
  });

  test('can be looked at first', async () => {
    const site = await appliedSite();
    const { lines } = await rollback(site.ground, { ...GENTLY, rehearseOnly: true });
    expect(lines).toContain('deleting IPAddressPool routed');
    expect(site.api.writes).toEqual([]);
  });

  test('that was begun is finished before anything is applied again', async () => {
    const site = await appliedSite();
    site.api.refuse = ({ method }) => {
      if (method === 'DELETE') site.interrupt();
    };
    expect((await rollback(site.ground, GENTLY)).kind).toBe('unfinished');
    site.api.refuse = () => {};
    await expect(apply(site.ground, site.migration(), { rehearseOnly: false })).rejects.toThrow(
      'a rollback was begun and not finished',
    );
  });
});

describe('verifying', () => {
  test('is content with what was applied', async () => {
    const site = await appliedSite();
    const { kind, lines } = await verified(site);
    expect(kind).toBe('done');
    expect(lines).toContain('all 1 recorded Services keep their addresses');
    expect(site.api.writes).toEqual([]);
  });

  test('tells an object that says something else, and what that means', async () => {
    const site = await appliedSite();
    edit(site);
    const { kind, lines } = await verified(site);
    expect(kind).toBe('refused');
    expect(lines[0]).toBe('IPAddressPool "routed" says something else than was applied');
    expect(lines[1]).toContain('pool "routed": addresses 198.51.100.0/28 in the ConfigMap');
  });

  test('tells a Service that has another address', async () => {
    const site = await appliedSite();
    const service = site.api.objects.get(SERVICE);
    site.api.put(SERVICE, { ...service, status: {} });
    const { lines } = await verified(site);
    expect(lines).toEqual(['Service default/web had 203.0.113.1 and has no address']);
  });

  test('does without a record, as where others applied the resources', async () => {
    const site = await appliedSite();
    site.api.objects.delete(RECORD);
    const { kind, lines } = await verified(site);
    expect(kind).toBe('done');
    expect(lines).toContain('nothing was recorded here, so addresses cannot be compared');
  });

  test('does not believe a record that somebody damaged', async () => {
    const site = await appliedSite();
    const record = site.api.objects.get(RECORD);
    site.api.put(RECORD, {
      ...record,
      data: { 'record.json': Buffer.from('{}').toString('base64') },
    });
    await expect(verified(site)).rejects.toThrow('this is no record of a migration');
  });
});
