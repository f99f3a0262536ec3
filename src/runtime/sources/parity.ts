import { differences } from '../model/index.ts';
import type { Finding } from './finding.ts';

/** Whether two sources say the same. */
export type Agreement =
  | { readonly kind: 'agree' }
  /** In an operator's words; never empty. */
  | { readonly kind: 'differ'; readonly differences: readonly string[] };

export interface Verdict {
  /** Which source is in force. */
  readonly chosen: 'legacy' | 'resources';
  /** Absent where there are not two to compare. */
  readonly agreement?: Agreement;
}

const SIDES = ['the ConfigMap', 'the resources'] as const;

/** A text without a pool, or none at all, configures nothing, as resources without a pool do. */
function configuresNothing(legacy: Finding): boolean {
  return legacy.kind === 'config' && legacy.config.pools.length === 0;
}

/**
 * The parity guard: which of two sources is in force. One that is alone is used. Of two, the resources are used once
 * they say what the ConfigMap says, and else the ConfigMap, unless it says itself that the resources are. product.md §2
 */
export function arbitrate(legacy: Finding, resources: Finding): Verdict {
  const forced = legacy.kind !== 'nothing' && legacy.origin.yields === true;
  // Resources that were asked for and are away for a moment must not bring the ConfigMap back.
  if (resources.kind === 'nothing') return { chosen: forced ? 'resources' : 'legacy' };
  if (legacy.kind === 'nothing' || configuresNothing(legacy)) return { chosen: 'resources' };
  const agreement = compare(legacy, resources);
  const chosen = forced || agreement.kind === 'agree' ? 'resources' : 'legacy';
  return { chosen, agreement };
}

function compare(legacy: Finding, resources: Finding): Agreement {
  const faults = [...faultsOf(legacy, SIDES[0]), ...faultsOf(resources, SIDES[1])];
  if (faults.length > 0) return { kind: 'differ', differences: faults };
  if (legacy.kind !== 'config' || resources.kind !== 'config') return { kind: 'agree' };
  const found = differences(legacy.config, resources.config, SIDES);
  return found.length === 0 ? { kind: 'agree' } : { kind: 'differ', differences: found };
}

/** Why what a source says cannot be compared. */
function faultsOf(finding: Finding, side: string): readonly string[] {
  switch (finding.kind) {
    case 'refused':
      return [`${side} cannot be used: ${finding.message}`];
    case 'unreadable':
      return [`${side} cannot be read: ${finding.message}`];
    case 'config':
      return (finding.unread ?? []).map((what) => `of ${side}, ${what} could not be read`);
    case 'nothing':
      return [`${side} say nothing`];
    default:
      return finding satisfies never;
  }
}
