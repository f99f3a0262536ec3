import type { BfdProfile } from '../../runtime/model/index.ts';
import type { Resource } from '../objects/collect.ts';
import type { ProfileSpec } from '../objects/kinds.ts';

/** The BFD profiles by name, what is not written filled in as FRR fills it. crd.md §1.6 */
export function parseProfiles(resources: readonly Resource<ProfileSpec>[]): readonly BfdProfile[] {
  return resources.map(({ name, spec }) => ({
    name,
    receiveIntervalMs: spec.receiveInterval ?? 300,
    transmitIntervalMs: spec.transmitInterval ?? 300,
    detectMultiplier: spec.detectMultiplier ?? 3,
    echoIntervalMs: spec.echoInterval ?? 50,
    echoMode: spec.echoMode ?? false,
    passiveMode: spec.passiveMode ?? false,
    minimumTTL: spec.minimumTtl ?? 254,
  }));
}
