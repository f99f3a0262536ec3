import { describe, expect, test } from 'vitest';
import { ApiError, ConnectionError } from '../../../src/runtime/kube/index.ts';
import { HastyClock } from '../../support/migration/hasty-clock.ts';
import { CONFIG_MAP, MigrationSite, NAMESPACE, PASSWORD } from '../../support/migration/site.ts';
import { type Files, type Run, connectionTo, runMigrate } from '../../support/terminal.ts';

async function run(site: MigrationSite, argv: readonly string[], files: Files = {}): Promise<Run> {
  return await runMigrate(argv, files, { ...connectionTo(site.api), clock: new HastyClock() });
}

/** Everything that anybody could read of a run. */
function said({ printed, complained, told }: Run): string {
  return [...printed, ...complained, ...told].join('\n');
}

describe('apply, verify and rollback', () => {
  test('go there and back, with a record that only its owner may read, and no password told', async () => {
    const site = new MigrationSite();
    const before = site.api.state();
    const applied = await run(site, ['apply']);
    expect(applied.code, said(applied)).toBe(0);
    expect(applied.printed.join()).toContain('neither a controller nor speakers run here');
    const [record] = applied.written;
    expect(record).toMatchObject({ path: 'metal-migrate.record.json', confidential: true });

    const verified = await run(site, ['verify', '-o', 'json']);
    expect(verified.code).toBe(0);
    expect(verified.json()).toMatchObject([
      { outcome: 'done', record: true, services: { kept: 1 } },
    ]);

    const back = await run(site, ['rollback', '-o', 'json']);
    expect(back.code).toBe(0);
    expect(back.json()).toMatchObject([{ outcome: 'done', moved: [] }]);
    expect(site.api.state()).toEqual(before);
    expect(said(applied) + said(verified) + said(back)).not.toContain(PASSWORD);
  });

  test('rehearse on the server, and change nothing', async () => {
    const site = new MigrationSite();
    const { code, json } = await run(site, ['apply', '--dry-run=server', '-o', 'json']);
    expect(code).toBe(0);
    expect(json()).toMatchObject([{ outcome: 'done', dryRun: true }]);
    expect(site.api.writes).toEqual([]);
  });

  test('never overwrite the record of another migration', async () => {
    const [record] = (await run(new MigrationSite(), ['apply'])).written;
    const site = new MigrationSite();
    const files = {
      'metal-migrate.record.json': (record?.text ?? '').replace(/"id": "\w+"/, '"id": "ff"'),
    };
    const { code, complained } = await run(site, ['apply'], files);
    expect(code).toBe(1);
    expect(complained[0]).toContain('holds the record of another migration');
    expect(site.api.writes.at(-1)).toContain('DELETE');
  });
});

test('apply takes no file for its record that holds something else', async () => {
  const site = new MigrationSite();
  const { code, complained, written } = await run(site, ['apply', '--record', 'values.yaml'], {
    'values.yaml': 'configInline: {}\n',
  });
  expect(code).toBe(1);
  expect(complained[0]).toContain('values.yaml holds something else: --record names another file');
  expect(written).toEqual([]);
  expect(site.api.objects.has(`/api/v1/namespaces/${NAMESPACE}/secrets/metal-migrate`)).toBe(false);
});

describe('apply', () => {
  test('tells where a configuration is wrong', async () => {
    const site = new MigrationSite();
    site.configure('address-pools:\n- {nmae: teal}\n');
    const { code, complained } = await run(site, ['apply']);
    expect(code).toBe(1);
    expect(complained[0]).toMatch(/^ConfigMap metallb-system\/config:2:4: field nmae not found/);
  });

  test('does not run where there is no ConfigMap', async () => {
    const site = new MigrationSite();
    site.api.objects.delete(CONFIG_MAP);
    const { code, complained } = await run(site, ['apply']);
    expect(code).toBe(2);
    expect(complained[0]).toContain('ConfigMap metallb-system/config');
  });

  test('rewrites no annotation while nobody of ours runs', async () => {
    const site = new MigrationSite();
    const { code, complained } = await run(site, ['apply', '--rewrite-annotations']);
    expect(code).toBe(1);
    expect(complained[0]).toContain('neither a controller nor speakers run here');
    expect(site.api.writes).toEqual([]);
  });

  test.each([
    ['does not answer', new ConnectionError('ECONNREFUSED')],
    ['refuses everything', new ApiError(403, 'Forbidden', 'services is forbidden')],
  ])('does not run where the server %s', async (_how, error) => {
    const site = new MigrationSite();
    site.api.refuse = () => {
      throw error;
    };
    const { code, json } = await run(site, ['apply', '-o', 'json']);
    expect(code).toBe(2);
    expect(json()).toMatchObject([
      {
        error: {
          reason: 'unreadable',
          message: expect.stringMatching(/^http.*: cannot read /) as string,
        },
      },
    ]);
  });

  test('does not take a duration that is none', async () => {
    const { code, complained } = await run(new MigrationSite(), ['apply', '--timeout', 'soon']);
    expect(code).toBe(2);
    expect(complained.join()).toContain('90s');
  });
});
