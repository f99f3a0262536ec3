import type { Family, Prefix } from '../../net/index.ts';
import type { Attributes } from '../attributes.ts';

/** Prefixes that one UPDATE, or a few, tell: all with the same attributes, or all withdrawn. */
export interface Batch {
  readonly family: Family;
  /** Absent: withdrawn. */
  readonly attributes: Attributes | undefined;
  readonly prefixes: readonly Prefix[];
}
