import type { Labels } from '../../runtime/model/index.ts';

const RULES = 'metal-lb.io/rules';

/**
 * Whether an object is held to what v0.12 took of the same pool or advertisement, where v0.13.10 refuses it: IPv6 that is
 * not announced over BGP in native mode, echo mode of BFD beside IPv6, several local preferences for one route. Conversion
 * marks what needs it; no reader but ours looks. docs/adr/0021
 */
export function followsLegacyRules(annotations: Labels): boolean {
  return annotations[RULES] === 'v0.12';
}
