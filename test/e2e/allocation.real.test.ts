import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../cluster/index.ts';
describe('x', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ controllers: true, dualStack: true, audit: true });
  });
  afterAll(async () => {
    await plane.close();
  });
  test('up', async () => {
    const { Installation, NAMESPACE } = await import('../cluster/index.ts');
    await Installation.apply(plane);
    const token = await plane.token(NAMESPACE, 'controller');
    const client = plane.client(token);
    expect((await client.request('GET', '/api/v1/services')).status).toBe(200);
    expect((await client.request('GET', '/api/v1/secrets')).status).toBe(403);
    console.log(plane.audit());
    client.close();
  });
});
