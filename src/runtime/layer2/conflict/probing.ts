import type { IpAddress } from '../../net/index.ts';
import { type Duration, type Random, millis, seconds } from '../../platform/ports.ts';
import type { Sighting } from '../link-layer.ts';
import type { Conflict, Rivals } from './conflict.ts';
import { judgeRival, newRival } from './rival.ts';

export type ProbeEffect =
  | { readonly type: 'ask'; readonly address: IpAddress }
  /** Nobody has it: it can be used. */
  | { readonly type: 'free'; readonly address: IpAddress }
  | { readonly type: 'found' | 'ended'; readonly conflict: Conflict };

/** PROBE_WAIT, PROBE_NUM, PROBE_MIN, PROBE_MAX and ANNOUNCE_WAIT. RFC 5227 §1.1 */
const WAIT: Duration = seconds(1);
const COUNT = 3;
const MIN: Duration = seconds(1);
const MAX: Duration = seconds(2);
const ANNOUNCE_WAIT: Duration = seconds(2);
/** RATE_LIMIT_INTERVAL: how long an address that was in use is left alone. RFC 5227 §2.1.1 */
const RETRY: Duration = seconds(60);

interface Probe {
  readonly address: IpAddress;
  asked: number;
  due: Duration;
  /** Who has it: nothing is asked until the next attempt. */
  refusal: Conflict | undefined;
}

/** Asks for addresses before their first use, and takes those that nobody has. RFC 5227 §2.1, opt in. */
export class Probing {
  readonly #random: Random;
  readonly #rivals: Rivals;
  readonly #servicesOf: (address: IpAddress) => readonly string[];
  readonly #probes = new Map<IpAddress, Probe>();

  constructor(
    random: Random,
    rivals: Rivals,
    servicesOf: (address: IpAddress) => readonly string[],
  ) {
    this.#random = random;
    this.#rivals = rivals;
    this.#servicesOf = servicesOf;
  }

  /** When {@link tick} is to be called, if ever. */
  get next(): Duration | undefined {
    let next: Duration | undefined;
    for (const { due } of this.#probes.values()) if (next === undefined || due < next) next = due;
    return next;
  }

  has(address: IpAddress): boolean {
    return this.#probes.has(address);
  }

  /** Starts asking, anew if it had begun. */
  begin(address: IpAddress, now: Duration): void {
    const due = millis(now + this.#random.float() * WAIT);
    const refusal = this.#probes.get(address)?.refusal;
    this.#probes.set(address, { address, asked: 0, due, refusal });
  }

  /** Somebody has the address, or is about to take it. */
  sighted(sighting: Sighting, now: Duration): ProbeEffect[] {
    const probe = this.#probes.get(sighting.address);
    if (probe === undefined || probe.asked === 0) return [];
    const { mac, interfaceName, form, address } = sighting;
    const rival = newRival(sighting, now);
    if (form === 'announcement') rival.announcedAt = now;
    judgeRival(rival, this.#rivals, now);
    // Speakers ask in the same form about addresses that they have or stand by for.
    if (form === 'probe' && rival.node !== undefined) return [];
    const { node, kind } = rival;
    const services = this.#servicesOf(address);
    const place = { address, services, mac, interfaceName };
    const conflict: Conflict = { ...place, kind, outcome: 'refused', ...(node && { node }) };
    const known = probe.refusal;
    probe.asked = 0;
    probe.due = millis(now + RETRY);
    probe.refusal = conflict;
    if (known?.mac === mac && known.kind === kind) return [];
    const ended: ProbeEffect[] = known === undefined ? [] : [{ type: 'ended', conflict: known }];
    return [...ended, { type: 'found', conflict }];
  }

  forget(address: IpAddress): ProbeEffect[] {
    const refusal = this.#probes.get(address)?.refusal;
    this.#probes.delete(address);
    return refusal === undefined ? [] : [{ type: 'ended', conflict: refusal }];
  }

  tick(now: Duration): ProbeEffect[] {
    return [...this.#probes.values()]
      .filter(({ due }) => due <= now)
      .flatMap((probe): ProbeEffect[] => {
        const { address } = probe;
        if (probe.asked === COUNT) return [...this.forget(address), { type: 'free', address }];
        probe.asked += 1;
        const pause = MIN + this.#random.float() * (MAX - MIN);
        probe.due = millis(now + (probe.asked === COUNT ? ANNOUNCE_WAIT : pause));
        return [{ type: 'ask', address }];
      });
  }
}
