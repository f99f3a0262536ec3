import type { Node, Pod, PodSpec, Taint, Toleration } from 'kubernetes-types/core/v1.d.ts';

/**
 * Picks the node for a pod that has none: one that its node selector, its affinity to a name (how DaemonSets ask) and
 * its tolerations allow, with the fewest pods. `undefined` where there is none.
 */
export function pickNode(
  { spec }: Pod,
  nodes: readonly Node[],
  podsOn: (node: string) => number,
): string | undefined {
  const names = nodes.filter((node) => fits(spec ?? { containers: [] }, node)).map(nameOf);
  return names.sort().sort((a, b) => podsOn(a) - podsOn(b))[0];
}

const nameOf = ({ metadata }: Node): string => metadata?.name ?? '';

function fits(pod: PodSpec, node: Node): boolean {
  const { unschedulable = false, taints = [] } = node.spec ?? {};
  const wanted = nameByAffinity(pod);
  return (
    !unschedulable &&
    (wanted === undefined || wanted === nameOf(node)) &&
    selects(pod.nodeSelector ?? {}, node.metadata?.labels ?? {}) &&
    taints.every((taint) => tolerated(taint, pod.tolerations ?? []))
  );
}

function nameByAffinity({ affinity }: PodSpec): string | undefined {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const fields = required?.nodeSelectorTerms.flatMap(({ matchFields = [] }) => matchFields) ?? [];
  return fields.find(({ key }) => key === 'metadata.name')?.values?.[0];
}

function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function tolerated({ key, value, effect }: Taint, tolerations: readonly Toleration[]): boolean {
  if (effect === 'PreferNoSchedule') return true;
  return tolerations.some((toleration) => {
    if (toleration.effect !== undefined && toleration.effect !== effect) return false;
    if (toleration.operator === 'Exists') {
      return toleration.key === undefined || toleration.key === key;
    }
    return toleration.key === key && (toleration.value ?? '') === (value ?? '');
  });
}
