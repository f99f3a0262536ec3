/** What the CRDs fill in where nothing is written. crd.md §1.9 */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  autoAssign: true,
  avoidBuggyIPs: false,
  aggregationLength: 32,
  aggregationLengthV6: 128,
  peerPort: 179,
};

/** An object that a server has stored, without what it may have filled in itself. */
export function withoutDefaults(object: unknown): unknown {
  if (Array.isArray(object)) return object.map(withoutDefaults);
  if (typeof object !== 'object' || object === null) return object;
  const kept = Object.entries(object).filter(([key, value]) => {
    return !Object.hasOwn(DEFAULTS, key) || DEFAULTS[key] !== value;
  });
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutDefaults(value)]));
}
