/** A time in which one machine answered for an address. Times in milliseconds since 1970. */
export interface Span {
  readonly address: string;
  readonly mac: string;
  readonly from: number;
  /** Its last answer; absent while it goes on answering. */
  to?: number;
}

/** A time that concerns an address. */
export interface Interval {
  readonly address: string;
  readonly from: number;
  readonly to: number;
}

/** Questions in a row that two machines answered; a lone one begins and ends at the same time. */
export interface Doubling extends Interval {
  readonly questions: number;
}

export interface Gratuitous {
  readonly address: string;
  readonly mac: string;
  readonly at: number;
}

/** What a prober heard so far, in the order in which it was told; see prober.c. */
export class Journal {
  readonly spans: Span[] = [];
  readonly silences: Interval[] = [];
  readonly doublings: Doubling[] = [];
  readonly gratuitous: Gratuitous[] = [];
  /** When the prober itself stood still: its silences there say nothing. */
  readonly stood: { readonly from: number; readonly to: number }[] = [];
  readonly #answering = new Map<string, Map<string, Span>>();
  #rest = '';

  /** Takes in what the prober printed, in pieces of any size. */
  read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#note(line);
  }

  /** Who answers for an address now. */
  answering(address: string): readonly string[] {
    return [...(this.#answering.get(address)?.keys() ?? [])];
  }

  #note(line: string): void {
    const [what = '', ...words] = line.split(' ');
    const [address = '', mac = ''] = words;
    const time = (index: number): number => Number(words[index]) / 1000;
    if (what === 'begin') this.#begin({ address, mac, from: time(2) });
    else if (what === 'end') this.#end(address, mac, time(2));
    else if (what === 'silence') this.silences.push({ address, from: time(1), to: time(2) });
    else if (what === 'gratuitous') this.gratuitous.push({ address, mac, at: time(2) });
    else if (what === 'stood') this.stood.push({ from: time(0), to: time(1) });
    else if (what === 'double') {
      const questions = Number(words[3]);
      this.doublings.push({ address, from: time(1), to: time(2), questions });
    } else throw new Error(`the prober said: ${line}`);
  }

  #begin(span: Span): void {
    const { address, mac } = span;
    this.spans.push(span);
    const answering = this.#answering.get(address) ?? new Map<string, Span>();
    this.#answering.set(address, answering.set(mac, span));
  }

  #end(address: string, mac: string, at: number): void {
    const answering = this.#answering.get(address);
    const span = answering?.get(mac);
    if (span === undefined) throw new Error(`${mac} stopped answering for ${address} unheard`);
    span.to = at;
    answering?.delete(mac);
  }
}

/** How the addresses of a stage were answered for during a time. Durations in milliseconds. */
export interface Answering {
  /** The longest that any address went without an answer, counted from the last one; zero: none longer than 60 ms. */
  readonly longestSilence: number;
  /** Addresses that went without. */
  readonly silent: number;
  /** The longest of the silences that the machine may have caused: the prober itself stood still about then. */
  readonly doubtfulSilence: number;
  /** The longest that two machines at once answered for any address, from one's first answer to the other's last. */
  readonly longestDouble: number;
  /** The same, over all the times at which that address, the worst, was answered for by two. */
  readonly doubled: number;
  /** The most questions in a row about one address that two machines answered. */
  readonly doubledQuestions: number;
  /** When the last double answer was heard, from the beginning of the time; zero: none was. */
  readonly doubledUntil: number;
  /** The longest that the prober itself stood still. */
  readonly stood: number;
}

/** Shorter times without an answer count for nothing, in milliseconds. */
const SILENCE = 60;

/** Sums up what was heard between two times, in milliseconds since 1970. */
export function answeringIn(journal: Journal, from: number, to: number): Answering {
  const within = ({ from: begin, to: end }: { from: number; to: number }): boolean =>
    end >= from && begin <= to;
  const all = journal.silences.filter(within);
  const silences = all.filter((silence) => !isDoubtful(silence, journal.stood));
  const overlaps = overlapsOf(journal.spans, from, to);
  const perAddress = new Map<string, number>();
  for (const { address, ...overlap } of overlaps) {
    perAddress.set(address, (perAddress.get(address) ?? 0) + overlap.to - overlap.from);
  }
  return {
    longestSilence: longest(silences),
    silent: new Set(silences.map(({ address }) => address)).size,
    doubtfulSilence: longest(all.filter((silence) => !silences.includes(silence))),
    longestDouble: longest(overlaps),
    doubled: Math.max(0, ...perAddress.values()),
    doubledQuestions: Math.max(
      0,
      ...journal.doublings.filter(within).map(({ questions }) => questions),
    ),
    doubledUntil: Math.max(0, ...overlaps.map((overlap) => overlap.to - from)),
    stood: longest(journal.stood.filter(within)),
  };
}

/** When two machines answered for one address at once, within a time. */
function overlapsOf(spans: readonly Span[], from: number, to: number): Interval[] {
  const found: Interval[] = [];
  const earlier = new Map<string, Span[]>();
  for (const span of spans) {
    const others = (earlier.get(span.address) ?? []).filter((other) => (other.to ?? to) >= from);
    for (const other of others) {
      const overlap = {
        address: span.address,
        from: Math.max(span.from, other.from, from),
        to: Math.min(span.to ?? to, other.to ?? to, to),
      };
      if (other.mac !== span.mac && overlap.to > overlap.from) found.push(overlap);
    }
    earlier.set(span.address, [...others, span]);
  }
  return found;
}

/**
 * Whether a silence is none without the time in which the prober itself stood still, or what is left of it is no longer
 * than the prober was kept from running about then: as long may who answers have been.
 */
function isDoubtful({ from, to }: Interval, stood: Journal['stood']): boolean {
  const still = stood.filter((time) => time.to > from - SILENCE && time.from < to + SILENCE);
  const within = still.map((time) => Math.min(to, time.to) - Math.max(from, time.from));
  const left = to - from - sum(within.map((time) => Math.max(0, time)));
  return left <= Math.max(SILENCE, sum(still.map((time) => time.to - time.from)));
}

function sum(times: readonly number[]): number {
  return times.reduce((all, time) => all + time, 0);
}

function longest(intervals: readonly { readonly from: number; readonly to: number }[]): number {
  return Math.max(0, ...intervals.map(({ from, to }) => to - from));
}
