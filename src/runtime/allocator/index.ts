/**
 * Who gets which address, and what a Service asks for. legacy.md §3.4–3.8.
 *
 * An {@link Allocator} never scans a pool: each pool numbers its allocatable addresses in order of
 * allocation, a trie of the numbers taken finds the lowest free one, and a second index finds the lowest
 * one that a Service may share. Memory follows the addresses in use.
 *
 * @packageDocumentation
 */
export { Allocator, type FamilyUsage, type Lease, type PoolUsage } from './allocator.ts';
export { type Claim, claimOf } from './claim.ts';
export {
  type Families,
  type FamiliesFound,
  type Refusal,
  familiesOf,
  quoted,
  refusal,
  requestOf,
} from './families.ts';
