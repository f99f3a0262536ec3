import { Counter, Gauge, type Registry } from 'prom-client';
import {
  type BgpRules,
  type DownReason,
  type Session,
  type SessionState,
  type SessionObserver,
  peerLabel,
} from '../bgp/index.ts';
import { atLeast } from '../model/index.ts';

/** Numbers of prefixes. */
interface RouteCounts {
  readonly desired: number;
  readonly announced: number;
}

/** What one session tells until it is closed. */
interface SessionSeries extends SessionObserver {
  routes(counts: RouteCounts): void;
  close(): void;
}

const STATES: readonly SessionState[] = [
  'idle',
  'connect',
  'openSent',
  'openConfirm',
  'established',
];

type Labels = Readonly<Record<string, string>>;

type MessageName = Parameters<SessionObserver['messageSent']>[0];

/** What FRR's exporter counts beside `updates_total`; `total` is of all types. crd.md §3.6 */
const MESSAGES = {
  sent: {
    open: 'opens_sent',
    notification: 'notifications_sent',
    keepalive: 'keepalives_sent',
    routeRefresh: 'route_refresh_sent',
    total: 'total_sent',
  },
  received: {
    open: 'opens_received',
    update: 'updates_total_received',
    keepalive: 'keepalives_received',
    total: 'total_received',
  },
} as const satisfies Record<Direction, Partial<Record<MessageName | 'total', string>>>;

const NAMES: Readonly<Record<MessageName, string>> = {
  open: 'OPEN',
  update: 'UPDATE',
  notification: 'NOTIFICATION',
  keepalive: 'KEEPALIVE',
  routeRefresh: 'ROUTE-REFRESH',
};

type Direction = 'sent' | 'received';

/**
 * Those of MetalLB's own BGP, and in FRR mode those of FRR's exporter as far as they are known here; state, last error and
 * retries are ours. legacy.md §6.7, §8.3, crd.md §3.6
 */
export function bgpMetrics(
  register: Registry,
  rules: BgpRules,
): { of(session: Session): SessionSeries } {
  const figures = makeFigures(register, rules);
  const sessions = new Map<string, Set<object>>();
  return {
    of: (session) => {
      const labels = labelsOf(session, rules);
      const name = JSON.stringify(labels);
      const token = {};
      // Two sessions may go to one place, from two addresses.
      const others = sessions.get(name) ?? new Set<object>();
      sessions.set(name, others.add(token));
      return new Series(figures, labels, () => {
        others.delete(token);
        if (others.size === 0) sessions.delete(name);
        return others.size === 0;
      });
    },
  };
}

/** One session's rows on the page. */
class Series implements SessionSeries {
  readonly #figures: Figures;
  readonly #labels: Labels;
  readonly #isLast: () => boolean;
  #isOpen = true;

  constructor(figures: Figures, labels: Labels, isLast: () => boolean) {
    this.#figures = figures;
    this.#labels = labels;
    this.#isLast = isLast;
    figures.up.set(labels, 0);
    figures.announced.set(labels, 0);
    figures.pending?.set(labels, 0);
    figures.suppressed.inc(labels, 0);
    figures.malformed.inc(labels, 0);
    for (const counter of figures.messages.values()) counter.inc(labels, 0);
    this.state('idle');
  }

