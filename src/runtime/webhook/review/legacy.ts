import { type LegacyOptions, readLegacyConfig } from '../../../config-legacy/index.ts';
import { type Json, member } from '../../kube/index.ts';
import { type Problem, formatProblem } from '../../model/index.ts';
import type { AdmissionRequest, Verdict } from './admission.ts';

export interface LegacyReviewOptions extends LegacyOptions {
  readonly namespace: string;
  /** The ConfigMap that configures: `--config`. */
  readonly configMap: string;
}

const MOST_PROBLEMS = 10;

/**
 * Judges a write to the ConfigMap that configures; others are allowed unseen. What stays as it is is allowed too, so
 * that labels can be set on a ConfigMap that somebody broke before there was a webhook.
 */
export function reviewConfigMap(
  request: AdmissionRequest,
  { namespace, configMap, ...options }: LegacyReviewOptions,
): Verdict {
  const { operation, kind } = request;
  const ours =
    kind === 'ConfigMap' && request.namespace === namespace && request.name === configMap;
  const document = configOf(request.object);
  if (!ours || operation === 'DELETE' || document === undefined) return allowed();
  if (document === configOf(request.oldObject)) return allowed();
  const reading = readLegacyConfig(document, options);
  if (reading.kind === 'config') return allowed(reading.warnings.map(formatProblem));
  const place = `key config of ConfigMap ${namespace}/${configMap}`;
  const message = `${place}: ${told(reading.message, reading.problems)}`;
  return { kind: 'refused', message, warnings: [] };
}

/** One problem with its place first; of several the original's one text, then each place and what was meant. */
function told(message: string, problems: readonly Problem[]): string {
  const [first, ...others] = problems;
  if (first === undefined) return message;
  if (others.length === 0) return formatProblem(first);
  const places = problems.slice(0, MOST_PROBLEMS).map(placeOf);
  return `${message}\n${places.join('\n')}`;
}

function placeOf({ line, column, path, didYouMean, hint }: Problem): string {
  const place = line === undefined ? path : `line ${line}, column ${column ?? 1}: ${path}`;
  const meant = didYouMean === undefined ? '' : `: did you mean "${didYouMean}"?`;
  return `${place}${meant}${hint === undefined ? '' : `; ${hint}`}`;
}

/** The configuration that a ConfigMap holds; without the key it holds none. */
function configOf(object: Json): string | undefined {
  const found = member(member(object, 'data'), 'config');
  return typeof found === 'string' ? found : undefined;
}

function allowed(warnings: readonly string[] = []): Verdict {
  return { kind: 'allowed', warnings };
}
