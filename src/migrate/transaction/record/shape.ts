import { isObject } from '../../../runtime/kube/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';

/** What a file or a Secret holds may have been edited by anyone: whether it has the shape of what was written. */
export function isManifest(value: unknown): value is Manifest {
  if (!isObject(value)) return false;
  const { apiVersion, kind, metadata } = value;
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    isObject(metadata) &&
    typeof metadata['name'] === 'string'
  );
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
