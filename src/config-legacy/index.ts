/**
 * The configuration dialect of v0.10–v0.12: one YAML document under the key `config` of a ConfigMap.
 *
 * {@link readLegacyConfig} goes through three stages. `yaml/` reads a text as yaml.v2 does in strict mode: the
 * `yaml` package's syntax tree becomes a small one that keeps spelling and place, and a decoder walks it with
 * Go's target types in hand, because what a scalar means depends on both. `rules/` then checks the decoded
 * document in the original's order, each refusal in the original's words and with its place. What passes is
 * the model; {@link readLegacySource} gives the decoded document and its comments with it, found by `source/`.
 * {@link findLegacyDocuments} digs configurations out of whatever a person has at hand.
 *
 * @packageDocumentation
 */
export type { LegacyMode } from './rules/mode.ts';
export {
  type LegacyOptions,
  type LegacySource,
  readLegacyConfig,
  readLegacySource,
} from './read.ts';
export type {
  AdvertisementEntry,
  ConfigFile,
  PeerEntry,
  PoolEntry,
  ProfileEntry,
  RequirementEntry,
  SelectorEntry,
} from './rules/document.ts';
export type { SourceComment } from './source/comments.ts';
export { type LegacyDocument, findLegacyDocuments } from './documents/find.ts';
export {
  type ObjectComments,
  commentsAround,
  objectComments,
} from './documents/object-comments.ts';
export { pathText } from './yaml/path.ts';
export type { Position } from './yaml/source.ts';
