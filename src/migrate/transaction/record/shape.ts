import { isObject } from '../../../runtime/kube/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { RecordedObject } from './record.ts';

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

export function isRecorded(value: unknown): value is RecordedObject {
  if (!isObject(value)) return false;
  const { before, after } = value;
  return (
    ['apiVersion', 'kind', 'name'].every((name) => typeof value[name] === 'string') &&
    (before === undefined || isManifest(before)) &&
    (after === undefined || isManifest(after))
  );
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
