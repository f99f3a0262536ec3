import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Family } from '../../net/index.ts';
import { SystemRandom } from '../random.ts';
import { loadLibc } from '../socket/libc.ts';
import { BfdEngine } from './engine.ts';
import type { Addressed, BfdCommand, BfdProtocol, BfdReport } from './protocol.ts';

/** What the program tells the thread at its start. */
export interface BfdThreadSettings {
  /** Which program needs BFD; printed if sockets cannot be had. */
  readonly purpose: string;
}

const FORWARDING = {
  ipv4: '/proc/sys/net/ipv4/ip_forward',
  ipv6: '/proc/sys/net/ipv6/conf/all/forwarding',
} as const;

/** The body of the worker thread that holds the sockets of BFD. Anything thrown here ends the thread. */
export async function runBfdThread<Packet extends Addressed, Settings>(
  protocol: BfdProtocol<Packet, Settings>,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('the BFD worker runs only as a worker thread');
  const { purpose } = workerData as BfdThreadSettings;
  const report = (message: BfdReport): void => port.postMessage(message);
  const libc = await loadLibc(purpose);
  const random = new SystemRandom();
  const now = (): number => performance.now();
  const engine = new BfdEngine({ libc, protocol, random, forwards, report, now });
  process.once('uncaughtExceptionMonitor', () => engine.close());
  port.on('message', (command: BfdCommand) => {
    engine.execute(command);
    if (command.type === 'stop') port.close();
  });
  engine.start();
}

/** Whether this machine forwards packets; if nobody can tell, what the profile asks for is believed. */
function forwards(family: Family): boolean {
  try {
    return readFileSync(FORWARDING[family], 'utf8').trim() !== '0';
  } catch (error) {
    if (error instanceof Error && 'code' in error) return true;
    throw error;
  }
}
