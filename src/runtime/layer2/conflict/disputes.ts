import type { IpAddress, MacAddress } from '../../net/index.ts';
import { type Duration, millis, seconds } from '../../platform/ports.ts';
import type { Sighting } from '../link-layer.ts';
import type { Conflict, Rivals } from './conflict.ts';
import { type Rival, judgeRival, newRival } from './rival.ts';

/** What is to be done about an address, in the order given. */
export type DisputeEffect =
  /** Another speaker comes first: stop answering, listen. */
  | { readonly type: 'yield'; readonly address: IpAddress; readonly rival: Conflict }
  /** The other is gone: answer and announce again. */
  | { readonly type: 'takeBack'; readonly address: IpAddress }
  /** Tell the link once more whose it is. RFC 5227 §2.4 */
  | { readonly type: 'defend'; readonly address: IpAddress }
  | { readonly type: 'ask'; readonly address: IpAddress }
  | { readonly type: 'found' | 'ended'; readonly conflict: Conflict };

/** A conflict that lasts shorter than this is two speakers learning of a change one after the other. */
const CONFIRMED: Duration = seconds(1);
/** How often whoever keeps the address asks whether the conflict still is. */
const LOOK_AGAIN: Duration = seconds(10);
/** So many addresses in conflict at most are asked about in a second, whatever {@link LOOK_AGAIN} says. */
const QUESTIONS_A_SECOND = 50;
/** Unanswered questions in a row after which the other is gone. */
const PATIENCE = 3;
const STANDBY_QUESTION: Duration = seconds(1);
/** DEFEND_INTERVAL. RFC 5227 §1.1 */
const DEFEND_INTERVAL: Duration = seconds(10);
/** A sibling that announced hears at once that we come first, but not as often as it announces. */
const RETORT_INTERVAL: Duration = seconds(1);
/** Stations kept of one address; more come from a forger. */
const RIVALS = 8;

interface Standby {
  readonly rival: Rival;
  /** Whether it was in our ring at some time since. */
  wasMember: boolean;
  unanswered: number;
}

interface Dispute {
  readonly address: IpAddress;
  readonly rivals: Map<MacAddress, Rival>;
  standby: Standby | undefined;
  defendedAt: Duration;
  askedAt: Duration;
  askAt: Duration;
}

/**
 * Decides what is done when others speak for our addresses: among speakers the order of election decides, and the one
 * that comes later stands by; against anything else the address is kept and defended. See docs/adr/0024.
 */
export class Disputes {
  readonly #rivals: Rivals;
  readonly #servicesOf: (address: IpAddress) => readonly string[];
  readonly #disputes = new Map<IpAddress, Dispute>();

  /** @param servicesOf - the Services that list the address here */
  constructor(rivals: Rivals, servicesOf: (address: IpAddress) => readonly string[]) {
    this.#rivals = rivals;
    this.#servicesOf = servicesOf;
  }

  /** When {@link tick} is to be called, if ever. */
  get next(): Duration | undefined {
    let next: Duration | undefined;
    for (const { askAt } of this.#disputes.values()) {
      if (next === undefined || askAt < next) next = askAt;
    }
    return next;
  }

