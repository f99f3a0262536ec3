import { Counter, Gauge, type Registry } from 'prom-client';
import { ISOLATION_REASONS, type IsolationObserver } from '../speaker/index.ts';

/** The original counts nothing of its ring; these names are ours. */
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
