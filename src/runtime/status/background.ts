import type { ApiClient } from '../kube/index.ts';

/** The same client, with every request behind those that people wait for. */
export function inBackground(client: ApiClient): ApiClient {
  return {
    request: (call) => client.request({ ...call, importance: 'background' }),
    watch: (call) => client.watch(call),
  };
}
