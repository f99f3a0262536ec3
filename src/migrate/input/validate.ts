import {
  type LegacyDocument,
  type LegacyOptions,
  readLegacyConfig,
} from '../../config-legacy/index.ts';
import { type Problem, differences } from '../../runtime/model/index.ts';
import { type Documents, type Unclear, documentsOf, inGivenText } from './documents.ts';
import { validateResources } from './resources.ts';
import type { Beside, Validation } from './validation.ts';

/**
 * Checks the one configuration that a text holds, in any form that people have one in.
 *
 * @internal
 */
export function validate(text: string, options: LegacyOptions): Validation {
  return validateDocuments(documentsOf(text), options);
}

/** Checks what was found in a text; where a ConfigMap and v0.13 resources are in it, both. */
export function validateDocuments(
  documents: Documents | Unclear,
  options: LegacyOptions,
): Validation {
  if (documents.kind === 'unclear') return { kind: 'invalid', problems: documents.problems };
  const { legacy, resources } = documents;
  const older = legacy && validateLegacy(legacy, options);
  const newer = resources && validateResources(resources, options.mode);
  if (older !== undefined && newer !== undefined) return both(older, newer);
  const only = older ?? newer;
  if (only === undefined) throw new TypeError('neither a ConfigMap nor resources');
  return only;
}

/** As a cluster that has both takes them: the resources once they mean the same. product.md §2 */
function both(older: Validation, newer: Validation): Validation {
  if (older.kind === 'invalid' || newer.kind === 'invalid') {
    const problems = [older, newer].flatMap((one) => (one.kind === 'invalid' ? one.problems : []));
    return { kind: 'invalid', problems };
  }
  const found = differences(older.config, newer.config, ['the ConfigMap', 'the resources']);
  const beside: Beside = {
    counts: found.length === 0 ? 'resources' : 'ConfigMap',
    differences: found,
  };
  const { config } = beside.counts === 'resources' ? newer : older;
  return { kind: 'valid', config, warnings: [...older.warnings, ...newer.warnings], beside };
}

function validateLegacy(document: LegacyDocument, options: LegacyOptions): Validation {
  const reading = readLegacyConfig(document.text, options);
  const placed = (problem: Problem): Problem => inGivenText(problem, document);
  if (reading.kind === 'refused') {
    return { kind: 'invalid', problems: reading.problems.map(placed) };
  }
  return { kind: 'valid', config: reading.config, warnings: reading.warnings.map(placed) };
}
