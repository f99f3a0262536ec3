import type { BgpSpeaker } from '../../../bgp/index.ts';
import { type Clock, type Duration, type Task, millis } from '../../../platform/ports.ts';
import type { BgpFlags } from '../../flags/index.ts';
import { abortOf } from '../tasks.ts';
import { atMost } from './waiting.ts';

type DrainedSpeaker = Pick<BgpSpeaker, 'drain' | 'figures' | 'isDrained'>;

/** Between two looks at how far the drain is. */
const LOOK = millis(50);
/** A peer that takes nothing is not waited for any longer, and neither are its last words. */
const PATIENCE = millis(500);

/** Ends all sessions; peers that do not listen keep nobody waiting. */
export function closing(
  speaker: Pick<BgpSpeaker, 'stop'>,
  { gracefulRestart }: BgpFlags,
  clock: Clock,
): Task {
  const restarting = gracefulRestart > 0;
  const reason = restarting ? 'speaker restarts' : 'speaker stops';
  return {
    name: 'bgp',
    run: async (signal) => {
      await abortOf(signal);
      const stopped = speaker.stop({ subcode: 'administrativeShutdown', reason, restarting });
      await atMost(clock, PATIENCE, stopped);
    },
  };
}

/**
 * Asks peers to prefer other nodes, and gives them time from when all of it was handed out; none where no peer has routes of this
 * node, or as soon as none has any more. RFC 8326 §4
 */
export function draining(speaker: DrainedSpeaker, { drain }: BgpFlags, clock: Clock): Task {
  return {
    name: 'bgp drain',
    run: async (signal) => {
      await abortOf(signal);
      if (!hasRoutesOut(speaker)) return;
      speaker.drain();
      await converged(speaker, drain, clock);
    },
  };
}

async function converged(speaker: DrainedSpeaker, drain: Duration, clock: Clock): Promise<void> {
  const begun = clock.now();
  let told: Duration | undefined;
  while (hasRoutesOut(speaker)) {
    const now = clock.now();
    if (speaker.isDrained || now - begun >= PATIENCE) told ??= now;
    const left = told === undefined ? LOOK : told + drain - now;
    if (left <= 0) return;
    await passed(clock, millis(Math.min(LOOK, left)));
  }
}

/** Whether any peer that is up has routes of this node, or is about to. */
function hasRoutesOut(speaker: DrainedSpeaker): boolean {
  return speaker.figures().some(({ isUp, announced, pending }) => isUp && announced + pending > 0);
}

async function passed(clock: Clock, time: Duration): Promise<void> {
  await new Promise<void>((resolve) => void clock.after(time, resolve));
}