  /** Somebody else spoke for an address that we speak for, or stand by for. */
  sighted(sighting: Sighting, now: Duration): DisputeEffect[] {
    if (sighting.form === 'probe') return [];
    const dispute = this.#disputes.get(sighting.address) ?? newDispute(sighting.address, now);
    const rival = this.#noted(dispute, sighting, now);
    if (rival === undefined) return [];
    this.#disputes.set(dispute.address, dispute);
    const effects = this.#reclassified(dispute, rival, now);
    effects.push(...this.#answered(dispute, rival, sighting, now));
    if (!rival.told && rival.settled && now - rival.since >= CONFIRMED) {
      rival.told = true;
      effects.push({ type: 'found', conflict: this.#describe(dispute, rival) });
    }
    return effects;
  }

  /** The address is not ours any more, or nothing is to be done about it for a while. */
  forget(address: IpAddress): DisputeEffect[] {
    const dispute = this.#disputes.get(address);
    if (dispute === undefined) return [];
    this.#disputes.delete(address);
    return [...dispute.rivals.values()].flatMap((rival) => this.#ended(dispute, rival));
  }

  tick(now: Duration): DisputeEffect[] {
    return [...this.#disputes.values()]
      .filter(({ askAt }) => askAt <= now)
      .flatMap((dispute) =>
        dispute.standby === undefined
          ? this.#lookAgain(dispute, now)
          : this.#standBy(dispute, dispute.standby, now),
      );
  }

  #noted(dispute: Dispute, sighting: Sighting, now: Duration): Rival | undefined {
    const { mac, form } = sighting;
    let rival = dispute.rivals.get(mac);
    if (rival === undefined) {
      if (dispute.rivals.size >= RIVALS) return undefined;
      rival = newRival(sighting, now);
      dispute.rivals.set(mac, rival);
      dispute.askAt = millis(Math.min(dispute.askAt, now + CONFIRMED));
    }
    rival.seen = now;
    if (form === 'announcement') rival.announcedAt = now;
    return rival;
  }

  /** What is known of stations and of the ring may have changed since it was last heard. */
  #reclassified(dispute: Dispute, rival: Rival, now: Duration): DisputeEffect[] {
    const before = rival.told ? this.#describe(dispute, rival) : undefined;
    judgeRival(rival, this.#rivals, now);
    if (before === undefined || before.kind === rival.kind) return [];
    return [
      { type: 'ended', conflict: before },
      { type: 'found', conflict: this.#describe(dispute, rival) },
    ];
  }

  #answered(
    dispute: Dispute,
    rival: Rival,
    { form, address }: Sighting,
    now: Duration,
  ): DisputeEffect[] {
    if (dispute.standby !== undefined) return [];
    const announced = form === 'announcement';
    // Kernels answer and never announce: only what announces is a speaker that an address can be left to.
    if (announced && rival.kind === 'speaker' && this.#outranks(rival, address)) {
      return this.#yielded(dispute, rival, now);
    }
    const isConfirmed = now - rival.since >= CONFIRMED;
    if (rival.kind !== 'speaker' && !isConfirmed) return [];
    const interval = rival.kind === 'speaker' && announced ? RETORT_INTERVAL : DEFEND_INTERVAL;
    if (now - dispute.defendedAt < interval) return [];
    dispute.defendedAt = now;
    return [{ type: 'defend', address }];
  }

  #yielded(dispute: Dispute, rival: Rival, now: Duration): DisputeEffect[] {
    const wasMember = rival.node !== undefined && this.#rivals.isMember(rival.node);
    // Those told so far were told as kept.
    const ended = [...dispute.rivals.values()].flatMap((each) => this.#ended(dispute, each));
    for (const each of dispute.rivals.values()) each.told = false;
    dispute.standby = { rival, wasMember, unanswered: 0 };
    dispute.askedAt = now;
    dispute.askAt = millis(now + STANDBY_QUESTION);
    const { address } = dispute;
    return [
      ...ended,
      { type: 'yield', address, rival: this.#describe(dispute, rival) },
      { type: 'ask', address },
    ];
  }

  #standBy(dispute: Dispute, standby: Standby, now: Duration): DisputeEffect[] {
    const { address } = dispute;
    standby.unanswered = standby.rival.seen >= dispute.askedAt ? 0 : standby.unanswered + 1;
    const isMember = standby.rival.node !== undefined && this.#rivals.isMember(standby.rival.node);
    const hasLeft = standby.wasMember && !isMember;
    standby.wasMember ||= isMember;
    if (standby.unanswered < PATIENCE && !hasLeft && this.#outranks(standby.rival, address)) {
      dispute.askedAt = now;
      dispute.askAt = millis(now + STANDBY_QUESTION);
      return [{ type: 'ask', address }];
    }
    return [...this.forget(address), { type: 'takeBack', address }];
  }

  #lookAgain(dispute: Dispute, now: Duration): DisputeEffect[] {
    const { address, rivals } = dispute;
    const effects: DisputeEffect[] = [];
    const interval = Math.max(LOOK_AGAIN, (this.#disputes.size / QUESTIONS_A_SECOND) * 1000);
    for (const rival of rivals.values()) {
      const patience = rival.told ? PATIENCE * interval + CONFIRMED : 2 * CONFIRMED;
      if (now - rival.seen < patience) continue;
      rivals.delete(rival.mac);
      effects.push(...this.#ended(dispute, rival));
    }
    if (rivals.size === 0) {
      this.#disputes.delete(address);
      return effects;
    }
    const isOpen = [...rivals.values()].some(({ told }) => !told);
    dispute.askedAt = now;
    dispute.askAt = millis(now + (isOpen ? CONFIRMED : interval));
    return [...effects, { type: 'ask', address }];
  }

  /** For every Service here, since both would have to leave it otherwise. */
  #outranks({ node }: Rival, address: IpAddress): boolean {
    if (node === undefined) return false;
    return this.#servicesOf(address).every((service) => this.#rivals.outranks(node, service));
  }

  #ended(dispute: Dispute, rival: Rival): DisputeEffect[] {
    if (!rival.told) return [];
    return [{ type: 'ended', conflict: this.#describe(dispute, rival) }];
  }

  #describe({ address, standby }: Dispute, { mac, interfaceName, kind, node }: Rival): Conflict {
    const services = this.#servicesOf(address);
    const outcome = standby === undefined ? 'kept' : 'yielded';
    const known = node !== undefined && { node };
    return { address, services, mac, interfaceName, kind, outcome, ...known };
  }
}

function newDispute(address: IpAddress, now: Duration): Dispute {
  const never = millis(-Infinity);
  const askAt = millis(now + CONFIRMED);
  const rivals = new Map<MacAddress, Rival>();
  return { address, rivals, standby: undefined, defendedAt: never, askedAt: never, askAt };
}
