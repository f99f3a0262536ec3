import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import { type AddressInfo, type Socket, connect as connectTcp, createServer } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { seconds } from '../../src/runtime/platform/ports.ts';
import type { CertificateBundle } from '../../src/runtime/webhook/certificates/bundle.ts';
import { WebhookServer } from '../../src/runtime/webhook/server.ts';
import { issuer } from '../support/certificates.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const HOST = 'webhook-service.metallb-system.svc';
const names = [HOST];
let first: CertificateBundle;
let second: CertificateBundle;

beforeAll(async () => {
  const now = Date.now();
  first = await issuer({ names, now });
  second = await issuer({ names, now });
});

interface Options {
  readonly http2?: boolean;
  readonly port?: number;
  readonly answer?: (path: string, body: string) => string;
}

const logger = new RecordingLogger();
const clock = new ManualClock();
let serving: boolean[];
let distrusted: number;
let server: WebhookServer;
let control: AbortController;
let ended: Promise<void>;

beforeEach(() => {
  serving = [];
  distrusted = 0;
  logger.lines.length = 0;
});

afterEach(async () => {
  control.abort();
  await ended;
});

function make({
  http2 = false,
  port = 0,
  answer = (path, body) => `${path} ${body}`,
}: Options = {}) {
  server = new WebhookServer({
    ...{ host: '127.0.0.1', port, http2, clock, logger },
    answer: async (path, body) => ({ code: 200, body: answer(path, body) }),
    serving: (now) => serving.push(now),
    distrusted: () => (distrusted += 1),
  });
  control = new AbortController();
  return new Promise<number>((resolve) => {
    ended = server.run(control.signal, resolve);
  });
}

/** Runs with the first certificate; returns the port. */
async function start(options?: Options): Promise<number> {
  const listening = make(options);
  server.present(first);
  return await listening;
}

interface Call {
  readonly ca?: string;
  readonly method?: string;
  readonly body?: string;
  readonly agent?: Agent | false;
}

async function ask(port: number, { ca = first.caCertificate, agent = false, ...call }: Call = {}) {
  const { method = 'POST', body = 'hello' } = call;
  const sent = request({ port, ca, agent, method, path: '/x?timeout=10s', servername: HOST });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { code: response.statusCode, text, version: response.httpVersion };
}

async function shake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port, ca: first.caCertificate, servername: HOST, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

test('nothing is answered before there is a certificate', async () => {
  const listening = make();
  await new Promise((resolve) => setImmediate(resolve));
  expect(serving).toEqual([]);
  server.present(first);
  const port = await listening;
  expect(serving).toEqual([true]);
  expect(await ask(port)).toEqual({ code: 200, text: '/x hello', version: '1.1' });
  // Whatever else runs on this machine may come by at the port.
  const told = logger.lines.filter(({ level }) => level !== 'debug');
  expect(told).toMatchObject([{ fields: { port } }]);
});

test('a program that ends before there is a certificate ends', async () => {
  void make();
  control.abort();
  await ended;
  expect(serving).toEqual([false]);
});

test('another certificate is shown to new connections, and no old one is dropped', async () => {
  const port = await start();
  const agent = new Agent({ keepAlive: true });
  await ask(port, { agent });
  server.present(second);
  expect((await ask(port, { agent })).code).toBe(200);
  expect((await ask(port, { ca: second.caCertificate })).code).toBe(200);
  await expect(ask(port)).rejects.toThrow();
  agent.destroy();
});

test('a client that does not trust the certificate is noticed', async () => {
  const port = await start();
  const socket = connectTcp(port, '127.0.0.1');
  socket.write(await clientHello());
  await once(socket, 'data');
  socket.write(BAD_CERTIFICATE);
  await vi.waitUntil(() => distrusted > 0, { interval: 1 });
  expect(distrusted).toBe(1);
  socket.destroy();
});

/** What a client of Go's says when it does not know the authority. RFC 5246 §7.2 */
const BAD_CERTIFICATE = Buffer.from([21, 3, 3, 0, 2, 2, 42]);

