import {
  type Compat,
  type Config,
  type Problem,
  goQuote,
  nearest,
} from '../runtime/model/index.ts';
import { parseProfiles } from './rules/bfd.ts';
import { parseAliases } from './rules/community.ts';
import { type ConfigFile, documentSchema, keySince } from './rules/document.ts';
import { type LegacyMode, checkMode } from './rules/mode.ts';
import { type IdleRouterId, idleRouterIds, parsePeers } from './rules/peer.ts';
import { type EmptyBlock, parsePools } from './rules/pool.ts';
import { Refusal } from './rules/refusal.ts';
import { type SourceComment, commentsOf } from './source/comments.ts';
import { startOfLaterDocument } from './source/later.ts';
import { composeFirstDocument, firstDocumentOf, withPlainBreaks } from './yaml/compose.ts';
import { type UnmarshalError, decodeDocument } from './yaml/decode.ts';
import { YamlFault } from './yaml/fault.ts';
import { LineIndex, type Position } from './yaml/source.ts';
import type { Node } from './yaml/tree.ts';

export type LegacyReading =
  | {
      readonly kind: 'config';
      readonly config: Config;
      /** What the original took without a word and is probably not meant. */
      readonly warnings: readonly Problem[];
    }
  | {
      readonly kind: 'refused';
      /** The original's whole text. */
      readonly message: string;
      /** The first carries the whole text; each further one is a line of it of its own. */
      readonly problems: readonly Problem[];
    };

type Sound = Extract<LegacyReading, { readonly kind: 'config' }>;
type Refused = Extract<LegacyReading, { readonly kind: 'refused' }>;

export interface LegacyOptions {
  readonly compat: Compat;
  readonly mode: LegacyMode;
}

/** A sound document as it is written, for whoever writes it anew. */
export interface LegacySource {
  /** The decoded document: texts as spelled, each value with its place. */
  readonly file: ConfigFile;
  /** In the order of the document. */
  readonly comments: readonly SourceComment[];
  readonly positionAt: (offset: number) => Position;
  /** Where something stands that is not read, being a further document. */
  readonly laterDocument?: Position;
}

export type LegacySourceReading = (Sound & { readonly source: LegacySource }) | Refused;

/**
 * Reads the text under the key `config` of the ConfigMap as the release chosen by `compat` reads it.
 *
 * Checks run in the original's order and stop at the first that fails; only faults of decoding are
 * reported together. Never throws, whatever the text.
 */
export function readLegacyConfig(text: string, options: LegacyOptions): LegacyReading {
  const source = withPlainBreaks(text);
  return readSound(source, options, new LineIndex(source), () => ({}));
}

/** {@link readLegacyConfig}, with the document as it is written. */
export function readLegacySource(text: string, options: LegacyOptions): LegacySourceReading {
  const source = withPlainBreaks(text);
  const lines = new LineIndex(source);
  return readSound(source, options, lines, ({ file, root }) => {
    const first = firstDocumentOf(source);
    const later = startOfLaterDocument(source, first.length);
    return {
      source: {
        file,
        comments: commentsOf(first, root, lines),
        positionAt: (offset) => lines.positionAt(offset),
        ...(later !== undefined && { laterDocument: lines.positionAt(later) }),
      },
    };
  });
}

interface Decoded {
  readonly file: ConfigFile;
  readonly root: Node | undefined;
}

/** @param more - what is to be said of a sound document beside what it means */
function readSound<More extends object>(
  source: string,
  options: LegacyOptions,
  lines: LineIndex,
  more: (decoded: Decoded) => More,
): (Sound & More) | Refused {
  try {
    const root = composeFirstDocument(source);
    const { fields, errors } = decodeDocument(root, documentSchema(options.compat));
    if (errors.length > 0) return undecodable(errors, lines);
    // The schema has checked every field that the interface names.
    const file = fields as unknown as ConfigFile;
    return { ...normalize(file, options, lines), ...more({ file, root }) };
  } catch (error) {
    if (error instanceof YamlFault) {
      const message = `could not parse config: yaml: ${error.message}`;
      const { reason, span, path } = error;
      return refused(message, [{ path, reason, message, ...lines.positionAt(span.start) }]);
    }
    if (error instanceof Refusal) return broken(error, lines);
    throw error;
  }
}

function normalize(file: ConfigFile, { compat, mode }: LegacyOptions, lines: LineIndex): Sound {
  checkMode(file, mode, compat);
  const profiles = parseProfiles(file);
  const peers = parsePeers(file, profiles);
  const aliases = parseAliases(file, compat);
  const { pools, emptyBlocks } = parsePools(file, { aliases, compat });
  const config = { pools: pools.toSorted(byName), peers, bfdProfiles: profiles.toSorted(byName) };
  const warnings = [
    ...idleRouterIds(file).map((idle) => idleWarning(idle, lines)),
    ...emptyBlocks.map((block) => emptyWarning(block, lines)),
  ];
  return { kind: 'config', config, warnings };
}

function idleWarning({ flaw: message, path, span }: IdleRouterId, lines: LineIndex): Problem {
  return { path, reason: 'peer-idle-router-id', message, ...lines.positionAt(span.start) };
}

function emptyWarning({ pool, text, path, span }: EmptyBlock, lines: LineIndex): Problem {
  const found = `range ${goQuote(text)} in pool ${goQuote(pool)}`;
  const message = `${found} runs from one address family into the other and holds no address`;
  return { path, reason: 'pool-mixed-families', message, ...lines.positionAt(span.start) };
}

function broken({ message, fault }: Refusal, lines: LineIndex): Refused {
  const { path, reason, span, didYouMean } = fault;
  const hint = didYouMean === undefined ? {} : { didYouMean };
  return refused(message, [{ path, reason, message, ...lines.positionAt(span.start), ...hint }]);
}

function undecodable(errors: readonly UnmarshalError[], lines: LineIndex): Refused {
  const problems = errors.map((error) => unmarshalProblem(error, lines));
  const listed = problems.map(({ message }) => `\n  ${message}`).join('');
  const message = `could not parse config: yaml: unmarshal errors:${listed}`;
  return refused(message, [{ ...problems[0], message } as Problem, ...problems.slice(1)]);
}

function unmarshalProblem(error: UnmarshalError, lines: LineIndex): Problem {
  const { path, reason, text, span, unknown } = error;
  const position = lines.positionAt(span.start);
  const message = `line ${position.line}: ${text}`;
  return { path, reason, message, ...position, ...(unknown && unknownKeyHint(unknown)) };
}

function unknownKeyHint({
  struct,
  key,
}: NonNullable<UnmarshalError['unknown']>): Pick<Problem, 'didYouMean' | 'hint'> {
  const since = keySince(struct, key);
  if (since !== undefined) return { hint: `${key} is known since ${since}` };
  const didYouMean = nearest(key, Object.keys(struct.fields));
  return didYouMean === undefined ? {} : { didYouMean };
}

function refused(message: string, problems: readonly Problem[]): Refused {
  return { kind: 'refused', message, problems };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
