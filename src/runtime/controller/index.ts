/**
 * Assigning addresses to Services. legacy.md §3.
 *
 * {@link converge} decides about one Service and says what follows as a value; {@link ServiceController}
 * feeds it changes in a fixed order and carries out what it says through ports. Its memory is the
 * Services' own status: after a restart, or beside another controller, everything that Services carry is
 * registered before anything is allocated, and of two Services with one address the older keeps it.
 *
 * @packageDocumentation
 */
export { ServiceController } from './controller.ts';
export { type Outcome, converge, isPublished } from './converge.ts';
export {
  type Registry,
  carriersFirst,
  carriesNew,
  registerExisting,
  statusOf,
} from './existing.ts';
export {
  type MemberlistSecret,
  type SecretStore,
  ensureMemberlistSecret,
} from './memberlist-secret.ts';
export type { ControllerObserver, HolderObserver, ServiceStatusWriter } from './ports.ts';
