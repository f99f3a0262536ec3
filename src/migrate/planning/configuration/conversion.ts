import type { SecretContent } from '../../../config-crd/index.ts';
import type { CustomResourceDefinition } from '../../../config-crd/schema/index.ts';
import { isObject } from '../../../runtime/kube/index.ts';
import { type Problem, Secret } from '../../../runtime/model/index.ts';
import type { ClusterFacts } from '../../cluster/index.ts';
import { type Limits, convertLegacy } from '../../conversion/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { WantedObjects } from './wanted.ts';

export type ConvertedObjects =
  | ({ readonly kind: 'objects'; readonly remarks: readonly string[] } & Omit<
      WantedObjects,
      'prune'
    >)
  /** Positions count in the text. */
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** The objects that a legacy document becomes in this cluster, whose definitions may limit them. */
export function convertedFor(facts: ClusterFacts, document: string): ConvertedObjects {
  const { namespace, installation } = facts;
  const { compat } = installation;
  const conversion = convertLegacy(document, {
    compat: compat === 'v0.13' ? 'v0.12' : compat,
    // What only some speakers refuse is converted all the same, and told.
    mode: 'none',
    target: 'metal-lb',
    namespace,
    limits: limitsIn(facts),
  });
  if (conversion.kind === 'refused') return conversion;
  const manifests = conversion.manifests.map(({ manifest }) => manifest);
  const secrets = manifests.filter(({ kind }) => kind === 'Secret');
  return {
    kind: 'objects',
    resources: manifests.filter(({ kind }) => kind !== 'Secret'),
    secrets: new Map(secrets.map((secret) => [secret.metadata.name, contentOf(secret)])),
    remarks: conversion.warnings.map(({ message }) => message),
  };
}

function limitsIn({ definitions }: ClusterFacts): Limits {
  const byKind = new Map<string, CustomResourceDefinition>();
  for (const definition of definitions?.values() ?? []) {
    // An API server has nothing else under that name.
    if (!isObject(definition)) continue;
    const known = definition as unknown as CustomResourceDefinition;
    byKind.set(known.spec.names.kind, known);
  }
  return (kind) => byKind.get(kind);
}

function contentOf({ type = 'Opaque', data = {} }: Manifest): SecretContent {
  const { password } = data;
  if (password === undefined) return { type };
  return { type, password: new Secret(Buffer.from(password, 'base64').toString('utf8')) };
}
