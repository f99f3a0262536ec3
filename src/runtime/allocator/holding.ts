import { type Compat, atLeast } from '../model/index.ts';
import { type Footprint, type Keys, keysAgree } from './claim.ts';
import { type Refusal, refusal } from './families.ts';
import type { Place } from './pool-index.ts';

/** One address in use, and by whom. */
export interface Holding {
  /** Moves with the configuration. */
  place: Place;
  /** Those of the Service that came last. */
  keys: Keys;
  /** Port to Service. */
  readonly ports: Map<string, string>;
  readonly services: Set<string>;
}

/** Why a Service may not hold an address that is in use; `undefined` if it may. legacy.md §3.8. */
export function sharingConflict(
  holding: Holding,
  claim: Footprint,
  compat: Compat,
): Refusal | undefined {
  const others = [...holding.services].filter((service) => service !== claim.service).sort();
  if (!keysAgree(holding.keys, claim) && others.length > 0) {
    const because = atLeast(compat, 'v0.12') ? '' : `: ${disagreement(holding.keys, claim)}`;
    const inUse = `address also in use by ${others.join(',')}`;
    return refusal(`can't change sharing key for "${claim.service}", ${inUse}${because}`, others);
  }
  for (const port of claim.ports) {
    const holder = holding.ports.get(port);
    if (holder !== undefined && holder !== claim.service) {
      return refusal(`port ${port} is already in use on "${holding.place.address}"`, [holder]);
    }
  }
  return undefined;
}

function disagreement(existing: Keys, wanted: Keys): string {
  if (existing.sharingKey === '') return 'existing service does not allow sharing';
  if (wanted.sharingKey === '') return 'new service does not allow sharing';
  return existing.sharingKey === wanted.sharingKey
    ? `backend key "${wanted.backendKey}" does not match existing sharing key "${existing.sharingKey}"`
    : `sharing key "${wanted.sharingKey}" does not match existing sharing key "${existing.sharingKey}"`;
}
