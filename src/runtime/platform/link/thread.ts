import { parentPort, workerData } from 'node:worker_threads';
import { LinkEngine } from './engine.ts';
import type { LinkCommand, LinkReport, Protocol, ProtocolName } from './protocol.ts';
import { loadLibc } from '../socket/libc.ts';

/** What the program tells the thread at its start. */
export interface LinkThreadSettings {
  /** Which program needs raw sockets and for what; printed if they cannot be had. */
  readonly purpose: string;
  /** Whether to report every answered request. */
  readonly trace: boolean;
}

/** The body of the worker thread that holds every raw socket. Anything thrown here ends the thread. */
export async function runLinkThread(
  protocols: Readonly<Record<ProtocolName, Protocol>>,
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('the link worker runs only as a worker thread');
  const { purpose, trace } = workerData as LinkThreadSettings;
  const report = (message: LinkReport): void => port.postMessage(message);
  const libc = await loadLibc(purpose);
  const engine = new LinkEngine({ libc, protocols, trace, report });
  process.once('uncaughtExceptionMonitor', () => engine.close());
  port.on('message', (command: LinkCommand) => {
    engine.execute(command);
    if (command.type === 'stop') port.close();
  });
  engine.start();
}
