/**
 * Node behind the ports: clocks, sockets and interfaces. Only the programs in bin/ import this.
 *
 * @packageDocumentation
 */
export { type LinkEvents, WorkerLinkLayer, type WorkerLinkLayerOptions } from './link-layer.ts';
export type { Protocol } from './link-protocol.ts';
export { runLinkThread } from './link-thread.ts';
export { ARP_REQUESTS, NEIGHBOR_SOLICITATIONS } from './packet-filter.ts';
export { openPacketSocket } from './packet-socket.ts';
export { type Libc, loadLibc } from './raw-libc.ts';
