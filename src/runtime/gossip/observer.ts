/** Which way something went, seen from here. */
export type Direction = 'in' | 'out';

/** Why something that came, or was to be sent, was thrown away. */
export type DropReason =
  /** No key opens it, or it is not encrypted though it must be. */
  | 'undecipherable'
  /** Of another label, or of none. */
  | 'label'
  | 'checksum'
  /** It follows no rule of the protocol. */
  | 'malformed'
  /** More came than is looked at. */
  | 'overflow'
  /** The network did not take it. */
  | 'unsent';

/** Hears of everything that counts in a ring. */
export interface RingObserver {
  datagram(direction: Direction): void;
  stream(direction: Direction): void;
  dropped(reason: DropReason): void;
  /** How many members count now, the own one included. */
  members(count: number): void;
  /** A member answered no probe, neither directly nor through others. */
  probeFailed(): void;
  /** The own health: 0 is well, 7 is worst. memberlist-wire.md §14 */
  awareness(score: number): void;
}
