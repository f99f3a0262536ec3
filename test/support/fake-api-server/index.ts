/**
 * An API server for tests: small, in memory, over real sockets, and with every fault we claim to survive.
 * It passes `test/contract/api-server.contract.ts`, which the real kube-apiserver passes too.
 *
 * @packageDocumentation
 */
export { type Fault, Hold, type Match } from './faults.ts';
export { type ApiObject, keyOf } from './object-store.ts';
export { aService } from './objects.ts';
export { Cluster, eventually } from './cluster.ts';
