import { describe, expect, test } from 'vitest';
import {
  type Outcome,
  TransactionFailure,
  apply,
  rollback,
} from '../../../src/migrate/transaction/index.ts';
import { ApiError, ConnectionError } from '../../../src/runtime/kube/index.ts';
import {
  CONFIG_MAP,
  MigrationSite,
  NAMESPACE,
  PASSWORD,
  SERVICE,
} from '../../support/migration/site.ts';

const POOLS = `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/ipaddresspools`;
const RECORD = `/api/v1/namespaces/${NAMESPACE}/secrets/metal-migrate`;
const FOR_GOOD = { rehearseOnly: false } as const;

async function applied(site: MigrationSite, rehearseOnly = false): Promise<Outcome> {
  return await apply(site.ground, site.migration(), { rehearseOnly });
}

async function refusal(site: MigrationSite): Promise<readonly string[]> {
  try {
    await applied(site);
  } catch (error) {
    if (error instanceof TransactionFailure) return error.lines;
    throw error;
  }
  throw new Error('it was not refused');
}

/** A pool of the same name as the one that is to be made. */
function foreignPool(site: MigrationSite, name: string, addresses: readonly string[]): void {
  const metadata = { name, namespace: NAMESPACE };
  const pool = {
    apiVersion: 'metallb.io/v1beta1',
    kind: 'IPAddressPool',
    metadata,
    spec: { addresses },
  };
  site.api.put(`${POOLS}/${name}`, pool, 'kubectl-client-side-apply');
}

/** A cluster that has the definitions, and nothing else of a migration. */
async function withDefinitions(): Promise<MigrationSite> {
  const site = new MigrationSite();
  const before = new Set(site.api.objects.keys());
  await applied(site);
  for (const path of [...site.api.objects.keys()]) {
    if (!before.has(path) && !path.includes('customresourcedefinitions')) {
      site.api.objects.delete(path);
    }
  }
  site.api.revive();
  return site;
}

describe('before the first write', () => {
  test('every right that is missing is told, those of the way back too', async () => {
    const site = new MigrationSite();
    site.api.missing.add('delete ipaddresspools').add('create secrets').add('list communities');
    const [line] = await refusal(site);
    expect(line).toContain('create secrets in namespace metallb-system');
    expect(line).toContain('delete ipaddresspools.metallb.io in namespace metallb-system');
    expect(line).toContain('list communities.metallb.io in every namespace');
    expect(site.api.writes).toEqual([]);
  });

  test('an object of the same name that says something else is told, and what to do', async () => {
    const site = await withDefinitions();
    foreignPool(site, 'routed', ['198.51.100.64/28']);
    const lines = await refusal(site);
    expect(lines[0]).toContain('IPAddressPool "routed", made by somebody else');
    expect(site.api.writes).toEqual([]);
  });

  test('an object that others made and that says the same is taken as it is, and stays', async () => {
    const site = await withDefinitions();
    foreignPool(site, 'routed', ['198.51.100.0/28']);
    const before = site.api.state();
    expect((await applied(site)).kind).toBe('done');
    const back = await rollback(site.ground, { force: false, rehearseOnly: false, reporters: [] });
    expect(back.kind).toBe('done');
    expect(site.api.state()).toEqual(before);
  });

  test('a pool that the ConfigMap does not have is told: together they would not say the same', async () => {
    const site = await withDefinitions();
    foreignPool(site, 'spare', ['192.0.2.64/28']);
    const lines = await refusal(site);
    expect(lines).toContain('pool "spare" is only in the resources');
    expect(site.api.writes).toEqual([]);
  });

  test('what the server would refuse is found by rehearsing it', async () => {
    const site = await withDefinitions();
    site.api.refuse = ({ path, query }) => {
      if (!path.startsWith(POOLS) || query?.['dryRun'] !== 'All') return;
      throw new ApiError(
        403,
        'Forbidden',
        'admission webhook denied the request: no pools on Fridays',
      );
    };
    const [line] = await refusal(site);
    expect(line).toContain('no pools on Fridays');
    expect(site.api.writes).toEqual([]);
  });

  test('a definition that would drop a field in silence is found too', async () => {
    const site = await withDefinitions();
    const request = site.api.request.bind(site.api);
    site.api.request = async (call) => {
      const answer = await request(call);
      return call.query?.['dryRun'] === 'All' && call.path.startsWith(POOLS)
        ? { ...(answer as object), spec: {} }
        : answer;
    };
    const [line] = await refusal(site);
    expect(line).toContain('does not know all of its fields');
  });

  test('a rehearsal tells every step and writes nothing', async () => {
    const site = new MigrationSite();
    const before = site.api.state();
    const { kind, lines } = await applied(site, true);
    expect(kind).toBe('done');
    expect(lines).toContain('applying IPAddressPool harbor-west');
    expect(site.api.writes).toEqual([]);
    expect(site.api.state()).toEqual(before);
    expect(site.kept).toEqual([]);
  });
});

