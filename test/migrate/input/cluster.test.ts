import { expect, test } from 'vitest';
import { readConfigMap } from '../../../src/migrate/input/cluster.ts';
import { type ApiClient, ApiError, ConnectionError } from '../../../src/runtime/kube/index.ts';

function answering(answer: unknown): { client: ApiClient; asked: string[] } {
  const asked: string[] = [];
  const client: ApiClient = {
    request: async ({ method, path }) => {
      asked.push(`${method} ${path}`);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    watch: () => Promise.reject(new Error('nothing is watched')),
  };
  return { client, asked };
}

test('the ConfigMap is read by one GET, and arrives as a manifest', async () => {
  const manifest = {
    kind: 'ConfigMap',
    metadata: { name: 'config' },
    data: { config: 'peers: []' },
  };
  const { client, asked } = answering(manifest);
  const reading = await readConfigMap(client, 'metallb-system');
  expect(asked).toEqual(['GET /api/v1/namespaces/metallb-system/configmaps/config']);
  if (reading.kind !== 'octets') throw new Error('unreadable');
  expect(JSON.parse(new TextDecoder().decode(reading.octets))).toEqual(manifest);
});

test.each([
  ['refused', new ApiError(403, 'Forbidden', 'configmaps "config" is forbidden')],
  ['not there', new ApiError(404, 'NotFound', 'configmaps "config" not found')],
  ['out of reach', new ConnectionError('ECONNREFUSED: connect')],
])('one that is %s is told with its name and namespace', async (_name, error) => {
  const reading = await readConfigMap(answering(error).client, 'lb');
  const where = 'ConfigMap "config" in namespace "lb"';
  expect(reading).toEqual({ kind: 'unreadable', why: `${where}: ${error.message}` });
});
