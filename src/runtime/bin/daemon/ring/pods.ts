import {
  ApiError,
  type HttpApiClient,
  coreResource,
  isAllowed,
  listPods,
} from '../../../kube/index.ts';
import { type PodLister, PodsForbidden } from '../../../speaker/index.ts';

/** The Pods of the speaker's namespace, as the API lists them. */
export function podLister(client: HttpApiClient, namespace: string): PodLister {
  return {
    listPods: async (selector) => {
      try {
        return await listPods(client, namespace, selector);
      } catch (error) {
        if (error instanceof ApiError && error.code === 403) throw new PodsForbidden(error.message);
        throw error;
      }
    },
    mayListPods: () => isAllowed(client, 'list', coreResource('pods', namespace)),
  };
}

/** Set by manifests that ask for it; without it the own Pod is told by its node. */
export function podNameIn({ METALLB_POD_NAME: podName }: NodeJS.ProcessEnv): { podName?: string } {
  return podName === undefined || podName === '' ? {} : { podName };
}
