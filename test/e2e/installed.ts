import { afterAll, beforeAll } from 'vitest';
import { type ControlPlane, Kubectl, startControlPlane } from '../cluster/index.ts';

/** An object as the server has it. */
export interface Found {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: unknown;
}

/** The objects of an install by `kind name`. */
export interface Installed {
  /** The server's names for them, which a replaced object would not keep. */
  readonly uids: Readonly<Record<string, string>>;
  /** What they ask for, without what the server or kubectl writes of its own accord. */
  readonly objects: Readonly<Record<string, object>>;
}

/** The folder of the manifests. */
export const MANIFESTS = 'manifests/v0.12';
export const NATIVE: readonly string[] = files('namespace', 'metallb');
export const FRR: readonly string[] = files('namespace', 'metallb-frr');

const KINDS =
  'namespaces,serviceaccounts,clusterroles,clusterrolebindings,roles,rolebindings,configmaps,daemonsets,deployments';
const POLICIES = 'podsecuritypolicies';
const WRITTEN_BY_OTHERS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.daemonset.template.generation',
  'deployment.kubernetes.io/revision',
];

/** Arguments of kubectl that name our files. */
export function files(...names: readonly string[]): string[] {
  return names.flatMap((name) => ['-f', `${MANIFESTS}/${name}.yaml`]);
}

/** Arguments of kubectl that name the files of an original release. */
export function original(...releases: readonly string[]): string[] {
  return releases.flatMap((release) => ['-f', `test/fixtures/manifests/${release}.yaml`]);
}

/** A control plane of its own for a group of tests. */
export function ownCluster(options: Parameters<typeof startControlPlane>[0] = {}): {
  readonly plane: ControlPlane;
  readonly kubectl: Kubectl;
} {
  const cluster = {} as { plane: ControlPlane; kubectl: Kubectl };
  beforeAll(async () => {
    cluster.plane = await startControlPlane(options);
    cluster.kubectl = new Kubectl(cluster.plane);
  });
  afterAll(async () => cluster.plane.close());
  return cluster;
}

/** What fresh installs ask for, by the files of ours that made them. */
export async function freshInstalls(): Promise<Record<'native' | 'frr', Installed['objects']>> {
  const plane = await startControlPlane();
  try {
    const kubectl = new Kubectl(plane);
    await kubectl.must('create', ...NATIVE);
    const { objects: native } = await installed(kubectl);
    await kubectl.must('replace', '--force', ...files('metallb-frr'));
    const { objects: frr } = await installed(kubectl);
    return { native, frr };
  } finally {
    await plane.close();
  }
}

/** Whatever carries the label that every object of an install has. */
export async function installed(kubectl: Kubectl): Promise<Installed> {
  const resources = await kubectl.must('api-resources', '--api-group=policy', '-o', 'name');
  const known = resources.some((name) => name.startsWith(POLICIES));
  const kinds = known ? `${KINDS},${POLICIES}` : KINDS;
  const found = await kubectl.get<Found>(kinds, '--all-namespaces', '-l', 'app=metallb');
  const keyed = found.map((object) => [`${object.kind} ${object.metadata.name}`, object] as const);
  return {
    uids: Object.fromEntries(keyed.map(([key, { metadata }]) => [key, metadata.uid])),
    objects: Object.fromEntries(keyed.map(([key, object]) => [key, asked(object)])),
  };
}

/** What an object asks for. */
export function asked({ metadata, ...object }: Found): object {
  const { name, namespace, labels, annotations = {} } = metadata;
  const kept = Object.entries(annotations).filter(([key]) => !WRITTEN_BY_OTHERS.includes(key));
  const told = { name, namespace, labels, annotations: Object.fromEntries(kept) };
  return { ...object, metadata: told, status: undefined };
}
