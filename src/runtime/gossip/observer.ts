import type { DropReason } from './protocol/drop.ts';
import type { StreamRefusal } from './protocol/stream/refusal.ts';

/** Which way something went, seen from here. */
export type Direction = 'in' | 'out';

/**
 * Why something that came, or was to be sent, was thrown away.
 *
 * - `overflow`: more came than is looked at
 * - `unsent`: the network did not take it
 * - `broken`: a stream ended before all was said, or its time was over
 */
export type LossReason = DropReason | StreamRefusal | 'overflow' | 'unsent' | 'broken';

/** Hears of everything that counts in a ring. */
export interface RingObserver {
  datagram(direction: Direction): void;
  stream(direction: Direction): void;
  dropped(reason: LossReason): void;
  /** How many members count now, the own one included. */
  members(count: number): void;
  /** A member answered no probe, neither directly nor through others. */
  probeFailed(): void;
  /** The own health: 0 is well, 7 is worst. memberlist-wire.md §14 */
  awareness(score: number): void;
}
