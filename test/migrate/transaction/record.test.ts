import { expect, test } from 'vitest';
import { type MigrationRecord, newRecord } from '../../../src/migrate/transaction/record/record.ts';
import { recordIn, recordSecret } from '../../../src/migrate/transaction/record/secret.ts';

function recordOf(services: number, address = '203.0.113.1'): MigrationRecord {
  return newRecord({
    ...{ id: 'a1', begun: '2026-01-01T00:00:00Z', namespace: 'metallb-system', since: '7' },
    configMap: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config' } },
    configMapVersion: '5',
    ...{ definitions: [], objects: [], standing: [], rewrites: [] },
    services: Array.from({ length: services }, (_, index) => {
      return { service: `default/web-${index}`, addresses: [address] };
    }),
  });
}

test.each([1, 20_000])(
  'the record of %i Services comes back from its Secret as it was',
  async (count) => {
    const record = recordOf(count);
    expect(await recordIn(await recordSecret(record))).toEqual(record);
  },
);

test('the Secret of 20,000 Services is smaller than a server takes', async () => {
  const secret = await recordSecret(recordOf(20_000));
  expect(JSON.stringify(secret).length).toBeLessThan(1024 * 1024);
});

test('a record that fits into no Secret is not written', async () => {
  const noise = Array.from({ length: 400_000 }, (_, index) =>
    Math.imul(index, 2654435761).toString(36),
  );
  expect(await recordSecret(recordOf(1, noise.join()))).toBeUndefined();
});

test.each([
  ['another type', { type: 'Opaque' }, 'it is not of type'],
  ['no text', { data: {} }, 'this is no record'],
  ['what cannot be unpacked', { data: { 'record.json.gz': 'bm8=' } }, 'it cannot be unpacked'],
])('a Secret with %s is no record', async (_what, change, problem) => {
  const secret = await recordSecret(recordOf(1));
  const found = await recordIn({ ...secret, ...change });
  expect(found).toEqual({ problem: expect.stringContaining(problem) as string });
});