/** How a client begins that speaks TLS 1.2, where alerts of the handshake are not encrypted. */
async function clientHello(): Promise<Buffer> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', maxVersion: 'TLSv1.2' });
  client.on('error', () => {});
  const [peer] = (await once(listener, 'connection')) as [Socket];
  const [hello] = (await once(peer, 'data')) as [Buffer];
  client.destroy();
  peer.destroy();
  listener.close();
  return hello;
}

test('noise is not taken for distrust', async () => {
  const port = await start();
  const socket = connectTcp(port, '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\n\r\n');
  await once(socket.resume(), 'close');
  expect((await ask(port)).code).toBe(200);
  expect(distrusted).toBe(0);
});

describe('what is out of bounds is refused, and the server goes on', () => {
  test.each<[what: string, call: Call, code: number]>([
    ['another method', { method: 'GET', body: '' }, 405],
    ['a body without end', { body: 'x'.repeat(9 * 1024 * 1024) }, 413],
  ])('%s', async (_, call, code) => {
    const port = await start();
    const answer = await ask(port, call).then(
      (reply) => reply.code,
      () => 'broken off',
    );
    expect([code, 'broken off']).toContain(answer);
    expect((await ask(port)).code).toBe(200);
  });

  test('TLS 1.1', async () => {
    const port = await start();
    const old = {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL@SECLEVEL=0',
    } as const;
    await expect(shake(port, old)).rejects.toThrow();
    const current = await shake(port, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
    current.destroy();
  });
});

test('a fault of ours is an answer, and told in the log', async () => {
  const port = await start({
    answer: () => {
      throw new TypeError('ours');
    },
  });
  expect(await ask(port)).toMatchObject({
    code: 500,
    text: expect.not.stringContaining('ours') as string,
  });
  expect(logger.lines.some(({ level }) => level === 'error')).toBe(true);
});

describe('a caller that breaks off in the middle is no fault, and the server goes on', () => {
  const headers = { 'content-length': '1000', expect: '100-continue' };

  test('HTTP/1.1', async () => {
    const port = await start();
    const ca = first.caCertificate;
    const sent = request({ port, ca, agent: false, method: 'POST', servername: HOST, headers });
    sent.on('error', () => {});
    sent.write('half of');
    await once(sent, 'continue');
    sent.destroy();
    await goesOn(port);
  });

  test('HTTP/2', async () => {
    const port = await start({ http2: true });
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ca: first.caCertificate,
      servername: HOST,
    });
    session.on('error', () => {});
    const stream = session.request({ ':method': 'POST', ':path': '/y', ...headers });
    stream.on('error', () => {});
    stream.write('half of');
    await once(stream, 'continue');
    session.destroy();
    await goesOn(port);
  });

  async function goesOn(port: number): Promise<void> {
    expect((await ask(port)).code).toBe(200);
    expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  }
});

describe('HTTP/2', () => {
  test('is not spoken unless it is wanted', async () => {
    const port = await start();
    const socket = await shake(port, { ALPNProtocols: ['h2', 'http/1.1'] });
    expect(socket.alpnProtocol).not.toBe('h2');
    socket.destroy();
  });

  test('is spoken beside HTTP/1.1 where it is wanted', async () => {
    const port = await start({ http2: true });
    expect((await ask(port)).text).toBe('/x hello');
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      ca: first.caCertificate,
      servername: HOST,
    });
    const stream = session.request({ ':method': 'POST', ':path': '/y' });
    stream.end('hello');
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('/y hello');
    session.destroy();
  });
});

test('a port that is taken is tried again', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const listening = make({ port });
  server.present(first);
  await vi.waitUntil(() => clock.pending > 0, { interval: 1 });
  expect(logger.lines).toMatchObject([{ level: 'error', fields: { port } }]);
  expect(serving).toEqual([]);
  other.close();
  await once(other, 'close');
  clock.advance(seconds(5));
  expect(await listening).toBe(port);
  expect((await ask(port)).code).toBe(200);
});

test('at the end, what is asked is still answered, and nothing stays open', async () => {
  const port = await start();
  const agent = new Agent({ keepAlive: true });
  await ask(port, { agent });
  control.abort();
  await ended;
  expect(serving).toEqual([true, false]);
  await expect(ask(port, { agent })).rejects.toThrow();
  agent.destroy();
});
