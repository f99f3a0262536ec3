import type { Config } from '../../runtime/model/index.ts';
import type { ClusterFacts } from '../cluster/index.ts';
import type { PlanVerdict, ServicePlan } from './plan-report.ts';
import type { WantedObjects } from './configuration/wanted.ts';

/** What a plan came to. */
interface Found {
  /** Afterwards. */
  readonly config: Config;
  readonly services: readonly ServicePlan[];
  readonly wanted: WantedObjects;
  /** Whether the same is decided by the same rules before and after, whatever it turns on. */
  readonly isSame: boolean;
}

/** Why it cannot be said that nothing moves but what was found to move. */
export function unknownIn(
  facts: ClusterFacts,
  { config, services, wanted, isSame }: Found,
): PlanVerdict['unknown'] {
  const hidden = facts.gaps.filter(({ hides }) => hides === 'resources' && !wanted.prune);
  const unread = hidden.map(({ what }) => what);
  if (!isSame && services.length > 0) unread.push(...unreadFacts(facts, config));
  const reasons = unread.map((what) => `${what} cannot be read`);
  const isSilent = facts.installation.speakerNodes?.length === 0;
  if (!isSame && services.length > 0 && isSilent) reasons.push('no speaker is ready');
  return [...new Set(reasons)];
}

function unreadFacts(
  { installation, nodes, endpoints, namespaces }: ClusterFacts,
  { pools }: Config,
): readonly string[] {
  const choosy = pools.some(({ serviceAllocation: choice }) => choice?.namespaceSelectors.length);
  return [
    ...(installation.speakerNodes === undefined ? ['pods'] : []),
    ...(nodes === undefined ? ['nodes'] : []),
    ...(endpoints === undefined ? ['endpoints'] : []),
    ...(namespaces === undefined && choosy ? ['namespaces'] : []),
  ];
}
