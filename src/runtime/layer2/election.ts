import { createHash } from 'node:crypto';
import { type Compat, atLeast } from '../model/index.ts';
import type { IpAddress } from '../net/index.ts';

/** What the nodes compete for. */
export interface Contest {
  /** `namespace/name` of the Service. */
  readonly service: string;
  /** The first entry of status.loadBalancer.ingress; for dual stack it alone decides. */
  readonly firstAddress: IpAddress;
}

/** The text hashed with each node's name: the address since v0.11, the Service before. legacy.md §4.3 */
export function electionSubject({ service, firstAddress }: Contest, compat: Compat): string {
  return atLeast(compat, 'v0.11') ? firstAddress : service;
}

/**
 * The candidates by the SHA-256 digest of `node#subject`, smallest first: the order in which they would take over.
 * Every speaker of a cluster, of whatever make, must find the same one. legacy.md §4.3, §10.1
 *
 * @internal
 */
export function electionOrder(candidates: Iterable<string>, subject: string): string[] {
  return Array.from(new Set(candidates), (node) => ({ node, digest: digestOf(node, subject) }))
    .sort((a, b) => Buffer.compare(a.digest, b.digest))
    .map(({ node }) => node);
}

/** The node that announces, or `undefined` without candidates. */
export function elect(candidates: Iterable<string>, subject: string): string | undefined {
  return electionOrder(candidates, subject)[0];
}

function digestOf(node: string, subject: string): Buffer {
  return createHash('sha256').update(`${node}#${subject}`).digest();
}
