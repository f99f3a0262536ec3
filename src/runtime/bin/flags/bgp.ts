import { parseDuration } from '../../model/index.ts';
import { type Duration, millis } from '../../platform/ports.ts';
import type { Flag, FlagValues } from './go-flags.ts';

/** What BGP does beyond what the original's did. */
export interface BgpFlags {
  /** How long peers keep the routes when this program ends to be started anew; 0: not at all. RFC 4724 */
  readonly gracefulRestart: Duration;
  /** How long peers are given to prefer other nodes before this program ends; 0: no time. RFC 8326 */
  readonly drain: Duration;
  /** How many hops a peer may be away; 0: any number. RFC 5082 */
  readonly ttlSecurity: number;
}

export const BGP_FLAGS: readonly Flag[] = [
  {
    name: 'bgp-graceful-restart',
    type: 'string',
    value: '0s',
    meaning: 'how long BGP peers keep the routes while this program restarts; 0 for not at all',
  },
  {
    name: 'bgp-drain',
    type: 'string',
    value: '0s',
    meaning: 'how long BGP peers are asked to prefer other nodes before this program ends',
  },
  {
    name: 'bgp-ttl-security',
    type: 'int',
    value: 0,
    meaning:
      'hops that BGP peers may be away, each of which must ask the same of us; 0 for any number',
  },
];

/** The field of the OPEN has twelve bits. RFC 4724 §3 */
const LONGEST_RESTART = millis(4_095_000);
/** What pods may be given to end is rarely longer. */
const LONGEST_DRAIN = millis(3_600_000);

/** As many as FRR and others take. */
const MOST_HOPS = 254;

/** Or what is wrong. */
export function bgpOf(values: FlagValues): BgpFlags | string {
  const gracefulRestart = boundedOf(values, 'bgp-graceful-restart', LONGEST_RESTART);
  if (typeof gracefulRestart === 'string') return gracefulRestart;
  const drain = boundedOf(values, 'bgp-drain', LONGEST_DRAIN);
  if (typeof drain === 'string') return drain;
  const ttlSecurity = Number(values['bgp-ttl-security']);
  if (!(ttlSecurity >= 0 && ttlSecurity <= MOST_HOPS)) {
    return `bgp-ttl-security: want 0 to ${MOST_HOPS} hops, not ${ttlSecurity}`;
  }
  return { gracefulRestart, drain, ttlSecurity };
}

function boundedOf(values: FlagValues, name: string, longest: Duration): Duration | string {
  const text = String(values[name]);
  const read = parseDuration(text);
  if (read.kind === 'malformed') return `${name}: ${read.message}`;
  const time = millis(Number(read.nanoseconds / 1_000_000n));
  const isInRange = read.nanoseconds === 0n || (time >= 1000 && time <= longest);
  return isInRange ? time : `${name}: want 0, or 1s to ${longest / 1000}s, not ${text}`;
}
