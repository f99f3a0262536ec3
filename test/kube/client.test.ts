import { Agent } from 'node:http';
import { type NetConnectOpts, Socket, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ApiError,
  ConnectionError,
  HttpApiClient,
  coreResource,
  pathOf,
} from '../../src/runtime/kube/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { Cluster, Hold, aService, eventually } from '../support/fake-api-server/index.ts';

let cluster: Cluster;

beforeEach(async () => {
  cluster = await Cluster.start();
});

afterEach(() => cluster.stop());

const SERVICES = pathOf(coreResource('services'));
const ONE = pathOf(coreResource('services', 'default'), 'web');

/** Its first connections stay where those are whose packets nobody answers. */
class FirstConnectionsLost extends Agent {
  dialed = 0;
  readonly #lost: number;

  constructor(lost: number) {
    super();
    this.#lost = lost;
  }

  override createConnection(options: NetConnectOpts): Socket {
    this.dialed += 1;
    if (this.dialed > this.#lost) return connect(options);
    return Object.defineProperty(new Socket(), 'connecting', { value: true });
  }
}

function get(path: string): Promise<unknown> {
  return cluster.client.request({ method: 'GET', path });
}

/** What a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error,
  );
}

describe('a refusal', () => {
  test('carries code, reason and text', async () => {
    const error = await failure(get(ONE));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: '404 NotFound: services "web" not found',
    });
  });

  test('with Retry-After is tried again when the server said, without holding up others', async () => {
    cluster.server.store.create('services', aService('web'));
    const fault = { type: 'status', code: 429, retryAfterSeconds: 2 } as const;
    cluster.server.inject({ verb: 'get' }, fault, 2);
    const single = cluster.newClient(1);
    const waiting = single.request({ method: 'GET', path: ONE });
    const { clock } = cluster;
    const pausing = (): boolean => (clock.next ?? Infinity) - clock.now() <= 2200;
    await eventually(pausing);
    await single.request({ method: 'GET', path: SERVICES });
    clock.advance(seconds(2.2));
    await eventually(pausing);
    expect(cluster.server.count('get')).toBe(2);
    clock.advance(seconds(2.2));
    expect(await waiting).toMatchObject({ metadata: { name: 'web' } });
    single.close();
  });

  test('without Retry-After is for the caller to handle', async () => {
    cluster.server.inject({ verb: 'get' }, { type: 'status', code: 500 });
    expect(await failure(get(ONE))).toMatchObject({ code: 500 });
    expect(cluster.server.count('get')).toBe(1);
  });

  test('a pause beyond a minute is not taken from a server', async () => {
    const fault = { type: 'status', code: 503, retryAfterSeconds: 86_400 } as const;
    cluster.server.inject({ verb: 'get' }, fault);
    const call = cluster.client.request({ method: 'GET', path: ONE, attempts: 1 });
    expect(await failure(call)).toMatchObject({ retryAfter: seconds(60) });
  });
});

describe('an expired token', () => {
  test('is read again and the request sent again at once', async () => {
    cluster.server.store.create('services', aService('web'));
    await get(ONE);
    cluster.server.rotateToken();
    expect(await get(ONE)).toMatchObject({ metadata: { name: 'web' } });
    expect(cluster.server.seen.map(({ status }) => status)).toEqual([200, 401, 200]);
  });

  test('that stays refused is tried no more than twice', async () => {
    cluster.server.inject({ verb: 'get' }, { type: 'status', code: 401 }, 5);
    expect(await failure(get(ONE))).toMatchObject({ code: 401 });
    expect(cluster.server.count('get')).toBe(2);
  });
});

describe('a connection', () => {
  test('that was closed while idle is replaced without anyone noticing', async () => {
    await get(SERVICES);
    cluster.server.inject({ verb: 'list' }, { type: 'reset' });
    expect(await get(SERVICES)).toMatchObject({ items: [] });
  });

  test('that does not come about is tried anew over another, and nothing is sent twice', async () => {
    const agent = new FirstConnectionsLost(2);
    const { clock, random } = cluster;
    const credentials = cluster.server.credentials();
    const connection = { ...(await credentials.current()), agent };
    const through = { ...credentials, current: () => Promise.resolve(connection) };
    const client = new HttpApiClient({ credentials: through, clock, random });
    const created = client.request({ method: 'POST', path: SERVICES, body: aService('once') });
    for (const dialed of [1, 2]) {
      await eventually(() => agent.dialed === dialed);
      expect(cluster.server.count('create')).toBe(0);
      clock.advance(seconds(5));
    }
    expect(await created).toMatchObject({ metadata: { name: 'once' } });
    expect(cluster.server.count('create')).toBe(1);
    agent.destroy();
  });

  test('that never comes about is given up after the time limit', async () => {
    const agent = new FirstConnectionsLost(Infinity);
    const { clock, random } = cluster;
    const credentials = cluster.server.credentials();
    const connection = { ...(await credentials.current()), agent };
    const through = { ...credentials, current: () => Promise.resolve(connection) };
    const client = new HttpApiClient({ credentials: through, clock, random });
    const call = failure(client.request({ method: 'GET', path: SERVICES }));
    for (let dialed = 1; dialed <= 6; dialed += 1) {
      await eventually(() => agent.dialed === dialed);
      clock.advance(seconds(5));
    }
    expect((await call) as Error).toMatchObject({ message: 'no answer within 30 s' });
    agent.destroy();
  });

  test('on which no answer comes is given up after the time limit', async () => {
    cluster.server.inject({ verb: 'list' }, { type: 'silence' });
    const call = failure(get(SERVICES));
    await eventually(() => cluster.server.count('list') === 1);
    cluster.clock.advance(seconds(30));
    const error = await call;
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toBe('no answer within 30 s');
  });

  test('that is cut in the middle of a reply is a failure, not a shorter reply', async () => {
    cluster.server.inject({ verb: 'list' }, { type: 'cut' });
    expect(await failure(get(SERVICES))).toBeInstanceOf(ConnectionError);
  });

  test('to a server that is away is a failure with its code', async () => {
    await cluster.server.stop();
    const error = await failure(get(SERVICES));
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toMatch(/^ECONN/);
    await cluster.server.restart();
  });

  test('is not taken beyond the size allowed for a reply', async () => {
    for (let n = 0; n < 50; n += 1) cluster.server.store.create('services', aService(`s${n}`));
    const { clock, random } = cluster;
    const credentials = cluster.server.credentials();
    const client = new HttpApiClient({ credentials, clock, random, largestReply: 4096 });
    const error = await failure(client.request({ method: 'GET', path: SERVICES }));
    expect((error as Error).message).toBe('the reply is larger than 4096 octets');
    client.close();
  });
});

describe('many requests', () => {
  test('are in flight only so many at a time', async () => {
    const hold = new Hold();
    cluster.server.inject({ verb: 'list' }, { type: 'hold', hold }, 3);
    const client = cluster.newClient(3);
    const calls = Array.from({ length: 5 }, () =>
      client.request({ method: 'GET', path: SERVICES }),
    );
    await eventually(() => hold.waiting === 3);
    const other = client.request({ method: 'GET', path: SERVICES });
    expect(cluster.clock.pending).toBe(3);
    hold.release();
    expect(await Promise.all([...calls, other])).toHaveLength(6);
    client.close();
  });

  test('leave the background ones to the end', async () => {
    const hold = new Hold();
    cluster.server.inject({ verb: 'list' }, { type: 'hold', hold });
    const client = cluster.newClient(1);
    const order: string[] = [];
    const send = async (importance: 'normal' | 'background', name: string): Promise<void> => {
      await client.request({ method: 'GET', path: SERVICES, importance });
      order.push(name);
    };
    const calls = [send('normal', 'first'), send('background', 'event'), send('normal', 'status')];
    hold.release();
    await Promise.all(calls);
    expect(order).toEqual(['first', 'status', 'event']);
    client.close();
  });

  test('of which one is aborted while it waits lose only that one', async () => {
    const hold = new Hold();
    cluster.server.inject({ verb: 'list' }, { type: 'hold', hold });
    const client = cluster.newClient(1);
    const controller = new AbortController();
    const first = client.request({ method: 'GET', path: SERVICES });
    const { signal } = controller;
    const second = failure(client.request({ method: 'GET', path: SERVICES, signal }));
    const third = client.request({ method: 'GET', path: SERVICES });
    controller.abort(new Error('not needed any more'));
    expect(await second).toMatchObject({ message: 'not needed any more' });
    hold.release();
    expect(await Promise.all([first, third])).toHaveLength(2);
    client.close();
  });
});

test('names in a path are escaped, whatever they hold', () => {
  expect(pathOf(coreResource('services', 'a/b'), '../c?d', 'status')).toBe(
    '/api/v1/namespaces/a%2Fb/services/..%2Fc%3Fd/status',
  );
});
