import { type Duration, seconds } from '../../platform/ports.ts';
import type { PodView } from './members.ts';

/** How long a Pod that was never seen ready counts as starting: a manifest's probes take 10 to 30 s to say so. */
const STARTING = seconds(60);

/**
 * Which speaker Pods serve. A speaker answers for addresses within a second of its start, but its Pod is ready only
 * after its first probe: if only ready Pods counted, speakers that start together would all answer for everything
 * until then. So a Pod that runs counts from the first sight of that start on. One that was ready and is not any
 * more does not, and neither does one that never becomes ready.
 */
export class Sightings {
  #seen = new Map<string, Duration | 'ready'>();

  /** Takes a list of Pods in, and tells which of them serve. `now` is when it was made. */
  judge(pods: readonly PodView[], now: Duration): (pod: PodView) => boolean {
    const seen = new Map<string, Duration | 'ready'>();
    for (const pod of pods) {
      const start = startOf(pod);
      seen.set(start, pod.ready ? 'ready' : (this.#seen.get(start) ?? now));
    }
    this.#seen = seen;
    return (pod) => pod.ready || (pod.started !== undefined && this.#isStarting(pod, now));
  }

  #isStarting(pod: PodView, now: Duration): boolean {
    const since = this.#seen.get(startOf(pod));
    return since !== undefined && since !== 'ready' && now - since < STARTING;
  }
}

function startOf({ name, started = '' }: PodView): string {
  return `${name} ${started}`;
}
