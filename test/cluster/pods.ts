import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, EnvVar, PodTemplateSpec, Secret } from 'kubernetes-types/core/v1.d.ts';
import { NAMESPACE, programFile, RunningProgram } from './installation.ts';
import type { ControlPlane } from './control-plane.ts';
import type { LanHost } from './network/lan.ts';

/** A DaemonSet or Deployment, as far as its pods go. */
interface Workload {
  readonly spec: { readonly template: PodTemplateSpec };
}

const ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How long the kubelet waits before it kills. */
export const GRACE = 2000;

/** Where a speaker runs: a host of the LAN, or, without `namespace`, this very network namespace. */
export type SpeakerHost = Pick<LanHost, 'name' | 'address'> & Partial<Pick<LanHost, 'namespace'>>;

/**
 * Starts the speaker of a host as its kubelet would start the container of the DaemonSet: arguments, environment and
 * capabilities from the applied manifest, credentials in the usual folder.
 *
 * @param nodeFlags - flags of Node, before the program
 */
export async function startSpeakerPod(
  plane: ControlPlane,
  { name, address, namespace }: SpeakerHost,
  nodeFlags: readonly string[] = [],
): Promise<RunningProgram> {
  const container = await containerOf(plane, 'daemonsets', 'speaker');
  const account = writeAccount(plane, `speaker-${name}`, await plane.token(NAMESPACE, 'speaker'));
  const downward = {
    'spec.nodeName': name,
    'status.hostIP': address,
    'status.podIP': address,
  };
  const program = [process.execPath, ...nodeFlags, programFile('speaker')];
  const command = contained(account, container, [...program, ...(container.args ?? [])]);
  const [enter, ...args] =
    namespace === undefined
      ? (['unshare', '--mount'] as const)
      : (['ip', 'netns', 'exec', namespace.name] as const);
  return new RunningProgram(enter, [...args, ...command], {
    log: join(plane.dir, `speaker-${name}.log`),
    env: {
      ...inCluster(plane, plane.address),
      ...(await environmentOf(plane, container, downward)),
    },
    metrics: `http://${address}:7472/metrics`,
  });
}

export interface ControllerPodOptions {
  /** What it starts with in place of a token of its own. */
  readonly token?: string;
  /** Flags of Node, before the program. */
  readonly nodeFlags?: readonly string[];
  /** Where it runs: beside the API server unless a host of the LAN is named. */
  readonly host?: LanHost;
}

/** Starts the controller as the container of the Deployment. */
export async function startControllerPod(
  plane: ControlPlane,
  { token, nodeFlags = [], host }: ControllerPodOptions = {},
): Promise<RunningProgram> {
  const container = await containerOf(plane, 'deployments', 'controller');
  const granted = token ?? (await plane.token(NAMESPACE, 'controller'));
  const account = writeAccount(plane, 'controller-pod', granted);
  const program = [process.execPath, ...nodeFlags, programFile('controller')];
  const command = [...program, ...(container.args ?? [])];
  const [enter, ...args] =
    host === undefined
      ? (['unshare', '--mount'] as const)
      : (['ip', 'netns', 'exec', host.namespace.name] as const);
  const server = host === undefined ? '127.0.0.1' : plane.address;
  return new RunningProgram(enter, [...args, ...contained(account, container, command)], {
    log: join(plane.dir, 'controller-pod.log'),
    env: { ...inCluster(plane, server), ...(await environmentOf(plane, container, {})) },
    metrics: `http://${host?.address ?? '127.0.0.1'}:7472/metrics`,
  });
}

/** Puts another token where a running pod reads it, as the kubelet does before the old one ends. */
export function writeAccount(plane: ControlPlane, pod: string, token: string): string {
  const folder = join(plane.dir, `account-${pod}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'token'), token);
  writeFileSync(join(folder, 'ca.crt'), plane.access.ca);
  writeFileSync(join(folder, 'namespace'), NAMESPACE);
  return folder;
}

async function containerOf(plane: ControlPlane, kind: string, name: string): Promise<Container> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/${kind}/${name}`;
  const { spec } = await plane.admin.get<Workload>(path);
  const [container] = spec.template.spec?.containers ?? [];
  if (container === undefined) throw new Error(`${name} has no container`);
  return container;
}

async function environmentOf(
  plane: ControlPlane,
  container: Container,
  downward: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const variable of container.env ?? []) {
    environment[variable.name] = await valueOf(plane, variable, downward);
  }
  return environment;
}

async function valueOf(
  plane: ControlPlane,
  { value = '', valueFrom }: EnvVar,
  downward: Readonly<Record<string, string>>,
): Promise<string> {
  const { fieldRef, secretKeyRef } = valueFrom ?? {};
  if (fieldRef !== undefined) return downward[fieldRef.fieldPath] ?? '';
  if (secretKeyRef === undefined) return value;
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${secretKeyRef.name ?? ''}`;
  const { data } = await plane.admin.get<Secret>(path);
  return Buffer.from(data?.[secretKeyRef.key] ?? '', 'base64').toString('utf8');
}

function inCluster({ access }: ControlPlane, host: string): Record<string, string> {
  return { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: String(access.port) };
}

/** Runs a command with the account's folder in place and no capabilities but those the container asks for. */
function contained(account: string, container: Container, command: readonly string[]): string[] {
  const added = container.securityContext?.capabilities?.add ?? [];
  const bounds = ['-all', ...added.map((name) => `+${name.toLowerCase()}`)].join(',');
  const script = `mount --bind ${account} ${ACCOUNT_FOLDER} && exec setpriv --bounding-set=${bounds} --inh-caps=-all "$@"`;
  return ['bash', '-c', script, 'pod', ...command];
}
