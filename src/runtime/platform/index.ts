/**
 * Node behind the ports: time, randomness, the log, sockets and interfaces. Only the programs in bin/ import this.
 *
 * @packageDocumentation
 */
export { WorkerBfd } from './bfd/layer.ts';
export { runBfdThread } from './bfd/thread.ts';
export { SystemClock } from './clock.ts';
export { runUntilStopped } from './lifecycle.ts';
export { WorkerLinkLayer } from './link/layer.ts';
export type { Protocol } from './link/protocol.ts';
export { runLinkThread } from './link/thread.ts';
export { JsonLogger, LOG_THRESHOLDS, type LogThreshold, isLogThreshold } from './logger.ts';
export { ARP_PACKETS, NEIGHBOR_MESSAGES } from './socket/packet-filter.ts';
export { openPacketSocket } from './socket/packet-socket.ts';
export { SystemRandom } from './random.ts';
export { type Libc, loadLibc } from './socket/libc.ts';
export { TcpDialer } from './tcp/dialer.ts';
