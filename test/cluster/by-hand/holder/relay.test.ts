import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { relay } from './relay.ts';

let folder: string;
let path: string;
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-'));
  path = join(folder, 'far.sock');
});

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});

async function farSide(serve: (socket: Socket) => void): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, serve).listen(path);
  servers.push(server);
  await once(server, 'listening');
}

async function throughRelay(): Promise<Socket> {
  const server = await relay({ host: '127.0.0.1', port: 0 }, { path });
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  return connect({ host: '127.0.0.1', port, allowHalfOpen: true });
}

test('an answer reaches the asker whole, though the server has long hung up', async () => {
  const answer = Buffer.alloc(8_000_000, 'answer ');
  await farSide((socket) => socket.resume().end(answer));
  const near = await throughRelay();

  near.end('question');
  expect((await buffer(near)).equals(answer)).toBe(true);
});

test('a question is heard to its end before the answer begins', async () => {
  await farSide((socket) => {
    let heard = 0;
    socket.on('data', (octets) => (heard += octets.length));
    socket.on('end', () => socket.end(`${heard} octets`));
  });
  const near = await throughRelay();

  near.end(Buffer.alloc(3_000_000));

  expect((await buffer(near)).toString()).toBe('3000000 octets');
});

test('where nobody listens, the asker is hung up on, and the next one is served', async () => {
  const near = await throughRelay();
  await once(near.resume(), 'end');
  near.destroy();

  await farSide((socket) => socket.end('here now'));
  const { port } = servers[0]!.address() as AddressInfo;

  expect((await buffer(connect(port, '127.0.0.1'))).toString()).toBe('here now');
});
