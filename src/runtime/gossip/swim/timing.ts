import { type Duration, millis, seconds } from '../../platform/ports.ts';

/** What a ring's members agree on about time and effort. memberlist-wire.md §1 */
export interface Timing {
  readonly probeInterval: Duration;
  readonly probeTimeout: Duration;
  /** Members probed in one interval; the original probes one. More shorten the wait until a dead one is probed. */
  readonly probeFanOut: number;
  readonly indirectChecks: number;
  readonly suspicionMult: number;
  readonly suspicionMaxTimeoutMult: number;
  readonly awarenessMaxMultiplier: number;
  readonly gossipInterval: Duration;
  readonly gossipNodes: number;
  readonly gossipToTheDead: Duration;
  readonly pushPullInterval: Duration;
  readonly retransmitMult: number;
  /** For dialing, and for a whole exchange. */
  readonly tcpTimeout: Duration;
  /** After which another address may take a dead name; 0: never. */
  readonly deadNodeReclaim: Duration;
  /** Between two tries to hear a member that was lost, or a Pod that is not a member yet. */
  readonly reconnectInterval: Duration;
}

/** The original's, but for the number of probes, and the tries to find lost members again, which it does not know. */
export const LAN: Timing = {
  probeInterval: seconds(1),
  probeTimeout: millis(500),
  probeFanOut: 3,
  indirectChecks: 3,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  awarenessMaxMultiplier: 8,
  gossipInterval: millis(200),
  gossipNodes: 3,
  gossipToTheDead: seconds(30),
  pushPullInterval: seconds(30),
  retransmitMult: 4,
  tcpTimeout: seconds(10),
  deadNodeReclaim: seconds(0),
  reconnectInterval: millis(500),
};

/** `--failover=fast`, once every member says so: a dead member is known within two and a half seconds in small rings. */
export const FAST: Timing = {
  ...LAN,
  probeInterval: millis(300),
  probeTimeout: millis(150),
  gossipInterval: millis(50),
  pushPullInterval: seconds(15),
  tcpTimeout: seconds(3),
};
