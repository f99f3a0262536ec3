/**
 * The configuration dialect of v0.13: seven kinds of custom resources of the group `metallb.io`.
 *
 * {@link readResources} turns a set of objects, as JSON and in any order, into the one model, or says what is
 * wrong with each of them. `objects/` reads JSON into the kinds' fields; `pools/`, `advertisements/`, `peers/` and
 * `modes/` hold the rules, in the original's order and words.
 *
 * @packageDocumentation
 */
export { type Interpretation, interpretResources } from './interpretation.ts';
export type { Resource } from './objects/collect.ts';
export type {
  CoverageSpec,
  PeerSpec,
  ProfileSpec,
  RouteSpec,
  SelectorSpec,
} from './objects/kinds.ts';
export { readResources } from './read.ts';
export type { ResourceMode, ResourceReading } from './reading.ts';
export type { ResourceKind, ResourceProblem, ResourceSet, SecretContent } from './resources.ts';
