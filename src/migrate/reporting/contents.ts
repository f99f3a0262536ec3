import type { Config } from '../../runtime/model/index.ts';

/** What a configuration holds, in a few words: `2 pools, 1 peer`. */
export function contents({ pools, peers, bfdProfiles }: Config): string {
  const counted = [count(pools.length, 'pool'), count(peers.length, 'peer')];
  if (bfdProfiles.length > 0) counted.push(count(bfdProfiles.length, 'BFD profile'));
  return counted.join(', ');
}

/** `1 pool`, `2 pools`. */
function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
