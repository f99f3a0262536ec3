import { Counter, Gauge, type Registry } from 'prom-client';
import type { LossReason, RingObserver } from '../gossip/index.ts';
import { ISOLATION_REASONS, type IsolationObserver } from '../speaker/index.ts';

export function isolationMetric(register: Registry): IsolationObserver {
  const gauge = new Gauge({
    name: 'metallb_speaker_isolated',
    help: '1 while this speaker answers nothing because the others do not hear it, by reason',
    labelNames: ['reason'] as const,
    registers: [register],
  });
  const isolated = (reason: string | undefined): void => {
    for (const each of ISOLATION_REASONS) gauge.set({ reason: each }, each === reason ? 1 : 0);
  };
  isolated(undefined);
  return { isolated };
}

const EVENTS = ['join', 'leave', 'update'] as const;

/** What the ring tells of its members; events are those of others and of this one. */
export interface MemberEventObserver {
  event(type: (typeof EVENTS)[number]): void;
}

export function memberEventMetric(register: Registry): MemberEventObserver {
  const events = new Counter({
    name: 'metallb_memberlist_member_events_total',
    help: 'Members that joined, left or were lost, or changed what they say of themselves',
    labelNames: ['event'] as const,
    registers: [register],
  });
  for (const event of EVENTS) events.inc({ event }, 0);
  return { event: (event) => events.inc({ event }) };
}

const REASONS: readonly LossReason[] = [
  'decryption',
  'notEncrypted',
  'encrypted',
  'label',
  'checksum',
  'compression',
  'oversized',
  'truncatedCompound',
  'truncated',
  'tooDeep',
  'malformed',
  'unknownType',
  'overflow',
  'unsent',
  'broken',
];

/** The original counts nothing of its ring; these names are ours. */
export function ringMetrics(register: Registry): RingObserver {
  const registers = [register];
  const members = new Gauge({
    name: 'metallb_memberlist_members',
    help: 'Speakers in the ring as this one sees it, itself included; suspected ones count',
    registers,
  });
  const health = new Gauge({
    name: 'metallb_memberlist_health_score',
    help: 'How badly this speaker takes part in the ring: 0 is well, 7 is worst',
    registers,
  });
  const probes = new Counter({
    name: 'metallb_memberlist_probes_failed_total',
    help: 'Members that answered a probe neither directly nor through others',
    registers,
  });
  const packets = new Counter({
    name: 'metallb_memberlist_packets_total',
    help: 'Datagrams and streams of the ring, by direction',
    labelNames: ['transport', 'direction'] as const,
    registers,
  });
  const dropped = new Counter({
    name: 'metallb_memberlist_dropped_total',
    help: 'What of the ring was thrown away, by reason',
    labelNames: ['reason'] as const,
    registers,
  });
  for (const reason of REASONS) dropped.inc({ reason }, 0);
  return {
    members: (count) => members.set(count),
    awareness: (score) => health.set(score),
    probeFailed: () => probes.inc(),
    datagram: (direction) => packets.inc({ transport: 'udp', direction }),
    stream: (direction) => packets.inc({ transport: 'tcp', direction }),
    dropped: (reason) => dropped.inc({ reason }),
  };
}
