import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1.d.ts';
import type { ContainerState, RunningContainer } from './container.ts';

/** What a kubelet reports of a pod: a merge patch of its status. */
export function statusOf(
  pod: Pod,
  containers: readonly RunningContainer[],
  addresses: { readonly pod: string; readonly host: string },
): object {
  const ready = containers.length > 0 && containers.every((container) => container.ready);
  const condition = (type: string, status: boolean): object => ({
    type,
    status: status ? 'True' : 'False',
    lastTransitionTime: null,
  });
  return {
    phase: phaseOf(pod, containers),
    hostIP: addresses.host,
    podIP: addresses.pod,
    podIPs: [{ ip: addresses.pod }],
    conditions: [
      condition('Initialized', true),
      condition('Ready', ready),
      condition('ContainersReady', ready),
      condition('PodScheduled', true),
    ],
    containerStatuses: containers.map((container) => containerStatus(pod, container)),
  };
}

function phaseOf({ spec }: Pod, containers: readonly RunningContainer[]): string {
  const codes = containers.map(({ state }) =>
    state.kind === 'terminated' ? state.exitCode : undefined,
  );
  const finished = codes.every((code) => code !== undefined) && spec?.restartPolicy !== 'Always';
  if (!finished) return containers.some(started) ? 'Running' : 'Pending';
  if (codes.every((code) => code === 0)) return 'Succeeded';
  return spec?.restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function started({ state, last }: RunningContainer): boolean {
  return state.kind !== 'waiting' || last !== undefined;
}

function containerStatus({ spec }: Pod, container: RunningContainer): ContainerStatus {
  const { name, ready, restarts, state, last } = container;
  const image = spec?.containers.find((listed) => listed.name === name)?.image ?? '';
  return {
    name,
    ready,
    image,
    imageID: image,
    restartCount: restarts,
    started: state.kind === 'running',
    state: written(state),
    ...(last !== undefined && { lastState: written(last) }),
  };
}

function written(state: ContainerState): object {
  switch (state.kind) {
    case 'waiting':
      return { waiting: { reason: state.reason, message: state.message ?? '' } };
    case 'running':
      return { running: { startedAt: rfc3339(state.since) } };
    case 'terminated': {
      const reason = state.exitCode === 0 ? 'Completed' : 'Error';
      return { terminated: { exitCode: state.exitCode, reason, finishedAt: rfc3339(state.at) } };
    }
  }
}

function rfc3339(date: Date): string {
  return date.toISOString().replace(/\.\d+/, '');
}
