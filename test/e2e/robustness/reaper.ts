import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../cluster/index.ts';
import type { Program } from '../../cluster/program.ts';
import type { OurPod } from './site.ts';

/** When a program dies: so many milliseconds after its start, or after it first answered. */
interface Fate {
  readonly after: 'start' | 'answer';
  readonly wait: number;
}

/** Deaths in the middle of starting, of listing and of working; taken in turn. */
const FATES: readonly Fate[] = [
  { after: 'start', wait: 100 },
  { after: 'answer', wait: 1500 },
  { after: 'start', wait: 600 },
  { after: 'answer', wait: 0 },
  { after: 'answer', wait: 3000 },
  { after: 'answer', wait: 400 },
];
const PATIENCE = 30_000;

/** Kills the program of a pod each time it was started again, until told to stop; returns how often. */
export async function reap(pod: OurPod, signal: AbortSignal): Promise<number> {
  let kills = 0;
  let dead: Program | undefined;
  while (!signal.aborted) {
    const program = await eventually('it runs', () => running(pod, dead), PATIENCE);
    const { after, wait } = FATES[kills % FATES.length]!;
    if (after === 'answer') await eventually('it answers', () => pod.metrics(), PATIENCE);
    await pause(wait);
    if (program.ending !== undefined) throw new Error(`${pod.name} ended by itself`);
    await program.stop('SIGKILL');
    dead = program;
    kills += 1;
  }
  return kills;
}

function running({ container }: OurPod, dead: Program | undefined): Program | undefined {
  const { program, state } = container;
  return state.kind === 'running' && program !== dead ? program : undefined;
}
