/**
 * Announcing Services from this node.
 *
 * `decide` turns what is known about one Service into a verdict per protocol, by the table of
 * legacy.md §4.1; `transition` compares that with what is announced and says what to do. {@link Speaker} is
 * the one loop around both. BGP is told of whatever this node may announce; layer-2 ownership is an election among {@link Members}: those of the ring, which
 * {@link Membership} keeps; without gossip the nodes of the speaker Pods that serve, which {@link MemberDiscovery} lists;
 * where they cannot be listed, the nodes that have a ready endpoint. Nothing is announced or withdrawn before Services,
 * configuration and members are known.
 *
 * @packageDocumentation
 */
export { type Decision, type Facts, type Protocol, decide, leaderFor } from './decide.ts';
export { MemberDiscovery } from './members/discovery.ts';
export { type PodLister, PodsForbidden } from './members/pod-rounds.ts';
export type { AnnouncedAddress, SpeakerObserver } from './herald.ts';
export { Membership } from './ring/membership.ts';
export { ISOLATION_REASONS } from './ring/isolation.ts';
export type { JoinResult, Ring, RingTarget } from './ring/ring.ts';
export { type FoundKey, scheduleKeys } from './ring/rotation.ts';
export { type Neighbors, Stations } from './ring/stations.ts';
export type { IsolationObserver } from './ring/watch.ts';
export type { Members, PodView } from './members/members.ts';
export type { Nodes } from './nodes.ts';
export { PoolIndex } from './pools.ts';
export { Speaker } from './speaker.ts';
