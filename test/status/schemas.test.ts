import { afterEach, beforeEach, expect, test } from 'vitest';
import { CRDS } from '../../src/config-crd/schema/index.ts';
import { Schemas } from '../../src/runtime/status/index.ts';
import { Cluster } from '../support/fake-api-server/index.ts';
import { NAMESPACE } from './writing.ts';

let cluster: Cluster;
let schemas: Schemas;

beforeEach(async () => {
  cluster = await Cluster.start();
  const { client, clock, logger } = cluster;
  schemas = new Schemas({ client, clock, logger, namespace: NAMESPACE });
});

afterEach(() => cluster.stop());

test.each(Object.entries(CRDS))('our CRD of %s is known as ours', async (kind, definition) => {
  cluster.server.store.create('customresourcedefinitions', { ...definition });
  expect(await schemas.mayWrite(kind, AbortSignal.timeout(5000))).toBe(true);
});

test.each(Object.entries(CRDS))('one of %s without our mark is not', async (kind, definition) => {
  const { name } = definition.metadata;
  cluster.server.store.create('customresourcedefinitions', { ...definition, metadata: { name } });
  expect(await schemas.mayWrite(kind, AbortSignal.timeout(5000))).toBe(false);
});
