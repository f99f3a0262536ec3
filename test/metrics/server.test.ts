import { type AddressInfo, connect, createServer } from 'node:net';
import { type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  MetricsServer,
  Registry,
  scrapeMetrics,
  sourceMetrics,
} from '../../src/runtime/metrics/index.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

interface Options {
  readonly host?: string;
  readonly port?: number;
  readonly profiling?: boolean;
  readonly refresh?: () => Promise<void>;
}

let stop: (() => Promise<void>) | undefined;

afterEach(async () => {
  await stop?.();
  stop = undefined;
});

async function start(given: Options = {}) {
  const { host = '127.0.0.1', port = 0, profiling = false, refresh = async () => {} } = given;
  const register = new Registry();
  const source = sourceMetrics(register);
  const logger = new RecordingLogger();
  const observer = scrapeMetrics(register);
  const server = new MetricsServer({ host, port, register, observer, logger, profiling, refresh });
  const control = new AbortController();
  const listening = new Promise<number>((resolve) => {
    const done = server.run(control.signal, resolve);
    stop = async () => {
      control.abort();
      await done;
    };
  });
  return { register, source, logger, listening };
}

async function ask(port: number, path: string, method = 'GET', host = '127.0.0.1') {
  const sent = request({ host, port, path, method, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { code: response.statusCode, type: response.headers['content-type'], body };
}

test('GET /metrics shows the page in the text format', async () => {
  const port = await (await start()).listening;
  const { code, type, body } = await ask(port, '/metrics?name[]=x');
  expect([code, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  expect(body).toContain('metallb_k8s_client_config_loaded_bool 0\n');
  expect((await ask(port, '/metrics')).body).toContain(
    'promhttp_metric_handler_requests_total{code="200"} 1\n',
  );
  expect(await ask(port, '/metrics', 'HEAD')).toMatchObject({ code: 200, body: '' });
});

test.each([
  ['GET', '/'],
  ['GET', '/metrics/'],
  ['GET', '/healthz'],
  ['GET', '//'],
  ['GET', '/%zz'],
  ['POST', '/metrics'],
  ['GET', '/debug/pprof/'],
  ['GET', '/debug/pprof/profile'],
])('%s %s is not found', async (method, path) => {
  const port = await (await start()).listening;
  expect((await ask(port, path, method)).code).toBe(404);
});

test.each(['::1', '[::1]'])('listens on the IPv6 literal %s', async (host) => {
  const { listening, logger } = await start({ host });
  const port = await Promise.race([listening, firstLine(logger)]);
  // A host without IPv6 has understood the literal when it says that it has no such address.
  const refusal = logger.lines[0]?.fields['error'] as NodeJS.ErrnoException | undefined;
  const code =
    port === undefined ? refusal?.code : (await ask(port, '/metrics', 'GET', '::1')).code;
  expect([200, 'EADDRNOTAVAIL', 'EAFNOSUPPORT']).toContain(code);
});

async function firstLine(logger: RecordingLogger): Promise<undefined> {
  await vi.waitUntil(() => logger.lines.length > 0, { interval: 1, timeout: 10_000 });
}

test('without a host listens on all addresses', async () => {
  const port = await (await start({ host: '' })).listening;
  expect((await ask(port, '/metrics')).code).toBe(200);
});

describe('an address that cannot be had is logged and the program goes on', () => {
  test('in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expectRefusal({ port });
    other.close();
  });

  test.each<[name: string, options: Options]>([
    ['of another machine', { host: '192.0.2.1' }],
    ['with a port beyond 65535', { port: 70000 }],
    ['with a negative port', { port: -1 }],
  ])('%s', async (_name, options) => {
    await expectRefusal(options);
  });

  async function expectRefusal(options: Options): Promise<void> {
    const { logger } = await start(options);
    await firstLine(logger);
    expect(logger.lines).toMatchObject([
      { level: 'error', fields: { op: 'listenAndServe', msg: 'cannot listen and serve' } },
    ]);
    expect(logger.lines[0]?.fields['error']).toBeInstanceOf(Error);
  }
});

test('counters are brought up to date before they are read', async () => {
  const page = await start({ refresh: async () => page.source.accepted() });
  const { body } = await ask(await page.listening, '/metrics');
  expect(body).toContain('metallb_k8s_client_config_loaded_bool 1\n');
});

test('a page that cannot be made is an error of that request only', async () => {
  const { register, logger, listening } = await start();
  const port = await listening;
  const broken = Promise.reject(new Error('collect failed'));
  broken.catch(() => {});
  register.registerMetric({
    name: 'broken',
    get: () => broken,
    getForPromString: () => broken,
    reset: () => {},
  } as never);
  expect((await ask(port, '/metrics')).code).toBe(500);
  expect(logger.lines).toMatchObject([{ level: 'error', fields: { op: 'serveMetrics' } }]);
  register.removeSingleMetric('broken');
  expect((await ask(port, '/metrics')).body).toContain(
    'promhttp_metric_handler_requests_total{code="500"} 1\n',
  );
});

test('nonsense on the wire is answered or dropped, and the next request served', async () => {
  const port = await (await start()).listening;
  for (const nonsense of ['\0\0\0\r\n\r\n', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`]) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(nonsense);
    socket.resume();
    await once(socket, 'close');
  }
  expect((await ask(port, '/metrics')).code).toBe(200);
});

test('stops with connections open', async () => {
  const port = await (await start()).listening;
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  socket.resume();
  await stop!();
  if (!socket.closed) await once(socket, 'close');
  expect(socket.closed).toBe(true);
});

describe('with --enable-pprof', () => {
  test('a CPU profile of the process can be had', async () => {
    const port = await (await start({ profiling: true })).listening;
    const { code, body } = await ask(port, '/debug/pprof/profile?seconds=0.05');
    expect(code).toBe(200);
    const profile = JSON.parse(body) as { nodes: unknown[]; startTime: number; endTime: number };
    expect(profile.nodes.length).toBeGreaterThan(0);
    expect(profile.endTime - profile.startTime).toBeGreaterThan(40_000);
  });

  test('one profile is taken at a time, and a caller that hangs up ends it', async () => {
    const port = await (await start({ profiling: true })).listening;
    const first = request({ port, host: '127.0.0.1', path: '/debug/pprof/profile', agent: false });
    first.on('error', () => {}).end();
    await expect
      .poll(async () => (await ask(port, '/debug/pprof/profile?seconds=0.01')).code)
      .toBe(503);
    first.destroy();
    await expect
      .poll(async () => (await ask(port, '/debug/pprof/profile?seconds=0.01')).code)
      .toBe(200);
  });

  test.each([
    ['', 200],
    ['cmdline', 501],
    ['symbol', 501],
    ['trace', 501],
    ['nonsense', 404],
    ['profile?seconds=x', 400],
    ['profile?seconds=0', 400],
    ['profile?seconds=1e9', 400],
  ])('/debug/pprof/%s answers %i', async (topic, code) => {
    const port = await (await start({ profiling: true })).listening;
    expect((await ask(port, `/debug/pprof/${topic}`)).code).toBe(code);
  });
});
