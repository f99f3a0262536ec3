import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiSocket } from './inside.ts';
import { clearLeftovers } from './leftovers.ts';
import { type Opened, firstMessage, tell } from './messages.ts';
import { relay } from './relay.ts';
import type { State, StateFolder } from '../state/state-folder.ts';

export interface HolderOptions {
  readonly nodes: number;
  /** Whether the cluster stays when the command that started it ends. */
  readonly detach: boolean;
}

const PRIVATE_NETWORK = 'test/cluster/private-network.sh';
/** How long the private network may take to end by itself; milliseconds. */
const PATIENCE = 5000;

/**
 * Keeps a cluster until told to end. When this process dies, the kernel ends the private network with all that runs in
 * it. When the cluster ends by itself, what it wrote stays to be read until the next `down` or `up`.
 *
 * @returns what to exit with
 */
export async function hold(folder: StateFolder, { nodes, detach }: HolderOptions): Promise<number> {
  if (folder.lock() === undefined) {
    await tell('held');
    return 1;
  }
  const told = toldToEnd();
  const earlier = folder.read();
  if (earlier !== undefined) await clearLeftovers(earlier);
  const state = beginState();
  folder.write(state);

  const network = spawnInside(nodes, state.scratch);
  const ended = once(network, 'exit').then(() => 'ended' as const);
  const opened = await Promise.race([told.promise, firstMessage<Opened>(network)]);
  if (typeof opened === 'object') {
    await publish(folder, state, { network, opened });
    await tell('ready');
    if (detach) told.forgetParent();
  }
  if ((await Promise.race([told.promise, ended])) === 'ended') return 1;

  // Inside, the first process ends with the channel, and everything with the first process.
  network.disconnect();
  const impatience = setTimeout(() => network.kill('SIGKILL'), PATIENCE);
  await ended;
  clearTimeout(impatience);
  await clearLeftovers(state);
  folder.remove();
  return 0;
}

/** Resolves on a signal, and when the process that started this one dies before it is forgotten. */
function toldToEnd(): { promise: Promise<'told'>; forgetParent: () => void } {
  let tellIt = (): void => {};
  const promise = new Promise<'told'>((resolve) => (tellIt = () => resolve('told')));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, tellIt);
  process.once('disconnect', tellIt);
  const forgetParent = (): void => {
    process.off('disconnect', tellIt);
    process.disconnect();
  };
  return { promise, forgetParent };
}

function beginState(): State {
  const scratch = mkdtempSync(join(tmpdir(), 'metal-lb-by-hand-'));
  // Containers that run as somebody else must find what is theirs inside.
  chmodSync(scratch, 0o711);
  return { holder: process.pid, scratch, since: new Date().toISOString() };
}

/** In a session of its own, so that Ctrl-C reaches the holder alone, which ends things in order. */
function spawnInside(nodes: number, scratch: string): ChildProcess {
  const args = [...process.argv.slice(0, 2), 'inside', String(nodes)];
  return spawn(PRIVATE_NETWORK, args, {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, TMPDIR: scratch },
  });
}

/** Opens a way to the API server from this network, and tells the commands where everything is. */
async function publish(
  folder: StateFolder,
  state: State,
  { network, opened }: { readonly network: ChildProcess; readonly opened: Opened },
): Promise<void> {
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await relay(listen, { path: apiSocket(state.scratch) });
  const api = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder.writeKubeconfig(api, opened.admin);
  folder.write({ ...state, running: { ...opened.cluster, entry: network.pid ?? 0, api } });
}
