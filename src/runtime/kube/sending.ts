import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { type Clock, seconds } from '../platform/ports.ts';

/** Where a request goes, and what `node:http` needs for it. */
export interface Target {
  readonly url: URL;
  readonly options: https.RequestOptions;
}

/**
 * How long a connection may take to come about. Packets that were sent before kube-proxy had written its rules go
 * astray, and the kernel sends their repetitions after them; a connection from another port takes the right way.
 */
const DIAL_LIMIT = seconds(5);

/** The server did not take the connection, so nothing of the request went out. */
class NotConnected extends Error {}

/**
 * Sends one request and resolves with the head of the reply. It goes out once more if the kept connection it went over
 * turns out to be closed already, and over another connection, until the signal aborts, if a new one does not come about.
 */
export async function send(
  target: Target,
  body: string | undefined,
  clock: Clock,
): Promise<IncomingMessage> {
  const { request } = target.url.protocol === 'https:' ? https : http;
  for (let fresh = false; ;) {
    const outgoing = request(target.url, target.options);
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.on('response', resolve).on('error', reject).end(body);
        outgoing.on('socket', (socket) => {
          socket.setKeepAlive(true, 30_000);
          if (socket.connecting) boundDialing(outgoing, socket, clock);
        });
      });
    } catch (error) {
      if (error instanceof NotConnected) continue;
      const stale = outgoing.reusedSocket && /^(ECONNRESET|EPIPE)$/.test(codeOf(error));
      if (!stale || fresh) throw error;
      fresh = true;
    }
  }
}

function boundDialing(outgoing: ClientRequest, socket: Socket, clock: Clock): void {
  const timer = clock.after(DIAL_LIMIT, () => outgoing.destroy(new NotConnected()));
  const stop = (): void => timer[Symbol.dispose]();
  socket.once('connect', stop).once('close', stop);
}

/** The code of a failure of the system or of Node; empty when it has none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
