import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { loadAll } from 'js-yaml';

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

function run(
  values: string,
  {
    release = 'metallb',
    namespace = 'metallb-system',
    kubeVersion = 'v1.20.2',
    digits = false,
    apis = [PSP],
  }: ReleaseOptions,
  more: readonly string[] = [],
): { status: number | null; stdout: string; stderr: string } {
  const args = [
    ...['-chart', CHART, '-values', '-', '-release', release, '-namespace', namespace],
    ...['-kube-version', kubeVersion, '-api-versions', apis.join(',')],
    ...(digits ? ['-digits'] : []),
    ...more,
  ];
  return spawnSync(renderer(), args, { input: values, encoding: 'utf8' });
}

function renderer(): string {
  built ??= execFileSync('test/charts/build-renderer.sh', {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
  return built;
}
