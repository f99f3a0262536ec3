import { macFromBytes } from '../../net/index.ts';
import type { Account } from './ledger.ts';
import type { Sighting, SightingForm } from './protocol.ts';

/** Of one address so many stations are told a report, and so many sightings in all: more come from a forger. */
const PER_ADDRESS = 4;
const CAPACITY = 256;

interface Entry {
  readonly interfaceName: string;
  readonly form: SightingForm;
  readonly mac: Uint8Array;
}

/**
 * Who else spoke for our addresses since the last report: each station once for each form, however many frames it
 * sent. Bounded, and nothing is turned into text before it is taken, so that a flood costs neither memory nor much time.
 */
export class SightingBook {
  readonly #entries = new Map<Account, Entry[]>();
  #own: ReadonlySet<number> = new Set();
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Every hardware address of this machine: their frames are no sightings. */
  disregard(macs: Iterable<Uint8Array>): void {
    this.#own = new Set(Array.from(macs, numberOf));
  }

  isOwn(mac: Uint8Array): boolean {
    return this.#own.has(numberOf(mac));
  }

  /** @param mac - copied */
  add(account: Account, mac: Uint8Array, interfaceName: string, form: SightingForm): void {
    if (this.#size >= CAPACITY) return;
    const entries = this.#entries.get(account) ?? [];
    if (entries.length >= PER_ADDRESS) return;
    for (const entry of entries) {
      if (entry.form !== form || entry.interfaceName !== interfaceName) continue;
      if (numberOf(entry.mac) === numberOf(mac)) return;
    }
    entries.push({ interfaceName, form, mac: mac.slice() });
    this.#entries.set(account, entries);
    this.#size += 1;
  }

  /** Hands out all and starts again. */
  take(): Sighting[] {
    const sightings = Array.from(this.#entries, ([{ address }, entries]) =>
      entries.map(({ mac, ...entry }) => ({ address, mac: macFromBytes(mac), ...entry })),
    ).flat();
    this.#entries.clear();
    this.#size = 0;
    return sightings;
  }
}

function numberOf(mac: Uint8Array): number {
  let number = 0;
  for (let i = 0; i < 6; i += 1) number = number * 256 + (mac[i] ?? 0);
  return number;
}
