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

/** What one session tells until it is closed. */
interface SessionSeries extends SessionObserver {
  routes(announced: number, pending: number): void;
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
    this.state('idle');
  }

  state(state: SessionState): void {
    if (!this.#isOpen) return;
    const { states, opensSent, opensReceived } = this.#figures;
    for (const each of STATES) states.set({ ...this.#labels, state: each }, each === state ? 1 : 0);
    if (state === 'openSent') opensSent?.inc(this.#labels);
    if (state === 'openConfirm') opensReceived?.inc(this.#labels);
  }

  up(): void {
    if (!this.#isOpen) return;
    this.#figures.up.set(this.#labels, 1);
    this.#forgetError();
  }

  down({ kind }: DownReason): void {
    if (!this.#isOpen) return;
    const { up, lastError, announced, notificationsSent } = this.#figures;
    up.set(this.#labels, 0);
    announced.set(this.#labels, 0);
    this.#forgetError();
    lastError.set({ ...this.#labels, reason: kind }, 1);
    if (SAID.has(kind)) notificationsSent?.inc(this.#labels);
  }

  updatesSent(count: number): void {
    if (this.#isOpen) this.#figures.updates.inc(this.#labels, count);
  }

  updateReceived(): void {
    if (this.#isOpen) this.#figures.updatesReceived?.inc(this.#labels);
  }

  retrySuppressed(): void {
    if (this.#isOpen) this.#figures.suppressed.inc(this.#labels);
  }

  routes(announced: number, pending: number): void {
    if (!this.#isOpen) return;
    this.#figures.announced.set(this.#labels, announced);
    this.#figures.pending?.set(this.#labels, pending);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (!this.#isLast()) return;
    const { states, lastError, ...plain } = this.#figures;
    for (const metric of Object.values<Gauge | Counter>(plain)) metric.remove(this.#labels);
    for (const state of STATES) states.remove({ ...this.#labels, state });
    for (const reason of REASONS) lastError.remove({ ...this.#labels, reason });
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
/** What this end tells by a NOTIFICATION. */
const SAID: ReadonlySet<DownReason['kind']> = new Set(['sent', 'holdTimerExpired', 'bfdDown']);

interface Figures {
  readonly up: Gauge;
  readonly announced: Gauge;
  readonly updates: Counter;
  readonly states: Gauge;
  readonly lastError: Gauge;
  readonly suppressed: Counter;
  /** MetalLB's own BGP only. */
  readonly pending?: Gauge;
  /** FRR's exporter of v0.13 only. */
  readonly opensSent?: Counter;
  readonly opensReceived?: Counter;
  readonly notificationsSent?: Counter;
  readonly updatesReceived?: Counter;
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
    ...(rules.mode === 'native' && {
      pending: gauge('metallb_bgp_pending_prefixes_total', 'Prefixes that the peer is to be sent'),
    }),
    ...(hasVrf(rules) && {
      opensSent: counter('metallb_bgp_opens_sent', 'OPEN messages sent'),
      opensReceived: counter('metallb_bgp_opens_received', 'OPEN messages received'),
      notificationsSent: counter('metallb_bgp_notifications_sent', 'NOTIFICATION messages sent'),
      updatesReceived: counter('metallb_bgp_updates_total_received', 'UPDATE messages received'),
    }),
  };
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
