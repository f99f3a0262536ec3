import { type LegacyDocument, commentsAround, objectComments } from '../../config-legacy/index.ts';
import type { Problem } from '../../runtime/model/index.ts';
import { type ConversionTarget, convertLegacy } from '../conversion/index.ts';
import { CONFIG_MAP, type Documents, type Unclear, inGivenText } from '../input/documents.ts';
import type { InputChoices } from '../input/input.ts';
import type { FoundResources } from '../input/objects.ts';
import { admitResources } from '../input/resources.ts';
import type { Comment, CommentedManifest } from '../manifests/manifest.ts';
import {
  type PasswordUse,
  convertResources,
  withLeadingComments,
  withoutDefaults,
} from '../reverse/index.ts';
import { MADE_BY } from '../writing/index.ts';
import { contents } from '../reporting/contents.ts';

/** What is to be made of an input, and how. */
export interface ConvertChoices extends InputChoices {
  readonly reverse?: boolean;
  readonly target: ConversionTarget;
  readonly passwords: PasswordUse;
  /** What the input is called, and the version of the command: for the header. */
  readonly file: string;
  readonly version: string;
}

/** Manifests that were read back and mean what the input means. */
export interface Converted {
  readonly kind: 'converted';
  readonly manifests: readonly CommentedManifest[];
  readonly header: readonly string[];
  readonly warnings: readonly Problem[];
  /** Whether this was the way back. */
  readonly reversed: boolean;
  /** Whether a password is in something other than a Secret. */
  readonly isConfidential: boolean;
  /** What it was made of, as in `3 pools and 1 peer`. */
  readonly source: string;
}

/** Positions count in the text of the input. */
export type ConvertedInput =
  Converted | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** Converts the configuration of an input; where a ConfigMap is beside resources, the one that the direction asks for. */
export function convertInput(
  documents: Documents | Unclear,
  choices: ConvertChoices,
): ConvertedInput {
  if (documents.kind === 'unclear') return { kind: 'refused', problems: documents.problems };
  const { legacy, resources, text } = documents;
  if (choices.reverse === true) {
    if (resources === undefined) {
      return missing('there are no v0.13 resources here to convert back');
    }
    return back(resources, text, choices);
  }
  if (legacy !== undefined) return forth(legacy, text, choices);
  return missing('here are v0.13 resources only, and no ConfigMap: --reverse converts them back');
}

function missing(message: string): ConvertedInput {
  return { kind: 'refused', problems: [{ path: '', reason: 'no-configuration', message }] };
}

function forth(document: LegacyDocument, text: string, choices: ConvertChoices): ConvertedInput {
  const { compat, mode, target } = choices;
  const namespace = document.origin.namespace ?? choices.namespace;
  const around = commentsAround(text, document.origin).filter(isOfPeople);
  const options = { compat, mode, target, namespace, around };
  const conversion = convertLegacy(document.text, options);
  const placed = (problem: Problem): Problem => inGivenText(problem, document);
  if (conversion.kind === 'refused') {
    return { kind: 'refused', problems: conversion.problems.map(placed) };
  }
  const { config, remarks } = conversion;
  const manifests = conversion.manifests.map(withLeadingComments);
  const warnings = conversion.warnings.map(placed);
  const header = [...headerOf(choices, `for ${target}`), ...remarks];
  const source = contents(config);
  return { kind: 'converted', manifests, header, warnings, source, ...FORWARD };
}

const FORWARD = { reversed: false, isConfidential: false } as const;

function back(found: FoundResources, text: string, choices: ConvertChoices): ConvertedInput {
  const { compat, mode, passwords } = choices;
  const { set, problems } = admitResources(found);
  if (problems.length > 0) return { kind: 'refused', problems: problems.map(found.place) };
  const namespace = found.resources.some(hasNamespace) ? found.namespace : choices.namespace;
  const comments = objectComments(text).map(({ object, comments: own }) => {
    return { object, comments: own.filter(isOfPeople) };
  });
  const written = found.resources.map(({ object }) =>
    choices.file === 'cluster' || isStored(object) ? withoutDefaults(object) : object,
  );
  const { configmap: name = CONFIG_MAP } = choices;
  const options = { compat, mode, namespace, name, passwords, comments, written };
  const reversal = convertResources(set, options);
  if (reversal.kind === 'refused') {
    return { kind: 'refused', problems: reversal.problems.map(found.place) };
  }
  const { manifest, config } = reversal;
  return {
    kind: 'converted',
    manifests: [manifest],
    header: headerOf(choices, `for ${compat}`),
    warnings: reversal.warnings.map(found.place),
    reversed: true,
    isConfidential: config.peers.some(({ password }) => password !== undefined),
    source: contents(config),
  };
}

/** As `kubectl get -o yaml` prints it. */
function isStored({ metadata }: FoundResources['resources'][number]['object']): boolean {
  return metadata !== undefined && 'uid' in metadata;
}

function hasNamespace({ object }: FoundResources['resources'][number]): boolean {
  return typeof object.metadata?.namespace === 'string';
}

/** The header of an output is not the author's; a later one says something else. */
function isOfPeople({ path, text }: Comment): boolean {
  return path.length > 0 || !text.startsWith(MADE_BY);
}

/** The same for the same input and the same choices. */
function headerOf({ version, file, compat, mode }: ConvertChoices, what: string): string[] {
  const named = file === '-' ? 'standard input' : file;
  const rules = `the rules of ${compat}${mode === 'none' ? '' : ` in ${mode} mode`}`;
  const original = file === '-' ? 'ORIGINAL' : file;
  return [
    `${MADE_BY} ${version} from ${named}, by ${rules}, ${what}.`,
    `It was read back and means the same. To check again: metal-migrate diff ${original} RESULT`,
  ];
}
