import type { Container, EnvVar, Pod } from 'kubernetes-types/core/v1.d.ts';
import { capabilityNumbers } from './capabilities.ts';
import type { Limits } from './cgroup.ts';
import type { Image } from './images.ts';
import { quantity } from './quantity.ts';

/** Everything that starting a container takes, with nothing left to look up. */
export interface ContainerPlan {
  readonly root: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: number;
  readonly group: number;
  readonly capabilities: readonly number[];
  readonly readOnly: boolean;
  readonly noNewPrivileges: boolean;
  readonly limits: Limits;
}

/** What a pod's text refers to. Returns `undefined` for an object or key that is not there. */
export interface References {
  field(path: string): string | undefined;
  key(kind: 'configmaps' | 'secrets', object: string, key: string): Promise<string | undefined>;
}

/** Why a container cannot be made yet, as `kubectl get pods` shows it. */
export class CreateContainerConfigError extends Error {
  override readonly name = 'CreateContainerConfigError';
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export async function planContainer(
  pod: Pod,
  container: Container,
  image: Image,
  references: References,
): Promise<ContainerPlan> {
  const env = await environmentOf(container.env ?? [], references);
  const words = [
    ...(container.command ?? image.entrypoint),
    ...(container.args ?? (container.command === undefined ? image.command : [])),
  ];
  const { cpu, memory } = (container.resources?.limits ?? {}) as Record<string, string>;
  return {
    root: image.root,
    argv: words.map((word) => expand(word, env)),
    env: { PATH, HOSTNAME: hostName(pod), ...env },
    ...securityOf(pod, container, image),
    limits: {
      ...(cpu !== undefined && { cpu: quantity(cpu) }),
      ...(memory !== undefined && { memory: quantity(memory) }),
    },
  };
}

function hostName({ metadata, spec }: Pod): string {
  return (spec?.hostNetwork === true ? spec.nodeName : metadata?.name) ?? '';
}

type Security = Pick<
  ContainerPlan,
  'user' | 'group' | 'capabilities' | 'readOnly' | 'noNewPrivileges'
>;

function securityOf(
  { spec: { securityContext: whole = {} } = { containers: [] } }: Pod,
  { securityContext: own = {} }: Container,
  image: Image,
): Security {
  const { runAsUser: user = image.user, runAsNonRoot = false, runAsGroup } = { ...whole, ...own };
  if (runAsNonRoot && user === 0) {
    throw new CreateContainerConfigError('container has runAsNonRoot and image will run as root');
  }
  return {
    user,
    group: runAsGroup ?? (user === 0 ? 0 : (whole.fsGroup ?? 0)),
    capabilities: capabilityNumbers(own.capabilities),
    readOnly: own.readOnlyRootFilesystem === true,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
  };
}

async function environmentOf(
  variables: readonly EnvVar[],
  references: References,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const variable of variables) {
    const value = await valueOf(variable, references);
    if (value !== undefined) env[variable.name] = expand(value, env);
  }
  return env;
}

async function valueOf(
  { value, valueFrom }: EnvVar,
  references: References,
): Promise<string | undefined> {
  if (valueFrom === undefined) return value ?? '';
  const { fieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef !== undefined) return references.field(fieldRef.fieldPath);
  const selector = secretKeyRef ?? configMapKeyRef;
  if (selector === undefined) throw new CreateContainerConfigError('valueFrom is not known here');
  const kind = secretKeyRef === undefined ? 'configmaps' : 'secrets';
  const found = await references.key(kind, selector.name ?? '', selector.key);
  if (found === undefined && selector.optional !== true) {
    const what = kind === 'secrets' ? 'secret' : 'configmap';
    throw new CreateContainerConfigError(`${what} "${selector.name ?? ''}" not found`);
  }
  return found;
}

/** `$(NAME)` stands for a variable of the container; an unknown one stays as written. */
function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g,
    (whole, name: string) => env[name] ?? whole,
  );
}
