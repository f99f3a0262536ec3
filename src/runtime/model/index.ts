/**
 * The language the rest of the program speaks: one immutable {@link Config} into which both configuration
 * dialects normalize, and the facts about Services, endpoints and nodes that decisions need.
 *
 * Nothing downstream of this package knows which dialect, or which Kubernetes API version, a value came from.
 *
 * @packageDocumentation
 */
export { type Compat, RELEASES, atLeast } from './compat.ts';
export type {
  BfdProfile,
  BgpAdvertisement,
  Config,
  Layer2Advertisement,
  Peer,
  Pool,
  ServiceAllocation,
} from './config.ts';
export type { ConfigConsumer, Acceptance } from './consumer.ts';
export { differences, isSameConfig } from './equivalence/config.ts';
export { printableConfig } from './print.ts';
export { type Problem, formatProblem } from './problem.ts';
export { Secret } from './secret.ts';
export {
  EVERYTHING,
  type Labels,
  type Requirement,
  type Selector,
  SELECTOR_OPERATORS,
  type SelectorOperator,
  anySelects,
  makeSelector,
} from './selector.ts';
export {
  type AnnouncedView,
  type EndpointView,
  type EventSink,
  type NamespaceView,
  type NodeView,
  type ObjectReference,
  type Remark,
  type ServicePort,
  type ServiceView,
  isServed,
} from './service.ts';
export { formatDuration, parseDuration, wholeSeconds } from './texts/duration.ts';
export { labelKeyFaults, labelValueFaults, valueCountFault } from './texts/label.ts';
export { nearest } from './texts/nearest.ts';
export { goQuote, goQuoteRune } from './texts/quote.ts';
export { routerIdFlaw } from './texts/router-id.ts';
export { parseUint } from './texts/uint.ts';
