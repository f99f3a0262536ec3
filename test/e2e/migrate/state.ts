import { type ControlPlane, NAMESPACE } from '../../cluster/index.ts';

/** Every object that a migration may touch, by path, as JSON. */
export type State = Readonly<Record<string, string>>;

interface Stored {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [more: string]: unknown;
  };
  readonly status?: unknown;
  readonly [more: string]: unknown;
}

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const IN_NAMESPACE = [
  ...['configmaps', 'secrets'].map((plural) => `/api/v1/namespaces/${NAMESPACE}/${plural}`),
  ...['ipaddresspools', 'l2advertisements', 'bgpadvertisements', 'bfdprofiles', 'communities'].map(
    (plural) => `/apis/metallb.io/v1beta1/namespaces/${NAMESPACE}/${plural}`,
  ),
  `/apis/metallb.io/v1beta2/namespaces/${NAMESPACE}/bgppeers`,
];
/** What a server writes by itself. */
const BOOKKEEPING = [
  ...['resourceVersion', 'uid', 'creationTimestamp', 'generation', 'managedFields', 'selfLink'],
];

/** All of it to the last octet, the server's bookkeeping left out; the record itself is left out too. */
export async function stateOf({ admin }: ControlPlane): Promise<State> {
  const state: Record<string, string> = {};
  for (const path of ['/api/v1/services', DEFINITIONS, ...IN_NAMESPACE]) {
    const { status, body } = await admin.request('GET', path);
    if (status === 404) continue;
    for (const object of (body as { readonly items: readonly Stored[] }).items) {
      const { name, namespace = '' } = object.metadata;
      if (name === 'metal-migrate' || object['type'] === 'kubernetes.io/service-account-token') {
        continue;
      }
      state[`${path} ${namespace}/${name}`] = JSON.stringify(withoutBookkeeping(path, object));
    }
  }
  return Object.fromEntries(Object.entries(state).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutBookkeeping(path: string, object: Stored): object {
  const metadata = Object.entries(object.metadata).filter(([key]) => !BOOKKEEPING.includes(key));
  const { status, ...rest } = object;
  const kept = path === DEFINITIONS ? rest : { ...rest, status };
  return { ...kept, metadata: Object.fromEntries(metadata) };
}
