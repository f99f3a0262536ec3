import type { LogFields } from '../platform/ports.ts';

/** What `--config-source` takes. product.md §2 */
export const SOURCE_KINDS = ['auto', 'configmap', 'resources', 'file'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** Where this release reads the configuration. */
export type SourceChoice =
  /** `notice`: to be said once in the log. */
  | { readonly kind: 'configmap'; readonly notice?: LogFields }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'refused'; readonly error: string };

/** @param file - `--config-file`, empty where it was not given */
export function chooseSource(kind: SourceKind, file: string): SourceChoice {
  if (kind === 'file') {
    if (file !== '') return { kind, path: file };
    return { kind: 'refused', error: '--config-source=file needs --config-file' };
  }
  if (file !== '') {
    return { kind: 'refused', error: '--config-file is read with --config-source=file only' };
  }
  switch (kind) {
    case 'configmap':
      return { kind };
    case 'auto': {
      const msg = 'this release reads the ConfigMap only, v0.13 resources are not looked at';
      return { kind: 'configmap', notice: { op: 'configSource', msg } };
    }
    case 'resources': {
      const error = 'this release does not read v0.13 resources yet: use --config-source=configmap';
      return { kind: 'refused', error };
    }
    default:
      return kind satisfies never;
  }
}
