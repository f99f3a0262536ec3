import type { Random } from '../../../platform/ports.ts';
import type { DatagramContext } from '../datagram.ts';

/** How the two sides of a stream seal what they say. */
export interface StreamContext extends DatagramContext {
  /** Which side we are: who opened the stream says the label, the other side answers without. */
  readonly side: 'dialing' | 'accepting';
  /** Where nonces come from. */
  readonly random: Random;
}
