import { WireFault, wireError } from '../fault.ts';
import type { Dialect, UpdateFault } from '../message.ts';
import type { RawAttribute } from './list.ts';
import { AttributeCode, type AttributeRule, Flag, nameOf, ruleOf } from './rule.ts';

/** A list of attributes, judged without a look at the values. */
export interface Judged {
  /** Those whose flags and length are as they should be, by code; of MP_REACH_NLRI and MP_UNREACH_NLRI the length alone. */
  readonly sound: ReadonlyMap<number, RawAttribute>;
  /** Those that this speaker does not know. */
  readonly others: readonly RawAttribute[];
  /** All codes that stand in the list. */
  readonly seen: ReadonlySet<number>;
  readonly faults: readonly UpdateFault[];
}

/**
 * Flags, lengths, repetitions and senders of attributes. RFC 7606 §3, §4
 *
 * @throws WireFault - what resets the session: an unknown well-known attribute (RFC 4271 §6.3), MP_REACH_NLRI or
 *   MP_UNREACH_NLRI twice (RFC 7606 §3(g)) or too short to name its family (§5.3)
 */
export function judge(attributes: readonly RawAttribute[], dialect: Dialect): Judged {
  const sound = new Map<number, RawAttribute>();
  const others: RawAttribute[] = [];
  const seen = new Set<number>();
  const faults: UpdateFault[] = [];
  for (const attribute of attributes) {
    const rule = ruleOf(attribute.code);
    if (seen.has(attribute.code)) {
      faults.push(repeated(attribute));
    } else if (rule === undefined) {
      requireOptional(attribute);
      others.push(attribute);
    } else {
      const fault = judgeOne(attribute, rule, dialect);
      if (fault !== undefined) faults.push(fault);
      if (fault === undefined || isReach(attribute)) sound.set(attribute.code, attribute);
    }
    seen.add(attribute.code);
  }
  return { sound, others, seen, faults };
}

function judgeOne(
  attribute: RawAttribute,
  { flags, fits, severity, notFrom }: AttributeRule,
  dialect: Dialect,
): UpdateFault | undefined {
  const { code, value, whole } = attribute;
  if (notFrom?.(dialect) === true) {
    return faultOf(code, 'attributeDiscard', 'not to come from this peer');
  }
  if (!fits(value.length, dialect)) {
    if (isReach(attribute)) {
      const reason = `${nameOf(code)} of ${value.length} octets`;
      throw new WireFault(wireError([3, 9], reason, whole.slice()));
    }
    return faultOf(code, severity, `${value.length} octets long`);
  }
  const given = attribute.flags & (Flag.optional | Flag.transitive);
  if (given === flags) return undefined;
  // Also of those that are discarded for other faults: none says otherwise of its flags. RFC 7606 §3(c)
  return faultOf(code, 'treatAsWithdraw', `flags 0x${given.toString(16)}`);
}

function repeated(attribute: RawAttribute): UpdateFault {
  const { code } = attribute;
  if (isReach(attribute)) throw new WireFault(wireError([3, 1], `${nameOf(code)} twice`));
  return faultOf(code, 'attributeDiscard', 'more than once');
}

function requireOptional({ code, flags, whole }: RawAttribute): void {
  if ((flags & Flag.optional) !== 0) return;
  const reason = `attribute ${code} claims to be well-known`;
  throw new WireFault(wireError([3, 2], reason, whole.slice()));
}

function isReach({ code }: RawAttribute): boolean {
  return code === AttributeCode.mpReach || code === AttributeCode.mpUnreach;
}

/** A fault of an attribute, by its name. */
export function faultOf(
  attribute: number,
  severity: UpdateFault['severity'],
  problem: string,
): UpdateFault {
  return { severity, attribute, reason: `${nameOf(attribute)}: ${problem}` };
}
