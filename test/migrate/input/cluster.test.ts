import { describe, expect, test } from 'vitest';
import { type ApiClient, ApiError, ConnectionError } from '../../../src/runtime/kube/index.ts';
import { type Run, connectionTo, runMigrate } from '../../support/terminal.ts';

const CONFIG = 'address-pools:\n- {name: teal, protocol: layer2, addresses: [192.0.2.0/28]}\n';
const HERE = '/namespaces/metallb-system';
const CONFIG_MAP = `/api/v1${HERE}/configmaps/config`;
const POOLS = `/apis/metallb.io/v1beta1${HERE}/ipaddresspools`;
const PEERS = `/apis/metallb.io/v1beta2${HERE}/bgppeers`;
const configMap = { metadata: { name: 'config' }, data: { config: CONFIG } };
const pool = (...addresses: string[]) => ({ metadata: { name: 'teal' }, spec: { addresses } });

/** A server that has what is given by path; lists are given as their items. */
function serving(has: Readonly<Record<string, unknown>>): { client: ApiClient; asked: string[] } {
  const asked: string[] = [];
  const client: ApiClient = {
    request: async ({ method, path }) => {
      asked.push(`${method} ${path}`);
      const answer = has[path] ?? has['*'] ?? new ApiError(404, 'NotFound', 'not found');
      if (answer instanceof Error) throw answer;
      return Array.isArray(answer) ? { items: answer } : answer;
    },
    watch: () => Promise.reject(new Error('nothing is watched')),
  };
  return { client, asked };
}

function validate(has: Readonly<Record<string, unknown>>, ...argv: string[]): Promise<Run> {
  return runMigrate(['validate', 'cluster', ...argv], {}, connectionTo(serving(has).client));
}

describe('a cluster with a ConfigMap alone', () => {
  test('is read, and says that there are no resources', async () => {
    const { code, printed, complained } = await validate({ [CONFIG_MAP]: configMap });
    expect([code, printed]).toEqual([0, ['cluster: valid: 1 pool, 0 peers']]);
    expect(complained).toEqual([
      'the cluster has no v0.13 resources: their CRDs are not installed',
    ]);
  });

  test('is told the place of a fault in the text of the key', async () => {
    const wrong = { ...configMap, data: { config: CONFIG.replace('name', 'nmae') } };
    const { code, printed } = await validate({ [CONFIG_MAP]: wrong });
    expect(code).toBe(1);
    expect(printed[0]).toMatch(/^cluster:2:4: field nmae not found/);
    expect(printed[1]).toContain('- {nmae: teal');
  });

  test('is only read', async () => {
    const { client, asked } = serving({ [CONFIG_MAP]: configMap });
    await runMigrate(['validate', 'cluster'], {}, connectionTo(client));
    expect(asked).toContain(`GET ${CONFIG_MAP}`);
    expect(asked.filter((request) => !request.startsWith('GET '))).toEqual([]);
  });
});

describe('a cluster with resources', () => {
  test('has them read, with the Secrets that peers name', async () => {
    const passwordSecret = { name: 'md5' };
    const spec = { myASN: 64500, peerASN: 64501, peerAddress: '192.0.2.9', passwordSecret };
    const password = Buffer.from('s3cret').toString('base64');
    const { code, json } = await validate(
      {
        [POOLS]: [pool('192.0.2.0/28')],
        [PEERS]: [{ metadata: { name: 'spine' }, spec }],
        [`/api/v1${HERE}/secrets/md5`]: {
          metadata: { name: 'md5' },
          type: 'kubernetes.io/basic-auth',
          data: { password },
        },
      },
      ...['-o', 'json'],
    );
    expect(code).toBe(0);
    expect(json()).toMatchObject([{ model: { peers: [{ hasPassword: true }] } }]);
    expect(JSON.stringify(json())).not.toContain(password);
  });

  test('is told the object and the field of a fault', async () => {
    const { code, printed } = await validate({ [POOLS]: [pool('192.0.2.0/28', '192.0.2.8/29')] });
    expect(code).toBe(1);
    expect(printed[0]).toContain('(at IPAddressPool/teal spec.addresses[1])');
  });

  test('that mean what the ConfigMap means has the resources count', async () => {
    const advertised = {
      [POOLS.replace('ipaddresspools', 'l2advertisements')]: [{ metadata: { name: 'all' } }],
    };
    const has = { [CONFIG_MAP]: configMap, [POOLS]: [pool('192.0.2.0/28')], ...advertised };
    const { code, printed } = await validate(has);
    expect([code, printed]).toEqual([
      0,
      [
        'cluster: holds a ConfigMap and v0.13 resources that mean the same: the resources count',
        'cluster: valid: 1 pool, 0 peers',
      ],
    ]);
  });

  test('that mean something else has the ConfigMap count, and says what differs', async () => {
    const has = { [CONFIG_MAP]: configMap, [POOLS]: [pool('192.0.2.0/27')] };
    const { code, printed } = await validate(has);
    expect(code).toBe(0);
    expect(printed.join('\n')).toContain('that differ: the ConfigMap counts');
    expect(printed.join('\n')).toContain(
      'pool "teal": addresses 192.0.2.0/28 in the ConfigMap, 192.0.2.0/27 in the resources',
    );
  });
});

