import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConflictKind, ConflictObserver } from '../layer2/index.ts';

const KINDS: readonly ConflictKind[] = ['speaker', 'kernel', 'stranger'];

/** By kind only: hardware addresses are for the log and the Events, a stranger could make up any number of them. */
export function conflictMetrics(register: Registry): ConflictObserver {
  const perKind = { labelNames: ['kind'] as const, registers: [register] };
  const present = new Gauge({
    name: 'metallb_layer2_conflicts',
    help: 'Addresses announced here that somebody else speaks for now, by who it is',
    ...perKind,
  });
  const found = new Counter({
    name: 'metallb_layer2_conflicts_total',
    help: 'Conflicts about addresses announced here that were found so far, by with whom',
    ...perKind,
  });
  for (const kind of KINDS) {
    present.set({ kind }, 0);
    found.inc({ kind }, 0);
  }
  return {
    found: ({ kind }) => {
      present.inc({ kind });
      found.inc({ kind });
    },
    ended: ({ kind }) => present.dec({ kind }),
  };
}
