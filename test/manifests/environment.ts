import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';

/** What a kubelet fills in for fields of the Pod that are addresses. */
const NODE_ADDRESS = '192.0.2.11';

/** The variables of a workload's first container, as a kubelet sets them. */
export function environmentOf({ spec }: DaemonSet | Deployment): Record<string, string> {
  const { env = [] } = spec!.template.spec!.containers[0]!;
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => {
      const isAddress = valueFrom?.fieldRef?.fieldPath.endsWith('IP') === true;
      return [name, value ?? (isAddress ? NODE_ADDRESS : 'filled-in')];
    }),
  );
}
