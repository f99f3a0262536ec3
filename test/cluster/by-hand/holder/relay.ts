import { once } from 'node:events';
import {
  type ListenOptions,
  type NetConnectOpts,
  type Server,
  type Socket,
  connect,
  createServer,
} from 'node:net';

/** Passes the octets of every connection on to another place, until closed. */
export async function relay(from: ListenOptions, to: NetConnectOpts): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...to, allowHalfOpen: true });
    pass(near, far);
    pass(far, near);
  });
  server.listen(from);
  await once(server, 'listening');
  return server;
}

/** What breaks on one side breaks on the other, and what ends there may still be answered. */
function pass(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroySoon());
}
