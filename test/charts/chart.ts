import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { Container } from 'kubernetes-types/core/v1.d.ts';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface ReleaseOptions {
  readonly release?: string;
  readonly namespace?: string;
  readonly kubeVersion?: string;
  /** Whether Helm keeps the digits of numbers, as newer releases do in places, or makes them float64. */
  readonly digits?: boolean;
  /** What the cluster serves beside the usual, as group/version/Kind. */
  readonly apis?: readonly string[];
  /** What is in the cluster already, for templates that look it up; `helm template` finds nothing. */
  readonly live?: readonly object[];
}

/** What a cluster before Kubernetes 1.25 serves. */
export const PSP = 'policy/v1beta1/PodSecurityPolicy';

const VALUES = new URL('values/', import.meta.url);
const CHART = 'charts/metal-lb';
let built: string | undefined;

/** The values of test/charts/values, by name. */
export const valueSets: readonly string[] = readdirSync(VALUES)
  .map((file) => file.replace(/\.yaml$/, ''))
  .sort();

export function valueSet(name: string): string {
  return readFileSync(new URL(`${name}.yaml`, VALUES), 'utf8');
}

/** The manifests that `helm template` prints for these values. Throws what Helm refuses them with. */
export function renderText(values: string, options: ReleaseOptions = {}): string {
  const { status, stdout, stderr } = run(values, options);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

export function render(values: string, options: ReleaseOptions = {}): KubernetesObject[] {
  return loadAll(renderText(values, options)) as KubernetesObject[];
}

/** What Helm prints after an installation. */
export function renderNotes(values: string, options: ReleaseOptions = {}): string {
  const { status, stdout, stderr } = run(values, options, ['-notes']);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** What Helm refuses the values with; `undefined` when it takes them. */
export function refusalOf(values: string, options: ReleaseOptions = {}): string | undefined {
  const { status, stderr } = run(values, options);
  return status === 0 ? undefined : stderr;
}

/** The object of a kind whose name ends so. */
export function find(
  objects: readonly KubernetesObject[],
  kind: string,
  ending = '',
): KubernetesObject {
  const found = objects.find((object) => {
    return object.kind === kind && object.metadata.name.endsWith(ending);
  });
  if (found === undefined) throw new Error(`the chart renders no ${kind} ${ending}`);
  return found;
}

/** The one container of the pods of a workload. */
export function containerOf(
  objects: readonly KubernetesObject[],
  kind: 'Deployment' | 'DaemonSet',
): Container {
  const { spec } = (find(objects, kind) as Deployment | DaemonSet).spec?.template ?? {};
  const [container] = spec?.containers ?? [];
  if (container === undefined) throw new Error(`${kind} without containers`);
  return container;
}

/** The objects of a plain manifest. */
export function objectsIn(file: string): KubernetesObject[] {
  return loadAll(readFileSync(file, 'utf8')) as KubernetesObject[];
}

function run(
  values: string,
  {
    release = 'metallb',
    namespace = 'metallb-system',
    kubeVersion = 'v1.20.2',
    digits = false,
    apis = [PSP],
    live = [],
  }: ReleaseOptions,
  more: readonly string[] = [],
): { status: number | null; stdout: string; stderr: string } {
  const args = [
    ...['-chart', CHART, '-values', '-', '-release', release, '-namespace', namespace],
    ...['-kube-version', kubeVersion, '-api-versions', apis.join(',')],
    ...(digits ? ['-digits'] : []),
    ...more,
  ];
  const folder = mkdtempSync(join(tmpdir(), 'metal-lb-chart-'));
  try {
    const file = join(folder, 'live.yaml');
    writeFileSync(file, JSON.stringify(live));
    const options = { input: values, encoding: 'utf8' } as const;
    return spawnSync(renderer(), [...args, '-live', file], options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function renderer(): string {
  built ??= execFileSync('test/charts/build-renderer.sh', {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
  return built;
}
