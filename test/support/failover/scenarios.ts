import { setTimeout as pause } from 'node:timers/promises';
import { type LanHost, eventually } from '../../cluster/index.ts';
import { type Answering, answeringIn } from './journal.ts';
import { type Detection, detectionOf } from './detection.ts';
import { type Stage, anyPhase } from './stage.ts';

/** What one run showed. Durations in milliseconds. */
export interface Run extends Answering {
  /** When it was known that the owner was gone, and what followed, from the failure on. */
  readonly detection?: Detection;
  /** From a return to the ring until one machine alone answered for each address. */
  readonly healing?: Answering;
  /** From the signal to the end of the process; of a rolling restart, from its beginning to its end. */
  readonly took?: number;
}

/** An heir that has not taken over after this long never will. */
const PATIENCE = 40_000;
/** Looked at after everything is as it should be: what comes back late counts. */
const AFTERMATH = 700;

/** The speaker of the first address's owner is killed; its node stays up. */
export async function killed(stage: Stage): Promise<Run> {
  const { owner, orphans } = await ready(stage);
  const began = Date.now();
  stage.speaker(owner).signal('SIGKILL');
  const run = await inherited(stage, { owner, orphans, began });
  await stage.start(owner);
  await stage.settled();
  return run;
}

/**
 * The owner's node is cut off, and comes back.
 *
 * @param link - whether the node's own link goes down with it, as when its cable is pulled
 * @param back - milliseconds from the cut to its end; as soon as the heirs have taken over unless given
 */
export async function cutOff(
  stage: Stage,
  { link, back = 0 }: { readonly link: 'up' | 'down'; readonly back?: number },
): Promise<Run> {
  const { owner, orphans } = await ready(stage);
  const began = Date.now();
  if (link === 'up') stage.cutOff(owner);
  else stage.unplug(owner);
  const run = await inherited(stage, { owner, orphans, began });
  await until(began + back);
  return { ...run, healing: await healed(stage, owner, link) };
}

/** A node that owns nothing of the first address is cut off for a while: nothing changes for those who are left. */
export async function partitioned(stage: Stage, back: number): Promise<Run> {
  const { owner } = await ready(stage);
  const others = stage.names.filter((name) => name !== owner.name);
  const heir = stage.node(stage.elected(stage.addresses[0] ?? '', others));
  const began = Date.now();
  stage.cutOff(heir);
  await until(began + back);
  await stage.prober.settled();
  const run = answeringIn(stage.prober.journal, began, Date.now());
  return { ...run, healing: await healed(stage, heir, 'up') };
}

/** The owner's speaker stands still for a while, as a starved one does, and then goes on as if nothing had been. */
export async function stoodStill(stage: Stage, still: number): Promise<Run> {
  const { owner, orphans } = await ready(stage);
  const began = Date.now();
  stage.speaker(owner).signal('SIGSTOP');
  const run = await inherited(stage, { owner, orphans, began });
  await until(began + still);
  const woke = Date.now();
  stage.speaker(owner).signal('SIGCONT');
  return { ...run, healing: await aftermath(stage, woke) };
}

/** The owner's speaker is asked to end. */
export async function stopped(stage: Stage): Promise<Run> {
  const { owner, orphans } = await ready(stage);
  const began = Date.now();
  await stage.speaker(owner).stop('SIGTERM');
  const took = Date.now() - began;
  const run = await inherited(stage, { owner, orphans, began });
  await stage.start(owner);
  await stage.settled();
  return { ...run, took };
}

/**
 * All speakers are restarted, one after the other.
 *
 * @param rest - milliseconds from when one answers for its metrics to the end of the next
 * @param first - whose speaker comes first: in the order of the nodes, or the owner's
 */
export async function restarted(
  stage: Stage,
  { rest, first = 'any' }: { readonly rest: number; readonly first?: 'any' | 'owner' },
): Promise<Run> {
  const { owner } = await ready(stage);
  const others = stage.nodes.filter((node) => node !== owner);
  const began = Date.now();
  for (const node of first === 'owner' ? [owner, ...others] : stage.nodes) {
    await stage.speaker(node).stop('SIGTERM');
    await stage.start(node);
    await pause(rest);
  }
  const took = Date.now() - began;
  return { ...(await aftermath(stage, began)), took };
}

/** The longest that two speakers answered for one address since a time, in milliseconds. */
export function doubleSince({ prober }: Stage, began: number): number {
  return answeringIn(prober.journal, began, Date.now()).longestDouble;
}

/** Waits for rest, then for any phase of the ring's timers. */
async function ready(stage: Stage): Promise<{ owner: LanHost; orphans: readonly string[] }> {
  await stage.settled();
  await anyPhase();
  const owner = stage.node(stage.elected(stage.addresses[0] ?? ''));
  const orphans = stage.addresses.filter((address) => stage.elected(address) === owner.name);
  return { owner, orphans };
}

interface Loss {
  readonly owner: LanHost;
  readonly orphans: readonly string[];
  readonly began: number;
}

/** Waits until the heirs of a node answer, and tells how it came about. */
async function inherited(stage: Stage, { owner, orphans, began }: Loss): Promise<Run> {
  const left = stage.nodes.filter((node) => node !== owner);
  const names = left.map(({ name }) => name);
  const heirOf = (address: string): LanHost => stage.node(stage.elected(address, names));
  const heirs = orphans.map((address) => [address, heirOf(address).mac] as const);
  const { journal } = stage.prober;
  await eventually(
    `the heirs of ${owner.name} answer`,
    () => heirs.every(([address, mac]) => journal.answering(address).includes(mac)),
    PATIENCE,
  );
  await pause(AFTERMATH);
  await stage.prober.settled();
  const detection = detectionOf(stage, { owner, left, orphans, began });
  return { ...answeringIn(journal, began, Date.now()), detection };
}

async function healed(stage: Stage, node: LanHost, link: 'up' | 'down'): Promise<Answering> {
  const began = Date.now();
  if (link === 'up') stage.mend(node);
  else stage.plugIn(node);
  return await aftermath(stage, began);
}

/** Waits until the ring is whole and at rest, and tells how its addresses were answered for since. */
async function aftermath(stage: Stage, since: number): Promise<Answering> {
  // Who comes back takes a moment to be noticed: until then all may look as it should.
  await pause(AFTERMATH);
  await stage.settled(undefined, 90_000);
  await pause(AFTERMATH);
  await stage.prober.settled();
  return answeringIn(stage.prober.journal, since, Date.now());
}

async function until(time: number): Promise<void> {
  await pause(Math.max(0, time - Date.now()));
}
