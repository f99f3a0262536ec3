import { type Json, elements, member, text } from '../kube/index.ts';

/** What is to be said of an object, but for since when. */
export interface Claim {
  readonly type: 'Accepted' | 'Advertised';
  readonly status: 'True' | 'False' | 'Unknown';
  /** In one word, for programs. */
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

/** A condition as metav1 declares it. */
export interface Condition extends Claim {
  /** RFC 3339, whole seconds, when `status` last changed. */
  readonly lastTransitionTime: string;
}

/** The longest message that a condition is given; the schema takes more. */
const LONGEST_MESSAGE = 1024;

/** An error class, as in `overlapping-cidr`, as one word that a condition's reason may be: `OverlappingCidr`. */
export function reasonWord(errorClass: string): string {
  const words = errorClass.split(/[^A-Za-z0-9]+/).filter((word) => /^[A-Za-z]/.test(word));
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('') || 'Refused';
}

/** Cut to what fits, on one line. */
export function conditionMessage(message: string): string {
  const line = message.replace(/\s*\n\s*/g, ' ');
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE - 3)}...`;
}

/** Whether the conditions already say all of it. */
export function saysAll(claims: readonly Claim[], known: readonly Json[]): boolean {
  return claims.every((claim) => {
    const condition = known.find((one) => member(one, 'type') === claim.type);
    return (
      condition !== undefined &&
      member(condition, 'status') === claim.status &&
      member(condition, 'reason') === claim.reason &&
      member(condition, 'message') === claim.message &&
      member(condition, 'observedGeneration') === claim.observedGeneration
    );
  });
}

/**
 * The conditions that say it, those of others kept. The time moves only with the status.
 *
 * @param now - RFC 3339
 */
export function renewed(
  claims: readonly Claim[],
  known: readonly Json[],
  now: string,
): readonly Json[] {
  const own = new Set<string>(claims.map(({ type }) => type));
  const others = known.filter((one) => !own.has(text(member(one, 'type'))));
  const ours = claims.map((claim): Condition => {
    const before = known.find((one) => member(one, 'type') === claim.type);
    const since = text(member(before, 'lastTransitionTime'));
    const same = member(before, 'status') === claim.status && since !== '';
    return { ...claim, lastTransitionTime: same ? since : now };
  });
  return [...others, ...ours];
}

/** The conditions of a status, whoever wrote them. */
export function conditionsIn(status: Json): readonly Json[] {
  return elements(member(status, 'conditions'));
}
