import type { LegacyMode } from '../../../config-legacy/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import type { ConversionTarget } from '../conversion.ts';
import type { Report } from './report.ts';

/** What every part of a conversion has to know. */
export interface Making {
  readonly target: ConversionTarget;
  readonly mode: LegacyMode;
  readonly namespace: string;
  readonly report: Report;
}

/** Annotations, which our reader alone looks at. product.md §4 */
export const LEGACY_NAME = 'metal-lb.io/legacy-name';
export const HOLD_TIME = 'metal-lb.io/hold-time';
export const KEEPALIVE_TIME = 'metal-lb.io/keepalive-time';
export const AGGREGATION_LENGTH = 'metal-lb.io/aggregation-length';
/** Held to what v0.12 took, where v0.13 refuses it; the one value is that release. */
export const RULES = 'metal-lb.io/rules';
export const RULES_OF_LEGACY = 'v0.12';

type Metadata = Manifest['metadata'];

/** With annotations only where there are any. */
export function metadataOf(
  name: string,
  namespace: string,
  annotations: Readonly<Record<string, string>> = {},
): Metadata {
  return {
    name,
    namespace,
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}
