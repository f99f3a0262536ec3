import { Counter, Gauge, type Registry } from 'prom-client';
import type { BfdCounts, BfdState } from '../bfd/index.ts';
import type { BgpRules } from '../bgp/index.ts';
import { atLeast } from '../model/index.ts';
import type { IpAddress } from '../net/index.ts';

type Totals = Omit<BfdCounts, 'key' | 'state'>;

/** The remote end of a BFD session. */
interface Remote {
  readonly address: IpAddress;
  readonly vrf: string | undefined;
}

/** Hears of BFD sessions; `counted` tells totals since the session began. */
interface BfdSeries {
  state(peer: Remote, state: BfdState): void;
  counted(peer: Remote, totals: Totals): void;
  ended(peer: Remote): void;
}

const COUNTERS: readonly (readonly [keyof Totals, string, string])[] = [
  ['controlIn', 'control_packet_input', 'BFD control packets received'],
  ['controlOut', 'control_packet_output', 'BFD control packets sent'],
  ['echoIn', 'echo_packet_input', 'BFD echo packets that came back'],
  ['echoOut', 'echo_packet_output', 'BFD echo packets sent'],
  ['upEvents', 'session_up_events', 'How often the BFD session came up'],
  ['downEvents', 'session_down_events', 'How often the BFD session went down'],
  ['notifications', 'zebra_notifications', 'Changes of the BFD session that BGP was told'],
];

const nothing = (): void => undefined;
const UNOBSERVED: BfdSeries = { state: nothing, counted: nothing, ended: nothing };

/** By the names that FRR's exporter had; v0.13 knows VRFs, and native mode has no BFD. legacy.md §8.3, crd.md §3.6 */
export function bfdMetrics(register: Registry, { mode, compat }: BgpRules): BfdSeries {
  if (mode === 'native') return UNOBSERVED;
  const labelNames = atLeast(compat, 'v0.13') ? ['peer', 'vrf'] : ['peer'];
  const labelsOf = ({ address, vrf = 'default' }: Remote): Record<string, string> =>
    atLeast(compat, 'v0.13') ? { peer: address, vrf } : { peer: address };
  const shape = { labelNames, registers: [register] };
  const up = new Gauge({
    name: 'metallb_bfd_session_up',
    help: '1 while the BFD session is up',
    ...shape,
  });
  const counters = COUNTERS.map(([field, name, help]) => {
    return { field, counter: new Counter({ name: `metallb_bfd_${name}`, help, ...shape }) };
  });
  /** What each series was brought up to, by peer: a session that begins anew counts from nothing. */
  const known = new Map<string, Totals>();
  const keyOf = ({ address, vrf = '' }: Remote): string => `${address}%${vrf}`;
  return {
    state: (peer, state) => up.set(labelsOf(peer), state === 'up' ? 1 : 0),
    counted: (peer, totals) => {
      const before = known.get(keyOf(peer));
      known.set(keyOf(peer), totals);
      for (const { field, counter } of counters) {
        const more = totals[field] - (before?.[field] ?? 0);
        counter.inc(labelsOf(peer), more >= 0 ? more : totals[field]);
      }
    },
    ended: (peer) => {
      known.delete(keyOf(peer));
      up.remove(labelsOf(peer));
      for (const { counter } of counters) counter.remove(labelsOf(peer));
    },
  };
}
