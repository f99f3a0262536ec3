import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ApiClient,
  ApiError,
  type Json,
  coreResource,
  identify,
  member,
  pathOf,
  text,
} from '../../src/runtime/kube/index.ts';
import { elements } from '../../src/runtime/kube/json.ts';

/** A server to hold to the contract: one whose client may do everything in `namespace`. */
export interface ServerUnderTest {
  readonly client: ApiClient;
  readonly namespace: string;
  close(): Promise<void>;
}

interface WatchedEvent {
  readonly type: string;
  readonly object: Json;
}

const LIMIT = 20_000;

/**
 * What we rely on of a Kubernetes API server. The fake of the unit tests and the real one of the end-to-end tests both
 * run it, so that what is shown with the one holds with the other.
 */
export function apiServerContract(name: string, start: () => Promise<ServerUnderTest>): void {
  describe(`${name} keeps the contract of an API server:`, () => {
    let server: ServerUnderTest;

    beforeAll(async () => {
      server = await start();
    }, 120_000);

    afterAll(() => server.close());

    const collection = (resource: string): string =>
      pathOf(coreResource(resource, server.namespace));
    const one = (resource: string, ...rest: readonly string[]): string =>
      pathOf(coreResource(resource, server.namespace), ...rest);
    const get = (path: string, query: Record<string, string> = {}): Promise<Json> =>
      server.client.request({ method: 'GET', path, query });
    const create = (resource: string, body: Json): Promise<Json> =>
      server.client.request({ method: 'POST', path: collection(resource), body });
    const put = (path: string, body: Json): Promise<Json> =>
      server.client.request({ method: 'PUT', path, body });
    const remove = (resource: string, object: string): Promise<Json> =>
      server.client.request({ method: 'DELETE', path: one(resource, object) });

    const configMap = (object: string, label: string, config = ''): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: object, labels: { contract: label } },
      data: { config },
    });
    const service = (object: string): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: object, annotations: { note: 'kept' } },
      spec: {
        type: 'LoadBalancer',
        ports: [{ port: 80, protocol: 'TCP' }],
        selector: { app: 'a' },
      },
    });

    test('an object that is created has a uid, a version and a birthday; a second one conflicts', async () => {
      const created = await create('configmaps', configMap('contract-twice', 'twice'));
      expect(identify(created)).toMatchObject({ key: `${server.namespace}/contract-twice` });
      expect(identify(created)?.uid).not.toBe('');
      expect(identify(created)?.version).not.toBe('');
      const born = text(member(member(created, 'metadata'), 'creationTimestamp'));
      expect(Date.parse(born)).toBeGreaterThan(0);
      const again = await refusal(create('configmaps', configMap('contract-twice', 'twice')));
      expect(again).toMatchObject({ code: 409, reason: 'AlreadyExists' });
    });

    test('what is not there is NotFound', async () => {
      expect(await refusal(get(one('services', 'contract-absent')))).toMatchObject({
        code: 404,
        reason: 'NotFound',
      });
    });

    test('a list comes in pages of one moment', async () => {
      for (const n of [1, 2, 3, 4, 5]) {
        await create('configmaps', configMap(`contract-page-${n}`, 'page'));
      }
      const query = { labelSelector: 'contract=page', limit: '2' };
      const names: string[] = [];
      const versions = new Set<string>();
      for (let token: string | undefined = ''; token !== undefined;) {
        const page = await get(collection('configmaps'), {
          ...query,
          ...(token !== '' && { continue: token }),
        });
        names.push(...elements(member(page, 'items')).map((item) => identify(item)?.name ?? ''));
        const metadata = member(page, 'metadata');
        versions.add(text(member(metadata, 'resourceVersion')));
        token = text(member(metadata, 'continue')) || undefined;
        if (names.length === 2) await create('configmaps', configMap('contract-page-0', 'page'));
      }
      expect(names.sort()).toEqual([1, 2, 3, 4, 5].map((n) => `contract-page-${n}`));
      expect(versions.size).toBe(1);
    });

    test('a field selector finds one object by name', async () => {
      await create('configmaps', configMap('contract-field', 'field'));
      const query = { fieldSelector: 'metadata.name=contract-field' };
      const found = elements(member(await get(collection('configmaps'), query), 'items'));
      expect(found.map((item) => identify(item)?.name)).toEqual(['contract-field']);
    });

    test(
      'a watch tells what happened since its version, in order',
      async () => {
        const query = { labelSelector: 'contract=watch' };
        const list = await get(collection('configmaps'), query);
        const resourceVersion = text(member(member(list, 'metadata'), 'resourceVersion'));
        await create('configmaps', configMap('contract-watch', 'watch'));
        await create('configmaps', configMap('contract-aside', 'aside'));
        const path = one('configmaps', 'contract-watch');
        await put(path, configMap('contract-watch', 'watch', 'changed'));
        await put(path, configMap('contract-watch', 'hidden', 'changed'));
        await put(path, configMap('contract-watch', 'watch', 'back'));
        await remove('configmaps', 'contract-watch');
        const events = await watch(5, collection('configmaps'), { ...query, resourceVersion });
        expect(events.map(({ type }) => type)).toEqual([
          'ADDED',
          'MODIFIED',
          'DELETED',
          'ADDED',
          'DELETED',
        ]);
        const versions = events.map(({ object }) => Number(identify(object)?.version));
        expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      },
      LIMIT,
    );

    test('a write to the status changes status and annotations, never the spec', async () => {
      const created = (await create('services', service('contract-status'))) as Writable;
      const path = one('services', 'contract-status', 'status');
      const written = (await put(path, {
        ...created,
        spec: { ...created.spec, selector: { app: 'b' } },
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      })) as Writable;
      expect(written).toMatchObject({
        metadata: { annotations: { note: 'kept' } },
        spec: { selector: { app: 'a' } },
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      });
      expect(identify(written)?.version).not.toBe(identify(created)?.version);
      expect(await get(one('services', 'contract-status'))).toMatchObject({
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      });
    });

    test('a write from an older version is a Conflict and changes nothing', async () => {
      const created = (await create('services', service('contract-conflict'))) as Writable;
      const path = one('services', 'contract-conflict', 'status');
      const status = (ip: string): object => ({ loadBalancer: { ingress: [{ ip }] } });
      await put(path, { ...created, status: status('192.0.2.1') });
      const late = put(path, { ...created, status: status('192.0.2.2') });
      expect(await refusal(late)).toMatchObject({ code: 409, reason: 'Conflict' });
      expect(await get(one('services', 'contract-conflict'))).toMatchObject({
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
      });
    });

    test('a write to the status of a deleted Service is refused and does not bring it back', async () => {
      const created = (await create('services', service('contract-gone'))) as Writable;
      await remove('services', 'contract-gone');
      const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
      const path = one('services', 'contract-gone', 'status');
      // Without uid and version, servers up to 1.22 or so would create it: their Services may be created by PUT.
      expect([404, 409]).toContain((await refusal(put(path, { ...created, status }))).code);
      expect(await refusal(get(one('services', 'contract-gone')))).toMatchObject({ code: 404 });
    });

    test('a write that changes nothing leaves the version alone', async () => {
      const created = (await create('services', service('contract-same'))) as Writable;
      const path = one('services', 'contract-same', 'status');
      const status = { ...created.status, loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
      const first = (await put(path, { ...created, status })) as Writable;
      const second = await put(path, first);
      expect(identify(second)?.version).toBe(identify(first)?.version);
    });

    test('an Event is created and counted up by a merge patch', async () => {
      const created = await create('events', {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'contract.17a', namespace: server.namespace },
        involvedObject: { kind: 'Service', namespace: server.namespace, name: 'contract' },
        reason: 'IPAllocated',
        message: 'Assigned IP ["192.0.2.1"]',
        source: { component: 'metallb-controller' },
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        count: 1,
        type: 'Normal',
      });
      expect(member(created, 'count')).toBe(1);
      const patched = await server.client.request({
        method: 'PATCH',
        path: one('events', 'contract.17a'),
        contentType: 'application/merge-patch+json',
        body: { count: 2, lastTimestamp: '2026-01-01T00:01:00Z' },
      });
      expect(patched).toMatchObject({ count: 2, reason: 'IPAllocated' });
    });

    test('discovery lists what is served, a review tells what is allowed', async () => {
      const found = elements(member(await get('/api/v1'), 'resources'));
      expect(found.map((resource) => member(resource, 'name'))).toContain('services');
      expect(await refusal(get('/apis/nowhere.example/v1'))).toMatchObject({ code: 404 });
      const review = await server.client.request({
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { verb: 'list', resource: 'services' } },
        },
      });
      expect(member(member(review, 'status'), 'allowed')).toBe(true);
    });

    async function watch(
      count: number,
      path: string,
      query: Record<string, string>,
    ): Promise<readonly WatchedEvent[]> {
      const controller = new AbortController();
      const { signal } = controller;
      const chunks = await server.client.watch({ path, query: { ...query, watch: '1' }, signal });
      let received = '';
      for await (const chunk of chunks) {
        received += chunk;
        if (received.split('\n').length > count) break;
      }
      controller.abort(new Error('seen enough'));
      const lines = received.split('\n').slice(0, count);
      return lines.map((line) => JSON.parse(line) as WatchedEvent);
    }
  });
}

interface Writable {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** The refusal that a request ends with. */
async function refusal(request: Promise<Json>): Promise<ApiError> {
  try {
    await request;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  return expect.unreachable('the server took it');
}
