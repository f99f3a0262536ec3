import { readFileSync, readdirSync } from 'node:fs';
import { load } from 'js-yaml';
import { type ControlPlane, NAMESPACE, eventually } from '../../cluster/index.ts';

/** The plural and the version of each kind. */
const COLLECTIONS = {
  IPAddressPool: ['v1beta1', 'ipaddresspools'],
  L2Advertisement: ['v1beta1', 'l2advertisements'],
  BGPAdvertisement: ['v1beta1', 'bgpadvertisements'],
  BGPPeer: ['v1beta2', 'bgppeers'],
  BFDProfile: ['v1beta1', 'bfdprofiles'],
  Community: ['v1beta1', 'communities'],
} as const;
export type Kind = keyof typeof COLLECTIONS;

const CRDS = 'manifests/v0.13/crds';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const RBAC = `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}`;

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: { readonly conditions?: readonly { type: string; status: string }[] };
}

/** The v0.13 resources of the install's namespace, as an operator handles them. */
export class CustomResources {
  readonly #plane: ControlPlane;

  private constructor(plane: ControlPlane) {
    this.#plane = plane;
  }

  /** Installs our CRDs, for a server that reaches no webhook: every object is in its storage version. */
  static async install(plane: ControlPlane): Promise<CustomResources> {
    for (const definition of definitions()) await plane.admin.create(DEFINITIONS, definition);
    const resources = new CustomResources(plane);
    await resources.#established();
    return resources;
  }

  /** For objects whose CRDs came in another way. */
  static of(plane: ControlPlane): CustomResources {
    return new CustomResources(plane);
  }

  /** Deletes the CRDs, and with them every object. */
  async uninstall(): Promise<void> {
    const { admin } = this.#plane;
    const paths = definitions().map(({ metadata }) => `${DEFINITIONS}/${metadata.name}`);
    for (const path of paths) await admin.delete(path);
    for (const path of paths) {
      await eventually(`${path} is gone`, async () => (await admin.find(path)) === undefined);
    }
  }

  /** What manifests/v0.13 allow the programs, beside what an old install allows them. */
  async grant(): Promise<void> {
    const { admin } = this.#plane;
    const verbs = ['get', 'list', 'watch'];
    await admin.create(`${RBAC}/roles`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'resources', namespace: NAMESPACE },
      rules: [
        { apiGroups: ['metallb.io'], resources: ['*'], verbs },
        { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs },
      ],
    });
    const subjects = ['controller', 'speaker'].map((name) => {
      return { kind: 'ServiceAccount', name, namespace: NAMESPACE };
    });
    await admin.create(`${RBAC}/rolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'resources', namespace: NAMESPACE },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'resources' },
      subjects,
    });
  }

  async revoke(): Promise<void> {
    await this.#plane.admin.delete(`${RBAC}/rolebindings/resources`);
    await this.#plane.admin.delete(`${RBAC}/roles/resources`);
  }

  async create(kind: Kind, name: string, spec: object, metadata: object = {}): Promise<void> {
    await this.#plane.admin.create(collection(kind), objectOf(kind, name, { spec, metadata }));
  }

  /** Has the server judge an object without storing it. */
  async tryToCreate(kind: Kind, name: string, spec: object): Promise<void> {
    const path = `${collection(kind)}?dryRun=All`;
    await this.#plane.admin.create(path, objectOf(kind, name, { spec, metadata: {} }));
  }

  /** A JSON merge patch of the spec. */
  async change(kind: Kind, name: string, spec: object): Promise<void> {
    await this.#plane.admin.patch(`${collection(kind)}/${name}`, { spec });
  }

  async delete(kind: Kind, name: string): Promise<void> {
    await this.#plane.admin.delete(`${collection(kind)}/${name}`);
  }

  async get<T>(kind: Kind, name: string): Promise<T> {
    return await this.#plane.admin.get<T>(`${collection(kind)}/${name}`);
  }

  /** A Secret that peers may name. */
  async createPassword(name: string, password: string): Promise<void> {
    await this.#plane.admin.create(`/api/v1/namespaces/${NAMESPACE}/secrets`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: NAMESPACE },
      type: 'kubernetes.io/basic-auth',
      stringData: { username: '', password },
    });
  }

  async #established(): Promise<void> {
    for (const { metadata } of definitions()) {
      await eventually(`${metadata.name} is established`, async () => {
        const found = await this.#plane.admin.get<Definition>(`${DEFINITIONS}/${metadata.name}`);
        const conditions = found.status?.conditions ?? [];
        return conditions.some(({ type, status }) => type === 'Established' && status === 'True');
      });
    }
  }
}

function collection(kind: Kind): string {
  const [version, plural] = COLLECTIONS[kind];
  return `/apis/metallb.io/${version}/namespaces/${NAMESPACE}/${plural}`;
}

function objectOf(
  kind: Kind,
  name: string,
  { spec, metadata }: { readonly spec: object; readonly metadata: object },
): object {
  const [version] = COLLECTIONS[kind];
  return {
    apiVersion: `metallb.io/${version}`,
    kind,
    metadata: { name, namespace: NAMESPACE, ...metadata },
    spec,
  };
}

function definitions(): Definition[] {
  return readdirSync(CRDS)
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .map((file) => {
      const definition = load(readFileSync(`${CRDS}/${file}`, 'utf8')) as Definition;
      return { ...definition, spec: { ...definition.spec, conversion: { strategy: 'None' } } };
    });
}