describe('what fails on the way', () => {
  test('is undone to the last octet', async () => {
    const site = new MigrationSite();
    const before = site.api.state();
    site.api.refuse = ({ path, query, method }) => {
      if (
        method !== 'PATCH' ||
        !path.includes('bgpadvertisements') ||
        query?.['dryRun'] === 'All'
      ) {
        return;
      }
      throw new ApiError(500, 'InternalError', 'failed calling webhook');
    };
    const { kind, lines } = await applied(site);
    expect(kind).toBe('refused');
    expect(lines.join()).toContain('failed calling webhook');
    expect(lines).toContain('everything that was done is undone');
    expect(site.api.state()).toEqual(before);
  });

  test('and is over soon is tried again', async () => {
    const site = new MigrationSite();
    let failures = 3;
    site.api.refuse = ({ path }) => {
      if (!path.includes('bgppeers') || failures === 0) return;
      failures -= 1;
      throw failures === 1
        ? new ApiError(429, 'TooManyRequests', 'slow down')
        : new ConnectionError('ECONNRESET');
    };
    expect((await applied(site)).kind).toBe('done');
    expect(failures).toBe(0);
  });

  test('and lasts leaves the record, and says what to run', async () => {
    const site = new MigrationSite();
    site.api.refuse = ({ path, method }) => {
      if (method === 'PATCH' && path.startsWith(POOLS)) throw new ConnectionError('ECONNREFUSED');
    };
    const { kind, lines } = await applied(site);
    expect(kind).toBe('unfinished');
    expect(lines.at(-1)).toContain('"metal-migrate apply" finishes what was begun');
    expect(site.api.objects.has(RECORD)).toBe(true);
    site.api.refuse = () => {};
    expect((await applied(site)).kind).toBe('done');
  });

  test('and is Ctrl-C stops between two writes', async () => {
    const site = new MigrationSite();
    site.api.refuse = ({ path, query }) => {
      if (path.includes('/secrets/') && query?.['force'] !== undefined && !query['dryRun']) {
        site.interrupt();
      }
    };
    const { kind, lines } = await applied(site);
    expect(kind).toBe('unfinished');
    expect(lines[0]).toContain('stopped as asked');
    expect(site.api.writes.at(-1)).toContain('/secrets/');
  });

  test('and is a file that cannot be written changes nothing', async () => {
    const site = new MigrationSite();
    const before = site.api.state();
    const ground = {
      ...site.ground,
      keep: async () => ({ kind: 'unwritable', why: 'EROFS' }) as const,
    };
    const { kind, lines } = await apply(ground, site.migration(), FOR_GOOD);
    expect(kind).toBe('refused');
    expect(lines[0]).toContain('EROFS');
    expect(site.api.state()).toEqual(before);
  });

  test('and is another metal-migrate that was quicker is told', async () => {
    const site = new MigrationSite();
    const other = new MigrationSite();
    await applied(other);
    site.api.refuse = ({ path, method }) => {
      if (method !== 'POST' || !path.includes('/secrets')) return;
      site.api.refuse = () => {};
      const record = other.api.objects.get(RECORD) as { data: Record<string, string> };
      const text = Buffer.from(record.data['record.json'] ?? '', 'base64').toString();
      const id = text.replace(/"id": "\w+"/, '"id": "another"');
      site.api.put(RECORD, {
        ...record,
        data: { 'record.json': Buffer.from(id).toString('base64') },
      });
    };
    const { kind, lines } = await applied(site);
    expect(kind).toBe('refused');
    expect(lines[0]).toContain('another metal-migrate is at work');
  });

  test('and is a Service that moves is undone', async () => {
    const site = new MigrationSite();
    const service = site.api.objects.get(SERVICE);
    site.api.refuse = ({ path, method, query }) => {
      if (method !== 'PATCH' || !path.includes('l2advertisements') || query?.['dryRun'] === 'All') {
        return;
      }
      site.api.put(SERVICE, {
        ...service,
        status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } },
      });
    };
    const { kind, lines } = await applied(site);
    expect(kind).toBe('refused');
    expect(lines[0]).toBe('Service default/web had 203.0.113.1 and has 203.0.113.7');
    expect([...site.api.objects.keys()].filter((path) => path.includes('metallb.io'))).toEqual([]);
  });
});

describe('a migration over an earlier one', () => {
  const OTHER = 'address-pools:\n- {name: routed, protocol: layer2, addresses: [203.0.113.0/28]}\n';

  test('that wants the same has nothing to do', async () => {
    const site = new MigrationSite();
    await applied(site);
    site.api.revive();
    const { kind, lines } = await applied(site);
    expect([kind, lines[0]]).toEqual([
      'done',
      'everything was applied before: there is nothing to do',
    ]);
    expect(site.api.writes).toEqual([]);
  });

  test('takes away what is no longer wanted, and rollback leads to the state before both', async () => {
    const site = new MigrationSite();
    const before = site.api.state();
    await applied(site);
    const first = site.api.objects.get(CONFIG_MAP);
    site.configure(OTHER);
    expect((await applied(site)).kind).toBe('done');
    expect(site.api.objects.has(`${POOLS}/harbor-west`)).toBe(false);
    site.api.put(CONFIG_MAP, first ?? {});
    await rollback(site.ground, { force: false, rehearseOnly: false, reporters: [] });
    expect(site.api.state()).toEqual(before);
  });

  test('that fails leads back to the earlier one', async () => {
    const site = new MigrationSite();
    await applied(site);
    site.configure(OTHER);
    const before = site.api.state();
    const migration = site.migration();
    const { reporters } = site.agreeing(migration.manifests);
    site.api.events = () => [];
    expect((await apply(site.ground, { ...migration, reporters }, FOR_GOOD)).kind).toBe('refused');
    expect(site.api.state()).toEqual(before);
  });
});

test('a password is in the record alone', async () => {
  const site = new MigrationSite();
  const { lines } = await applied(site);
  const encoded = Buffer.from(PASSWORD).toString('base64');
  const said = [...lines, ...site.told].join();
  expect(said).not.toContain(PASSWORD);
  expect(said).not.toContain(encoded);
  expect(site.kept.at(-1)).toContain(encoded);
});
