import type { Prefix } from '../../net/index.ts';
import type { Attributes } from '../attributes.ts';

/** Numbers of prefixes. legacy.md §6.7 */
export interface RibCounts {
  /** That the peer is to have. */
  readonly desired: number;
  /** That were handed out to be sent, and not withdrawn since. */
  readonly announced: number;
  /** Announcements and withdrawals that were not handed out yet. */
  readonly pending: number;
}

/** What the peer is told of a prefix: one that it does not have, one that it shall not have, one that it has otherwise. */
export type ChangeKind = 'added' | 'withdrawn' | 'changed';

/** By the text of their attributes; none is empty. */
type Groups = Map<string, Group>;

/** Prefixes that wait to be sent: all with these attributes, or all to be withdrawn. */
interface Group {
  readonly attributes: Attributes | undefined;
  readonly entries: Set<Entry>;
  /** Where it is found while it is not empty. */
  readonly among: Groups | undefined;
}

/** One for each prefix, so that it is kept small. */
interface Entry {
  readonly prefix: Prefix;
  desired: Attributes | undefined;
  sent: Attributes | undefined;
  /** The peer asked for it again, though it was sent. */
  again: boolean;
  /** Where it waits; absent: the peer has what it is to have. */
  waits: Group | undefined;
}

/** The part of an Adj-RIB-Out that is of one address family. */
export class FamilyRib {
  readonly #shade: (attributes: Attributes) => Attributes;
  readonly #entries = new Map<string, Entry>();
  readonly #withdrawn: Group = { attributes: undefined, entries: new Set(), among: undefined };
  readonly #added: Groups = new Map();
  readonly #changed: Groups = new Map();
  #served = false;
  #endDue = false;
  #desired = 0;
  #sent = 0;
  #pending = 0;

  /** @param shade - what is sent in place of attributes; what it answers for one text may change before `reconsider` only */
  constructor(shade: (attributes: Attributes) => Attributes) {
    this.#shade = shade;
  }

  desire(prefix: Prefix, attributes: Attributes | undefined): void {
    const entry = this.#entries.get(prefix.text) ?? {
      prefix,
      desired: undefined,
      sent: undefined,
      again: false,
      waits: undefined,
    };
    if (entry.desired === undefined && attributes !== undefined) this.#desired += 1;
    if (entry.desired !== undefined && attributes === undefined) this.#desired -= 1;
    if (attributes !== undefined) this.#entries.set(prefix.text, entry);
    entry.desired = attributes;
    this.#settle(entry);
  }

  established(endOfRib: boolean): void {
    this.#endDue = endOfRib;
    this.serve(true);
  }

  lost(): void {
    this.#endDue = false;
    this.#served = false;
    this.#sent = 0;
    for (const entry of this.#entries.values()) {
      entry.sent = undefined;
      entry.again = false;
      this.#settle(entry);
    }
  }

  serve(served: boolean): void {
    this.#served = served;
    this.reconsider();
  }

  refresh(): void {
    for (const entry of this.#entries.values()) {
      entry.again = entry.sent !== undefined;
      this.#settle(entry);
    }
  }

  reconsider(): void {
    for (const entry of this.#entries.values()) this.#settle(entry);
  }

  take(
    kind: ChangeKind,
    octets: number,
  ): { readonly attributes: Attributes | undefined; readonly prefixes: Prefix[] } | undefined {
    const group = this.#firstOf(kind);
    if (group === undefined || group.entries.size === 0) return undefined;
    const prefixes: Prefix[] = [];
    let left = octets;
    for (const entry of group.entries) {
      left -= octetsOf(entry.prefix);
      if (left < 0 && prefixes.length > 0) break;
      prefixes.push(entry.prefix);
      this.#markSent(entry, group.attributes);
    }
    return { attributes: group.attributes, prefixes };
  }

  /** Whether the End-of-RIB is to be sent now; it then counts as sent. */
  takeEnd(): boolean {
    const isDue = this.#endDue && this.#pending === 0;
    if (isDue) this.#endDue = false;
    return isDue;
  }

  counts(): RibCounts {
    return { desired: this.#desired, announced: this.#sent, pending: this.#pending };
  }

  #firstOf(kind: ChangeKind): Group | undefined {
    if (kind === 'withdrawn') return this.#withdrawn;
    return (kind === 'added' ? this.#added : this.#changed).values().next().value;
  }

  #markSent(entry: Entry, attributes: Attributes | undefined): void {
    if (entry.sent === undefined) this.#sent += 1;
    if (attributes === undefined) this.#sent -= 1;
    entry.sent = attributes;
    entry.again = false;
    this.#settle(entry);
  }

  /** Puts the entry where it has to wait now, if anywhere, and forgets it when nothing is left to remember. */
  #settle(entry: Entry): void {
    const told =
      this.#served && entry.desired !== undefined ? this.#shade(entry.desired) : undefined;
    const isDue = (entry.again && told !== undefined) || entry.sent?.text !== told?.text;
    const place = isDue ? this.#groupOf(told, entry.sent === undefined) : undefined;
    if (place !== entry.waits) this.#move(entry, place);
    if (place === undefined && entry.sent === undefined && entry.desired === undefined) {
      this.#entries.delete(entry.prefix.text);
    }
  }

  #move(entry: Entry, place: Group | undefined): void {
    const { waits } = entry;
    if (waits !== undefined) {
      waits.entries.delete(entry);
      this.#pending -= 1;
      if (waits.entries.size === 0 && waits.attributes !== undefined) {
        waits.among?.delete(waits.attributes.text);
      }
    }
    entry.waits = place;
    if (place === undefined) return;
    place.entries.add(entry);
    this.#pending += 1;
  }

  #groupOf(attributes: Attributes | undefined, isNew: boolean): Group {
    if (attributes === undefined) return this.#withdrawn;
    const among = isNew ? this.#added : this.#changed;
    const known = among.get(attributes.text);
    if (known !== undefined) return known;
    const group: Group = { attributes, entries: new Set(), among };
    among.set(attributes.text, group);
    return group;
  }
}

/** In the form of RFC 4271 §4.3: the length, and as many octets as it takes. */
function octetsOf({ length }: Prefix): number {
  return 1 + Math.ceil(length / 8);
}
