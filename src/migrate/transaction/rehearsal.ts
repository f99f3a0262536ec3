import { CRDS } from '../../config-crd/schema/index.ts';
import { ApiError, type Json } from '../../runtime/kube/index.ts';
import type { Manifest } from '../manifests/manifest.ts';
import { type Ground, TransactionFailure } from './ground.ts';
import { saysTheSame } from './objects/content.ts';
import { keyOf } from './objects/places.ts';
import { mayGoOn, persistently } from './requests.ts';
import { requestOf } from './steps/carry-out.ts';
import { type Observed, type Step, stepText } from './steps/step.ts';

const POOLS: readonly string[] = ['AddressPool', 'IPAddressPool'];
/** What an object of a kind may wait for: whoever judges it alone does not see these yet. crd.md §2.10 */
const AWAITED: Readonly<Record<string, readonly string[]>> = {
  BGPPeer: ['Secret', 'BFDProfile'],
  AddressPool: POOLS,
  IPAddressPool: POOLS,
  L2Advertisement: POOLS,
  BGPAdvertisement: [...POOLS, 'Community', 'BGPPeer'],
};

/**
 * Has the server judge every write without doing it. What it can judge only when its turn has come is no reason to stop:
 * what is refused then is undone.
 *
 * @returns what could not be judged, in sentences
 */
export async function rehearse(
  ground: Ground,
  steps: readonly Step[],
  observed: Observed,
): Promise<readonly string[]> {
  const served = new Set(
    Object.values(CRDS)
      .filter(({ metadata }) => observed.definitions.has(metadata.name))
      .map(({ spec }) => spec.names.kind),
  );
  const isServed = (step: Step): boolean => {
    return step.kind !== 'apply' || [...served, 'Secret'].includes(step.manifest.kind);
  };
  const doubts: string[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'delete' || !isServed(step)) continue;
    mayGoOn(ground);
    const doubt = await judged(ground, step, isAwaiting(step, steps.slice(0, index), observed));
    if (doubt !== undefined) doubts.push(doubt);
  }
  const unserved = steps.filter((step) => !isServed(step)).length;
  if (unserved === 0) return doubts;
  const first = `${unserved} objects cannot be rehearsed before their definitions are installed`;
  return [first, ...doubts];
}

/** Whether a step before it may be what whoever refuses it misses. */
function isAwaiting(step: Step, before: readonly Step[], { objects }: Observed): boolean {
  if (step.kind !== 'apply') return false;
  const { kind } = step.manifest;
  return before.some((other) => {
    if (other.kind !== 'apply' || !AWAITED[kind]?.includes(other.manifest.kind)) return false;
    // A new pool takes nothing from another one; one that is changed may make room.
    return !POOLS.includes(kind) || objects.has(keyOf(other.manifest));
  });
}

async function judged(ground: Ground, step: Step, awaits: boolean): Promise<string | undefined> {
  const call = requestOf(step, ground.namespace);
  ground.progress(`rehearsing: ${stepText(step)}`);
  try {
    const query = { ...call.query, dryRun: 'All' };
    const result = await persistently(ground, { ...call, query });
    if (step.kind === 'apply') refuseAltered(step.manifest, result);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { message } = error;
    if (message.includes('does not support dry run')) {
      return `cannot be rehearsed: ${stepText(step)}: ${message}`;
    }
    if (awaits && /admission webhook .* denied the request/.test(message)) {
      return `is refused before its turn: ${stepText(step)}: ${message}`;
    }
    throw new TransactionFailure([
      `the server would refuse: ${stepText(step)}: ${message}`,
      'nothing was changed',
    ]);
  }
}

/** A definition that does not know a field drops it in silence. */
function refuseAltered(manifest: Manifest, stored: Json): void {
  if (saysTheSame(stored, manifest)) return;
  throw new TransactionFailure([
    `the server would store ${manifest.kind} "${manifest.metadata.name}" otherwise than it is written: the definition there does not know all of its fields`,
    'apply the definitions of manifests/v0.13/crds, and run the command again; nothing was changed',
  ]);
}
