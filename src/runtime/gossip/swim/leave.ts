import type { Duration } from '../../platform/ports.ts';
import type { Accusation } from '../protocol/message.ts';
import { counts } from './membership/table.ts';
import { type Ring, SMALL_RING } from './ring.ts';

/**
 * Says that this member leaves, and goes on answering. In a small ring everybody hears so at once, not only with the
 * next gossip. memberlist-wire.md §18
 */
export function leave(ring: Ring, within: Duration): void {
  if (ring.leaving) return;
  ring.leaving = true;
  const { self, table, now } = ring;
  const { node, endpoint, incarnation } = self;
  const others = table.entries().filter((entry) => entry !== self && counts(entry));
  table.turn(self, 'left', now);
  ring.emit({ type: 'event', event: { type: 'leave', node, endpoint, announced: true } });
  const tell = teller(ring);
  if (others.length === 0) {
    tell(true);
    return;
  }
  const claim: Accusation = { type: 'dead', incarnation, node, from: node };
  if (others.length <= SMALL_RING) for (const entry of others) ring.sendBare(entry, [claim]);
  ring.broadcast(claim, () => tell(true));
  ring.after(within, () => tell(false));
}

/** Says once that the leave is told, or that time is up. */
function teller(ring: Ring): (complete: boolean) => void {
  let told = false;
  return (complete) => {
    if (told) return;
    told = true;
    ring.emit({ type: 'leaveTold', complete });
  };
}
