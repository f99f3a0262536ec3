import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigMap, Container, Pod, Secret, Volume } from 'kubernetes-types/core/v1.d.ts';
import type { ApiClient } from '../api-client.ts';
import { CreateContainerConfigError } from './plan.ts';

/** One mount of a container: a folder or file of the machine, and where the container sees it. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

type Files = Readonly<Record<string, Buffer>>;

/** Writes the content of a pod's volumes below a folder, laid out as the kubelet lays it out. */
export async function makeVolumes(admin: ApiClient, pod: Pod, folder: string): Promise<void> {
  for (const volume of pod.spec?.volumes ?? []) {
    const root = join(folder, volume.name);
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, '..content'), { recursive: true });
    symlinkSync('..content', join(root, '..data'));
    for (const [name, content] of Object.entries(await filesOf(admin, pod, volume))) {
      writeFileSync(join(root, '..content', name), content, { mode: 0o644 });
      symlinkSync(join('..data', name), join(root, name));
    }
  }
}

/** Where a container of the pod sees its volumes. */
export function mountsOf({ volumeMounts = [] }: Container, folder: string): Mount[] {
  return volumeMounts.map(({ name, mountPath, subPath }) => ({
    source: subPath === undefined ? join(folder, name) : join(folder, name, subPath),
    target: mountPath,
  }));
}

async function filesOf(admin: ApiClient, { metadata }: Pod, volume: Volume): Promise<Files> {
  const { name, secret, configMap, emptyDir } = volume;
  const namespace = metadata?.namespace ?? '';
  if (emptyDir !== undefined) return {};
  if (secret !== undefined) {
    const path = `/api/v1/namespaces/${namespace}/secrets/${secret.secretName ?? ''}`;
    const found = await admin.find<Secret>(path);
    if (found === undefined) throw missing('secret', secret.secretName);
    return mapValues(found.data ?? {}, (text) => Buffer.from(text, 'base64'));
  }
  if (configMap === undefined) throw new Error(`volume ${name} is of a kind not known here`);
  const path = `/api/v1/namespaces/${namespace}/configmaps/${configMap.name ?? ''}`;
  const found = await admin.find<ConfigMap>(path);
  if (found === undefined) throw missing('configmap', configMap.name);
  return mapValues(found.data ?? {}, (text) => Buffer.from(text));
}

function missing(kind: string, name = ''): CreateContainerConfigError {
  return new CreateContainerConfigError(`${kind} "${name}" not found`);
}

function mapValues(values: Readonly<Record<string, string>>, of: (text: string) => Buffer): Files {
  return Object.fromEntries(Object.entries(values).map(([key, text]) => [key, of(text)]));
}