describe('what cannot be read', () => {
  test.each([
    ['refused', new ApiError(403, 'Forbidden', 'configmaps "config" is forbidden')],
    ['not there', new ApiError(404, 'NotFound', 'configmaps "config" not found')],
  ])('is a ConfigMap that is %s, told with its name and namespace', async (_name, error) => {
    const { code, complained } = await validate({ [CONFIG_MAP]: error });
    expect(code).toBe(2);
    expect(complained[0]).toContain(
      `cluster: ConfigMap "config" in namespace "metallb-system": ${error.message}`,
    );
  });

  test('is a server out of reach, told by its address', async () => {
    const refused = new ConnectionError('ECONNREFUSED: connect ECONNREFUSED 192.0.2.1:6443');
    const { code, complained } = await validate({ '*': refused });
    expect([code, complained]).toEqual([
      2,
      [`cluster: https://192.0.2.1:6443: ${refused.message}`],
    ]);
  });

  test('are resources without the rights: what is missing is told, the rest is taken', async () => {
    const forbidden = new ApiError(403, 'Forbidden', 'ipaddresspools is forbidden');
    const others = Object.fromEntries(
      ['addresspools', 'l2advertisements', 'bgpadvertisements', 'bfdprofiles', 'communities'].map(
        (kind) => [POOLS.replace('ipaddresspools', kind), []],
      ),
    );
    const { code, complained } = await validate({
      ...{ [CONFIG_MAP]: configMap, [POOLS]: forbidden, [PEERS]: [], ...others },
    });
    expect([code, complained]).toEqual([
      0,
      ['not all of the configuration could be read: 403 Forbidden: ipaddresspools is forbidden'],
    ]);
  });

  test.each([
    ['convert', 'cluster', '--reverse'],
    ['diff', 'cluster', 'file'],
  ])('is not taken for the whole where that counts: %s', async (...argv) => {
    const forbidden = new ApiError(403, 'Forbidden', 'bgppeers is forbidden');
    const client = serving({ [POOLS]: [pool('192.0.2.0/28')], [PEERS]: forbidden }).client;
    const run = await runMigrate(argv, { file: CONFIG }, connectionTo(client));
    expect([run.code, run.printed]).toEqual([2, []]);
    expect(run.complained.at(-1)).toContain('bgppeers is forbidden');
  });

  test('is a ConfigMap beside resources: that it may be there is said', async () => {
    const forbidden = new ApiError(403, 'Forbidden', 'configmaps "config" is forbidden');
    const has = { [POOLS]: [pool('192.0.2.0/28')], [CONFIG_MAP]: forbidden };
    expect((await validate(has)).complained.join()).toContain('configmaps "config" is forbidden');
    const { client } = serving(has);
    const run = await runMigrate(['convert', 'cluster'], {}, connectionTo(client));
    expect([run.code, run.printed]).toEqual([2, []]);
  });

  test('is a ConfigMap by another name, unless it is told', async () => {
    const has = { [CONFIG_MAP.replace(/config$/, 'metallb-config')]: configMap };
    expect((await validate(has)).code).toBe(2);
    const { code, printed } = await validate(has, '--configmap', 'metallb-config');
    expect([code, printed]).toEqual([0, ['cluster: valid: 1 pool, 0 peers']]);
  });
});
