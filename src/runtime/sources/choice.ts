/** What `--config-source` takes. product.md §2 */
export const SOURCE_KINDS = ['auto', 'configmap', 'resources', 'file'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** Where the configuration is read. */
export type SourceChoice =
  | { readonly kind: 'auto' | 'configmap' | 'resources' }
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
  return { kind };
}
