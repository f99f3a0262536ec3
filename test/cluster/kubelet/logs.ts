import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { Identity } from '../pki.ts';
import type { Kubelet } from './kubelet.ts';

const FOLLOW_MS = 200;

/** Answers `kubectl logs` as a kubelet does, for every node. The API server dials it by the nodes' internal DNS name. */
export class LogServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start({ key, cert }: Identity, kubelet: Kubelet): Promise<LogServer> {
    const server = createServer({ key, cert }, (request, response) => {
      const url = new URL(request.url ?? '/', 'https://kubelet');
      const [, verb, namespace = '', name = '', container = ''] = url.pathname.split('/');
      const found = kubelet.pod(namespace, name)?.container(container);
      if (verb !== 'containerLogs' || found === undefined) {
        response.writeHead(404).end('no such container here\n');
        return;
      }
      send(found.log, url.searchParams, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new LogServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function send(file: string, query: URLSearchParams, response: ServerResponse): void {
  const whole = readFileSync(file);
  const tail = query.get('tailLines');
  response.write(tail === null ? whole : lastLines(whole.toString('utf8'), Number(tail)));
  if (query.get('follow') !== 'true') {
    response.end();
    return;
  }
  let sent = whole.length;
  const timer = setInterval(() => {
    const now = readFileSync(file);
    if (now.length > sent) response.write(now.subarray(sent));
    sent = now.length;
  }, FOLLOW_MS);
  response.on('close', () => clearInterval(timer));
}

function lastLines(text: string, count: number): string {
  if (count === 0) return '';
  return text
    .split('\n')
    .slice(-count - 1)
    .join('\n');
}
