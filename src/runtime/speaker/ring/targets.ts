import type { Member } from '../../gossip/index.ts';
import { type IpAddress, parseIp } from '../../net/index.ts';
import type { PodView } from '../members/members.ts';
import type { RingTarget } from './ring.ts';

/** Where this speaker takes part in the ring. */
export interface RingSelf {
  readonly node: string;
  readonly address: IpAddress;
  /** Every speaker's. */
  readonly port: number;
}

/**
 * Where the other speakers listen, one target an address, by name. A Pod without an address is left out: nobody listens
 * there. legacy.md §7.2, §9.2 #22
 */
export function targetsAmong(pods: readonly PodView[], self: RingSelf): readonly RingTarget[] {
  const targets = new Map<IpAddress, RingTarget>();
  for (const { podIP = '', nodeName = '' } of pods) {
    const address = parseIp(podIP);
    if (address === undefined || address === self.address || nodeName === self.node) continue;
    const endpoint = { address, port: self.port };
    if (!targets.has(address)) {
      targets.set(address, { ...(nodeName !== '' && { node: nodeName }), endpoint });
    }
  }
  return [...targets.values()];
}

/** Nodes of the speaker Pods that have run, the own one included. */
export function nodesAmong(pods: readonly PodView[], self: RingSelf): ReadonlySet<string> {
  const nodes = new Set([self.node]);
  for (const { podIP = '', nodeName = '' } of pods) {
    if (podIP !== '' && nodeName !== '') nodes.add(nodeName);
  }
  return nodes;
}

/** The targets that are the address of no member. legacy.md §7.3 */
export function absentFrom(
  members: readonly Member[],
  targets: readonly RingTarget[],
): readonly RingTarget[] {
  const present = new Set(members.map(({ endpoint }) => endpoint.address));
  return targets.filter(({ endpoint }) => !present.has(endpoint.address));
}
