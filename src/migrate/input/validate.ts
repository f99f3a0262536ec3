import {
  type LegacyDocument,
  type LegacyOptions,
  findLegacyDocuments,
  readLegacyConfig,
} from '../../config-legacy/index.ts';
import type { Problem } from '../../runtime/model/index.ts';
import { validateResources } from './resources.ts';
import type { Validation } from './validation.ts';

/** Checks the one configuration that a text holds, in any form that people have one in, or the v0.13 resources. */
export function validate(text: string, options: LegacyOptions): Validation {
  const { documents, passedOver, problems } = findLegacyDocuments(text);
  if (documents.length === 0) {
    const resources = validateResources(text, options.mode);
    if (resources !== undefined) return resources;
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  if (documents.length === 0) {
    const objects = passedOver.map(({ kind, name }) => [kind, name].join(' ').trim()).join(', ');
    const message = `there is no configuration here, only: ${objects}`;
    return { kind: 'invalid', problems: [{ path: '', reason: 'no-configuration', message }] };
  }
  const document = choose(documents);
  if (document === undefined) return { kind: 'invalid', problems: [ambiguous(documents)] };
  return read(document, options);
}

/** The only one, or the only one with the name that the original looks for. */
function choose(documents: readonly LegacyDocument[]): LegacyDocument | undefined {
  const named = documents.filter(
    ({ origin }) => origin.kind === 'ConfigMap' && origin.name === 'config',
  );
  const candidates = documents.length === 1 ? documents : named;
  return candidates.length === 1 ? candidates[0] : undefined;
}

function ambiguous(documents: readonly LegacyDocument[]): Problem {
  const found = documents.map(({ origin, locate }) => {
    const { kind, namespace, name } = origin;
    const full = [namespace, name].filter((part) => part !== undefined).join('/');
    return `${[kind, full].join(' ').trim()} (line ${locate(1, 1).line})`;
  });
  const second = documents[1]?.locate(1, 1);
  const message = `there is more than one configuration here: ${found.join(', ')}`;
  return { path: '', reason: 'ambiguous-input', message, ...second };
}

function read(document: LegacyDocument, options: LegacyOptions): Validation {
  const reading = readLegacyConfig(document.text, options);
  const placed = (problem: Problem): Problem => inGivenText(problem, document);
  if (reading.kind === 'refused') {
    return { kind: 'invalid', problems: reading.problems.map(placed) };
  }
  return { kind: 'valid', config: reading.config, warnings: reading.warnings.map(placed) };
}

function inGivenText(problem: Problem, { locate }: LegacyDocument): Problem {
  const { line, column } = problem;
  return line === undefined ? problem : { ...problem, ...locate(line, column ?? 1) };
}
