import { type Family, type IpAddress, familyOf } from '../../net/index.ts';
import type { Logger } from '../../platform/ports.ts';
import type { Agreed } from '../fsm/fsm.ts';
import type { Outlet } from '../peering/outlet.ts';
import type { AdjRibOut, Batch, Outgoing } from '../rib/adj-rib-out.ts';
import { type NextHops } from '../wire/update/next-hop.ts';
import {
  type UpdateContext,
  UnsendableError,
  encodeEndOfRib,
  encodeUpdates,
} from '../wire/update/write.ts';

/** The node's own addresses, by family; a missing one is unknown or not there. */
export type NodeAddresses = Readonly<Partial<Record<Family, IpAddress>>>;

/** Why a peer is sent no routes of a family. product.md §5 #13, RFC 4760 §8 */
export type FamilyObstacle = 'noNextHop' | 'familyNotAgreed';

/** As far as the last session that was up told. */
export type FamilyObstacles = Readonly<Partial<Record<Family, FamilyObstacle>>>;

const FAMILIES = ['ipv4', 'ipv6'] as const;

interface RouteOutletPorts {
  readonly logger: Logger;
  /** The obstacles changed. */
  readonly onObstacles: () => void;
}

/** Routes of one peer as octets: what a session pulls its UPDATE messages from. */
export class RouteOutlet implements Outlet {
  readonly #rib: AdjRibOut;
  readonly #ports: RouteOutletPorts;
  readonly #peer: Family;
  #node: NodeAddresses;
  #up:
    { readonly agreed: Agreed; readonly local: IpAddress; readonly internal: boolean } | undefined;
  #obstacles: FamilyObstacles = {};
  /** Encoded, and not pulled yet: those of one batch at most. */
  #messages: Uint8Array[] = [];
  /** Families that the peer asks for again. */
  readonly #asked = new Set<Family>();
  readonly #internal: boolean;

  /** @param peer - the family of its address, and whether it is in one AS with this end */
  constructor(
    rib: AdjRibOut,
    peer: { readonly family: Family; readonly internal: boolean },
    node: NodeAddresses,
    ports: RouteOutletPorts,
  ) {
    this.#rib = rib;
    this.#peer = peer.family;
    this.#internal = peer.internal;
    this.#node = node;
    this.#ports = ports;
  }

  get obstacles(): FamilyObstacles {
    return this.#obstacles;
  }

  /** Whether there is a session with the peer. */
  get isUp(): boolean {
    return this.#up !== undefined;
  }

  /** Whether the peer is to be told of routes that were not pulled yet. */
  get isWaiting(): boolean {
    return this.#messages.length > 0 || this.#rib.counts().pending > 0;
  }

  /**
   * Whoever says nothing of graceful restart waits for no End-of-RIB, and was never sent one by the original nor by FRR. A family
   * without a next hop has an end as well: until then a peer keeps what an earlier run told it. RFC 4724 §3, §4.1
   */
  established(agreed: Agreed, local: IpAddress): void {
    this.#up = { agreed, local, internal: this.#internal };
    this.#messages = [];
    this.#asked.clear();
    const obstacles = this.#judge(agreed);
    const families = FAMILIES.filter((family) => agreed.families[family]);
    this.#rib.established(families, agreed.peerRestart !== undefined);
    for (const family of FAMILIES) {
      if (obstacles[family] === 'noNextHop') this.#rib.serve(family, false);
    }
    this.#tell(obstacles);
  }

  ended(): void {
    this.#up = undefined;
    this.#messages = [];
    this.#rib.lost();
  }

  /** What waits leaves first, so that a peer that asks and asks costs no more than it takes. */
  refresh(family: Family): void {
    this.#asked.add(family);
  }

  next(limit: number): Uint8Array | undefined {
    if (this.#up === undefined) return undefined;
    const taken: Uint8Array[] = [];
    let left = limit;
    for (;;) {
      if (this.#messages.length === 0) this.#messages = this.#encodeNext();
      const [first] = this.#messages;
      if (first === undefined || first.length > left) break;
      taken.push(first);
      left -= first.length;
      this.#messages.shift();
    }
    return taken.length === 0 ? undefined : Buffer.concat(taken);
  }

  /** The node has other addresses now. */
  moveTo(node: NodeAddresses): void {
    const before = this.#node;
    this.#node = node;
    if (this.#up === undefined) return;
    const { agreed, local } = this.#up;
    const obstacles = this.#judge(agreed);
    const [old, now] = [nextHopsFrom(local, before), nextHopsFrom(local, node)];
    for (const family of FAMILIES) {
      if (obstacles[family] !== this.#obstacles[family]) {
        this.#rib.serve(family, obstacles[family] === undefined);
      } else if (this.#nextHopIn(old, family) !== this.#nextHopIn(now, family)) {
        this.#rib.refresh(family);
      }
    }
    this.#tell(obstacles);
  }

  #nextHopIn({ session, node }: NextHops, family: Family): IpAddress | undefined {
    return family === this.#peer ? session : node[family];
  }

  #judge({ families }: Agreed): FamilyObstacles {
    const found: Partial<Record<Family, FamilyObstacle>> = {};
    for (const family of FAMILIES) {
      if (!families[family]) found[family] = 'familyNotAgreed';
      else if (family !== this.#peer && this.#node[family] === undefined) {
        found[family] = 'noNextHop';
      }
    }
    return found;
  }

  #tell(obstacles: FamilyObstacles): void {
    const isSame = FAMILIES.every((family) => obstacles[family] === this.#obstacles[family]);
    this.#obstacles = obstacles;
    if (!isSame) this.#ports.onObstacles();
  }

  #encodeNext(): Uint8Array[] {
    const out = this.#rib.next() ?? this.#nextAsked();
    if (out === undefined || this.#up === undefined) return [];
    if (out.kind === 'endOfRib') return [encodeEndOfRib(out.family)];
    const { agreed, local, internal } = this.#up;
    const dialect = { asnOctets: agreed.asnOctets, internal };
    return this.#encode(out.batch, { dialect, nextHops: nextHopsFrom(local, this.#node) });
  }

  #nextAsked(): Outgoing | undefined {
    for (const family of this.#asked) this.#rib.refresh(family);
    this.#asked.clear();
    return this.#rib.next();
  }

  /** What cannot be sent is withdrawn: the peer may have the route as it was before. */
  #encode(batch: Batch, context: UpdateContext): Uint8Array[] {
    try {
      return encodeUpdates(batch, context);
    } catch (error) {
      if (!(error instanceof UnsendableError)) throw error;
      const prefixes = batch.prefixes.length;
      this.#ports.logger.error({
        op: 'sendUpdate',
        error: error.message,
        prefixes,
        msg: 'routes cannot be sent to this peer',
      });
      return encodeUpdates({ ...batch, attributes: undefined }, context);
    }
  }
}

/** Where the session runs over link-local addresses, the node's own goes along. RFC 2545 §3 */
function nextHopsFrom(local: IpAddress, node: NodeAddresses): NextHops {
  const isLinkLocal = familyOf(local) === 'ipv6' && /^fe[89ab]/.test(local);
  return isLinkLocal && node.ipv6 !== undefined
    ? { session: node.ipv6, linkLocal: local, node }
    : { session: local, node };
}