  state(state: SessionState): void {
    if (!this.#isOpen) return;
    const { states } = this.#figures;
    for (const each of STATES) states.set({ ...this.#labels, state: each }, each === state ? 1 : 0);
  }

  up(): void {
    if (!this.#isOpen) return;
    this.#figures.up.set(this.#labels, 1);
    this.#forgetError();
  }

  down({ kind }: DownReason): void {
    if (!this.#isOpen) return;
    const { up, lastError, announced } = this.#figures;
    up.set(this.#labels, 0);
    announced.set(this.#labels, 0);
    this.#forgetError();
    lastError.set({ ...this.#labels, reason: kind }, 1);
  }

  messageSent(type: MessageName): void {
    if (this.#isOpen && type === 'update') this.#figures.updates.inc(this.#labels);
    this.#count('sent', type);
  }

  messageReceived(type: MessageName): void {
    this.#count('received', type);
  }

  malformedUpdate(): void {
    if (this.#isOpen) this.#figures.malformed.inc(this.#labels);
  }

  retrySuppressed(): void {
    if (this.#isOpen) this.#figures.suppressed.inc(this.#labels);
  }

  routes({ desired, announced }: RouteCounts): void {
    if (!this.#isOpen) return;
    this.#figures.announced.set(this.#labels, announced);
    this.#figures.pending?.set(this.#labels, desired);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (!this.#isLast()) return;
    const { states, lastError, messages, ...plain } = this.#figures;
    const metrics = [...Object.values<Gauge | Counter>(plain), ...messages.values()];
    for (const metric of metrics) metric.remove(this.#labels);
    for (const state of STATES) states.remove({ ...this.#labels, state });
    for (const reason of REASONS) lastError.remove({ ...this.#labels, reason });
  }

  #count(direction: Direction, type: MessageName): void {
    if (!this.#isOpen) return;
    for (const what of [type, 'total']) {
      this.#figures.messages.get(`${direction} ${what}`)?.inc(this.#labels);
    }
  }

  #forgetError(): void {
    for (const reason of REASONS) this.#figures.lastError.remove({ ...this.#labels, reason });
  }
}

const REASONS: readonly DownReason['kind'][] = [
  'stopped',
  'connectFailed',
  'connectionLost',
  'holdTimerExpired',
  'received',
  'sent',
  'bfdDown',
];

interface Figures {
  readonly up: Gauge;
  readonly announced: Gauge;
  readonly updates: Counter;
  readonly states: Gauge;
  readonly lastError: Gauge;
  readonly suppressed: Counter;
  /** RFC 7606 §8 */
  readonly malformed: Counter;
  /** What the peer is to have, sent or not; MetalLB's own BGP only. legacy.md §6.7 */
  readonly pending?: Gauge;
  /** By direction and type, as in `sent open`; FRR's exporter of v0.13 only. */
  readonly messages: ReadonlyMap<string, Counter>;
}

function makeFigures(register: Registry, rules: BgpRules): Figures {
  const labelNames = hasVrf(rules) ? ['peer', 'vrf'] : ['peer'];
  const shape = (name: string, help: string, more: readonly string[] = []) => ({
    name,
    help,
    labelNames: [...labelNames, ...more],
    registers: [register],
  });
  const gauge = (...how: Parameters<typeof shape>): Gauge => new Gauge(shape(...how));
  const counter = (...how: Parameters<typeof shape>): Counter => new Counter(shape(...how));
  return {
    up: gauge('metallb_bgp_session_up', '1 while the BGP session is established'),
    announced: gauge('metallb_bgp_announced_prefixes_total', 'Prefixes that the peer was sent'),
    updates: counter('metallb_bgp_updates_total', 'UPDATE messages sent'),
    states: gauge('metallb_bgp_session_state', '1 for the state of the BGP session', ['state']),
    lastError: gauge('metallb_bgp_session_last_error', '1 for why there is no BGP session', [
      'reason',
    ]),
    suppressed: counter(
      'metallb_bgp_retries_suppressed_total',
      'Attempts that were held back for a while',
    ),
    malformed: counter(
      'metallb_bgp_updates_malformed_total',
      'UPDATE messages of the peer that were not as they must be',
    ),
    ...(rules.mode === 'native' && {
      pending: gauge('metallb_bgp_pending_prefixes_total', 'Prefixes that the peer is to be sent'),
    }),
    messages: new Map(hasVrf(rules) ? messageCounters(counter) : []),
  };
}

function messageCounters(
  counter: (name: string, help: string) => Counter,
): readonly (readonly [string, Counter])[] {
  return (['sent', 'received'] as const).flatMap((direction) =>
    Object.entries(MESSAGES[direction]).map(([type, name]) => {
      const which = type === 'total' ? 'All' : NAMES[type as MessageName];
      const help = `${which} messages ${direction}`;
      return [`${direction} ${type}`, counter(`metallb_bgp_${name}`, help)] as const;
    }),
  );
}

function hasVrf({ mode, compat }: BgpRules): boolean {
  return mode === 'frr' && atLeast(compat, 'v0.13');
}

/** FRR's exporter writes IPv6 without brackets. legacy.md §8.3 */
function labelsOf(session: Session, rules: BgpRules): Labels {
  const { address, port, vrf = 'default' } = session.peer;
  const peer = rules.mode === 'frr' ? `${address}:${port}` : peerLabel(session);
  return hasVrf(rules) ? { peer, vrf } : { peer };
}
