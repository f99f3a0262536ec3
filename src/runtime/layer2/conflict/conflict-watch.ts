import type { IpAddress } from '../../net/index.ts';
import { type Duration, type Logger, type Random, millis } from '../../platform/ports.ts';
import { DueTimes } from '../due-times.ts';
import type { Sighting } from '../link-layer.ts';
import type { ConflictObserver, Rivals } from './conflict.ts';
import { type DisputeEffect, Disputes } from './disputes.ts';
import { ConflictJournal } from './journal.ts';
import { type ProbeEffect, Probing } from './probing.ts';

/** What watching out for others can do to an address. */
export interface ConflictActs {
  /** Answers and announces no more, but listens. */
  fallSilent(address: IpAddress): void;
  /** Answers and announces, from now on. */
  speak(address: IpAddress): void;
  /** Announces once. */
  announce(address: IpAddress): void;
  /** Asks the links who has them. */
  inquire(addresses: readonly IpAddress[]): void;
}

export interface ConflictWatchOptions {
  readonly logger: Logger;
  readonly rivals: Rivals;
  readonly observer: ConflictObserver;
  /** With it, addresses can be probed before their first use. */
  readonly random: Random | undefined;
  readonly servicesOf: (address: IpAddress) => readonly string[];
}

/** After an address was gained it is asked who else has it: one second later, spread over another one. */
const FIRST_QUESTION: Duration = millis(1000);
const SPREAD = 10;

/** Listens to what others say of our addresses, asks for it where nobody would say it unasked, and acts on it. */
export class ConflictWatch {
  readonly #acts: ConflictActs;
  readonly #journal: ConflictJournal;
  readonly #disputes: Disputes;
  readonly #probing: Probing | undefined;
  readonly #questions = new DueTimes<IpAddress>();
  /** Ours, and not spoken for: another speaker has it, or it is still being probed for. */
  readonly #silent = new Set<IpAddress>();
  #gained = 0;

  constructor(options: ConflictWatchOptions, acts: ConflictActs) {
    const { logger, rivals, observer, random, servicesOf } = options;
    this.#acts = acts;
    this.#journal = new ConflictJournal(logger, observer);
    this.#disputes = new Disputes(rivals, servicesOf);
    this.#probing = random && new Probing(random, rivals, servicesOf);
  }

  isSilent(address: IpAddress): boolean {
    return this.#silent.has(address);
  }

  /** The address is spoken for from now on: somebody else may be doing so, and not say it unasked. */
  gained(address: IpAddress, now: Duration): void {
    if (this.#silent.has(address)) return;
    this.#gained += 1;
    const share = (this.#gained % SPREAD) / SPREAD;
    this.#questions.set(address, millis(now + FIRST_QUESTION * (1 + share)));
  }

  /** The address is about to be ours for the first time: it stays silent until nobody answered. */
  probe(address: IpAddress, now: Duration): void {
    if (this.#probing === undefined) return;
    this.#silent.add(address);
    this.#probing.begin(address, now);
  }

  /** The address is not ours any more. */
  lost(address: IpAddress): void {
    this.#questions.delete(address);
    this.#silent.delete(address);
    this.#perform(this.#disputes.forget(address), millis(0));
    this.#performProbe(this.#probing?.forget(address) ?? [], millis(0));
  }

  sighted(sightings: readonly Sighting[], now: Duration): void {
    for (const sighting of sightings) {
      if (this.#probing?.has(sighting.address) === true) {
        this.#performProbe(this.#probing.sighted(sighting, now), now);
      } else this.#perform(this.#disputes.sighted(sighting, now), now);
    }
  }

  /** Nothing is said on the links for a while: what was left to others is ours again as soon as that ends. */
  suspend(addresses: Iterable<IpAddress>): void {
    for (const address of addresses) {
      this.#perform(this.#disputes.forget(address), millis(0));
      if (this.#probing?.has(address) !== true) this.#silent.delete(address);
    }
  }

  resume(addresses: Iterable<IpAddress>, now: Duration): void {
    for (const address of addresses) {
      if (this.#probing?.has(address) === true) this.#probing.begin(address, now);
      else this.gained(address, now);
    }
  }

  /** When {@link tick} is to be called, if ever. */
  get next(): Duration | undefined {
    const dues = [this.#disputes.next, this.#probing?.next, this.#questions.next];
    const next = Math.min(...dues.map((due) => due ?? Infinity));
    return next === Infinity ? undefined : millis(next);
  }

  tick(now: Duration): void {
    const questions = this.#questions.take(now);
    if (questions.length > 0) this.#acts.inquire(questions);
    this.#perform(this.#disputes.tick(now), now);
    this.#performProbe(this.#probing?.tick(now) ?? [], now);
  }

  #perform(effects: readonly DisputeEffect[], now: Duration): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'yield':
          this.#silent.add(effect.address);
          this.#acts.fallSilent(effect.address);
          this.#journal.yielded(effect.rival);
          break;
        case 'takeBack':
          this.#journal.takenBack(effect.address);
          this.#speak(effect.address, now);
          break;
        case 'defend':
          this.#acts.announce(effect.address);
          break;
        case 'ask':
          this.#acts.inquire([effect.address]);
          break;
        case 'found':
          this.#journal.found(effect.conflict);
          break;
        case 'ended':
          this.#journal.ended(effect.conflict);
      }
    }
  }

  #performProbe(effects: readonly ProbeEffect[], now: Duration): void {
    for (const effect of effects) {
      if (effect.type === 'free') this.#speak(effect.address, now);
      else this.#perform([effect], now);
    }
  }

  #speak(address: IpAddress, now: Duration): void {
    this.#silent.delete(address);
    this.#acts.speak(address);
    this.gained(address, now);
  }
}
