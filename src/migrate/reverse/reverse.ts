import {
  type ResourceProblem,
  type ResourceSet,
  interpretResources,
  readResources,
} from '../../config-crd/index.ts';
import {
  type LegacyMode,
  type ObjectComments,
  readLegacyConfig,
} from '../../config-legacy/index.ts';
import {
  type Compat,
  type Config,
  type ObjectReference,
  differences,
} from '../../runtime/model/index.ts';
import type { CommentedManifest } from '../manifests/manifest.ts';
import { writeCommented } from '../writing/index.ts';
import { movedComments, refusedFor } from './back.ts';
import { legacyDocument } from './document.ts';
import { startsWith } from './entry.ts';
import { type PasswordUse, lossesOf } from './limits.ts';
import { reversalWarnings } from './warnings.ts';

export interface ReverseOptions {
  /** The release that is to read the ConfigMap, and whose speaker's rules hold. */
  readonly compat: Compat;
  readonly mode: LegacyMode;
  /** Where the resources are, and the ConfigMap will be. */
  readonly namespace: string;
  readonly passwords: PasswordUse;
  /** Of the ConfigMap; `config` unless said otherwise. */
  readonly name?: string;
  /** The objects before a server filled in defaults, which are no words of people; those of the set unless given. */
  readonly written?: readonly unknown[];
  /** Comments of the objects and of the Secrets that peers name. */
  readonly comments?: readonly ObjectComments[];
}

export type Reversal =
  | {
      readonly kind: 'converted';
      /** The ConfigMap. */
      readonly manifest: CommentedManifest;
      /** The legacy document that is in it. */
      readonly text: string;
      readonly config: Config;
      readonly warnings: readonly ResourceProblem[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly ResourceProblem[] };

/** What fits into a ConfigMap, with room for its metadata. */
const LARGEST = 1_000_000;

/**
 * The ConfigMap of v0.10 to v0.12 that means what the resources mean, read back to prove it; or every reason why there is
 * none, each with its object and field. crd.md §4.5
 */
export function convertResources(set: ResourceSet, options: ReverseOptions): Reversal {
  const { namespace, compat, mode, name = 'config', comments: given = [] } = options;
  const reading = readResources(set, { namespace, mode });
  if (reading.kind === 'refused') return reading;
  const { config } = reading;
  const interpretation = interpretResources(options.written ?? set.objects, namespace);
  const losses = lossesOf(interpretation, config, options.passwords);
  if (losses.length > 0) return { kind: 'refused', problems: losses };
  const { value, links } = legacyDocument(interpretation, {
    ...{ config, compat, rankOf: rankIn(set), hasWords: wordsIn(given) },
  });
  const comments = movedComments(links, given);
  const isEmpty = Object.keys(value).length === 0 && comments.length === 0;
  const text = isEmpty ? '' : writeCommented(value, comments);
  const problems = proof(text, config, { compat, mode }).map((one) => refusedFor(one, links));
  if (problems.length > 0) return { kind: 'refused', problems };
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { config: text },
  };
  const warnings = [...reading.warnings, ...reversalWarnings(interpretation, config)];
  return { kind: 'converted', manifest: { manifest, comments: [] }, text, config, warnings };
}

/** Why the text does not mean what it should. */
function proof(
  text: string,
  config: Config,
  options: Pick<ReverseOptions, 'compat' | 'mode'>,
): readonly ResourceProblem[] {
  if (Buffer.byteLength(text) > LARGEST) {
    const message = `the configuration is longer than the ${LARGEST} octets that a ConfigMap holds`;
    return [{ path: '', reason: 'configmap-too-large', message }];
  }
  const reading = readLegacyConfig(text, options);
  if (reading.kind === 'refused') return reading.problems;
  const found = differences(config, reading.config, ['the resources', 'the ConfigMap']);
  return found.map((message) => ({ path: '', reason: 'not-equivalent', message }));
}

function wordsIn(given: readonly ObjectComments[]): (object: ObjectReference) => boolean {
  const spoken = given.filter(({ comments }) =>
    comments.some(({ path }) => !startsWith(path, ['spec', 'ipAddressPools'])),
  );
  const keys = new Set(spoken.map(({ object: { kind, name } }) => JSON.stringify([kind, name])));
  return ({ kind, name }) => keys.has(JSON.stringify([kind, name]));
}

/** The place of an object among those that were given. */
function rankIn({ objects }: ResourceSet): (kind: string, name: string) => number {
  const ranks = new Map<string, number>();
  objects.forEach((object, index) => {
    const { kind, metadata } = (object ?? {}) as { kind?: unknown; metadata?: { name?: unknown } };
    const key = JSON.stringify([kind, metadata?.name]);
    if (!ranks.has(key)) ranks.set(key, index);
  });
  return (kind, name) => ranks.get(JSON.stringify([kind, name])) ?? objects.length;
}
