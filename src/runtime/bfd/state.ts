/** RFC 5880 §4.1, values of the State field 0 to 3. */
export type BfdState = 'adminDown' | 'down' | 'init' | 'up';

/** RFC 5880 §6.2, §6.8.6: the state after hearing that the peer is in `received`. */
export function successor(state: BfdState, received: BfdState): BfdState {
  if (received === 'adminDown') return 'down';
  switch (state) {
    case 'down':
      if (received === 'down') return 'init';
      return received === 'init' ? 'up' : 'down';
    case 'init':
      return received === 'down' ? 'init' : 'up';
    case 'up':
      return received === 'down' ? 'down' : 'up';
    case 'adminDown':
      return 'adminDown';
  }
}
