import type { CustomResourceDefinition } from '../../../config-crd/schema/index.ts';
import type { Json } from '../../../runtime/kube/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { Rewrite } from '../record/record.ts';
import { SOURCE_ANNOTATION } from './annotation.ts';

/** One write of the transaction, as data: one request to the API server. Doing it twice does no harm. */
export type Step =
  | { readonly kind: 'install'; readonly definition: CustomResourceDefinition }
  /** Server-side apply; `force` where the object is our own and nobody else's. */
  | { readonly kind: 'apply'; readonly manifest: Manifest; readonly force: boolean }
  /** Puts an object back as it was; `version` is the one that it replaces, absent: there is none. */
  | { readonly kind: 'restore'; readonly manifest: Manifest; readonly version?: string }
  /** `uid`: only this very object. */
  | { readonly kind: 'delete'; readonly manifest: Manifest; readonly uid: string }
  /** Has the ConfigMap, in this version, yield to the resources for good. */
  | { readonly kind: 'yield'; readonly configMap: string; readonly version: string }
  /** Has it say again what it said of the sources, and, where `config` is given, of everything else. */
  | {
      readonly kind: 'enforce';
      readonly configMap: string;
      readonly version: string;
      readonly source: string | undefined;
      readonly config?: string;
    }
  | { readonly kind: 'uninstall'; readonly name: string; readonly uid: string }
  /** Has a Service's annotation say `to`; `version` is the Service's. */
  | {
      readonly kind: 'annotate';
      readonly rewrite: Rewrite;
      readonly to: string;
      readonly version: string;
    };

/** The cluster at one moment, as far as a record speaks of it. */
export interface Observed {
  /** Definitions of `metallb.io` by name. */
  readonly definitions: ReadonlyMap<string, Json>;
  /** By `Kind/name`. */
  readonly objects: ReadonlyMap<string, Json>;
  readonly configMap: Json;
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, Json>;
}

/** A step in a few words, for people. */
export function stepText(step: Step): string {
  switch (step.kind) {
    case 'install':
      return `installing CustomResourceDefinition ${step.definition.metadata.name}`;
    case 'uninstall':
      return `removing CustomResourceDefinition ${step.name}`;
    case 'apply':
      return `applying ${named(step.manifest)}`;
    case 'restore':
      return `putting back ${named(step.manifest)}`;
    case 'delete':
      return `deleting ${named(step.manifest)}`;
    case 'yield':
      return `ConfigMap ${step.configMap}: ${SOURCE_ANNOTATION}: resources`;
    case 'enforce':
      return `ConfigMap ${step.configMap}: ${SOURCE_ANNOTATION}: ${step.source ?? 'none'}${step.config === undefined ? '' : ', and its text as it was'}`;
    case 'annotate':
      return `Service ${step.rewrite.service}: ${step.rewrite.annotation}: ${step.to}`;
    default:
      return step satisfies never;
  }
}

function named({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}
