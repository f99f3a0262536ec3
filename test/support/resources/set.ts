import type { ResourceSet, SecretContent } from '../../../src/config-crd/index.ts';
import { type Labels, Secret } from '../../../src/runtime/model/index.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** A set as a cluster with just these objects has it: Nodes and Secrets among them, and all of them known. */
export function setOf(objects: readonly object[]): ResourceSet {
  const manifests = objects as readonly Manifest[];
  return {
    objects,
    secrets: new Map(
      manifests.filter(({ kind }) => kind === 'Secret').map((secret) => contentOf(secret)),
    ),
    nodes: labelsOf(manifests, 'Node'),
  };
}

/** Labels of the objects of a kind, by name. */
export function labelsOf(objects: readonly object[], wanted: string): ReadonlyMap<string, Labels> {
  return new Map(
    (objects as readonly Manifest[])
      .filter(({ kind }) => kind === wanted)
      .map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
  );
}

function contentOf({ metadata, type = '', data = {} }: Manifest): [string, SecretContent] {
  const password = data['password'];
  const text = password === undefined ? undefined : Buffer.from(password, 'base64').toString();
  return [metadata.name, { type, ...(text !== undefined && { password: new Secret(text) }) }];
}
