/**
 * Announcing addresses on links: which node speaks for an address, which links are served, and when
 * unsolicited announcements are sent. legacy.md §4.3, §5.
 *
 * {@link elect} must give the same node on every speaker. The {@link Announcer} conducts a {@link LinkLayer}, which
 * answers requests by itself and is told only what changes: addresses gained and lost, responders wanted.
 *
 * @packageDocumentation
 */
export { Announcer } from './announcer.ts';
export {
  type Conflict,
  type ConflictKind,
  type ConflictObserver,
  type Rivals,
  describeConflict,
} from './conflict/conflict.ts';
export { elect, electionSubject } from './election.ts';
export type {
  AddressCounts,
  LinkEvents,
  LinkLayer,
  ResponderKey,
  Sighting,
  SightingForm,
  TrafficObserver,
} from './link-layer.ts';
export { namePattern } from './pattern/name-pattern.ts';
