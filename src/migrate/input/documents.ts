import { type LegacyDocument, findLegacyDocuments } from '../../config-legacy/index.ts';
import type { Problem } from '../../runtime/model/index.ts';
import { bulkOf } from './bulk.ts';
import { type FoundResources, findResources } from './objects.ts';

/**
 * What a text holds, whichever form it is in: the one configuration of v0.10 to v0.12, the v0.13 resources, or both. At least
 * one of them is there. Positions count in `text`.
 */
export interface Documents {
  readonly kind: 'found';
  readonly text: string;
  readonly legacy?: LegacyDocument;
  readonly resources?: FoundResources;
  /** Why something of it could not be read, though it may be there. */
  readonly incomplete?: string;
}

/** The name of the ConfigMap that the original looks for, unless it is told another. */
export const CONFIG_MAP = 'config';

/** It holds nothing that configures, or nobody can say which of several is meant. */
export interface Unclear {
  readonly kind: 'unclear';
  readonly text: string;
  readonly problems: readonly Problem[];
}

/** What `findLegacyDocuments` says of a v0.13 resource. */
const RESOURCE = 'unsupported-input';

/**
 * Finds the configurations of a text, in any form that people have one in. Never throws.
 *
 * @param name - of the ConfigMap that is meant where there are several
 */
export function documentsOf(text: string, name: string = CONFIG_MAP): Documents | Unclear {
  const bulk = bulkOf(text);
  if (bulk !== undefined) return { kind: 'unclear', text, problems: [bulk] };
  const found = findLegacyDocuments(text);
  const unclear = (problems: readonly Problem[]): Unclear => ({ kind: 'unclear', text, problems });
  const others = found.problems.filter(({ reason }) => reason !== RESOURCE);
  if (others.length > 0) return unclear(others);
  if (found.problems.length === 0) {
    const legacy = choose(found.documents, name);
    return legacy === undefined ? unclear([whyNone(found)]) : { kind: 'found', text, legacy };
  }
  const resources = findResources(text);
  if ('problem' in resources) return unclear([resources.problem]);
  const documents = found.documents.filter((one) => hasText(one, name));
  if (documents.length === 0) return { kind: 'found', text, resources };
  const legacy = choose(documents, name);
  if (legacy === undefined) return unclear([ambiguous(documents)]);
  return { kind: 'found', text, legacy, resources };
}

/** The problem with its place in the text that the document was found in. */
export function inGivenText(problem: Problem, { locate }: LegacyDocument): Problem {
  const { line, column } = problem;
  return line === undefined ? problem : { ...problem, ...locate(line, column ?? 1) };
}

/** Beside resources a ConfigMap without the key is one of those that every namespace has. */
function hasText({ text, origin }: LegacyDocument, name: string): boolean {
  return text !== '' || origin.kind !== 'ConfigMap' || origin.name === name;
}

/** The only one, or the only one with the name that is looked for. */
function choose(documents: readonly LegacyDocument[], name: string): LegacyDocument | undefined {
  const named = documents.filter(
    ({ origin }) => origin.kind === 'ConfigMap' && origin.name === name,
  );
  const candidates = documents.length === 1 ? documents : named;
  return candidates.length === 1 ? candidates[0] : undefined;
}

function whyNone({ documents, passedOver }: ReturnType<typeof findLegacyDocuments>): Problem {
  if (documents.length > 0) return ambiguous(documents);
  const objects = passedOver.map(({ kind, name }) => [kind, name].join(' ').trim()).join(', ');
  const message = `there is no configuration here, only: ${objects}`;
  return { path: '', reason: 'no-configuration', message };
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
