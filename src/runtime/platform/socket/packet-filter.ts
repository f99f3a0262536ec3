import type { FilterInstruction } from './libc.ts';

/** Loads, jumps and returns of classic BPF. */
const LOAD_WORD = 0x20;
const LOAD_HALF = 0x28;
const LOAD_BYTE = 0x30;
const AND = 0x54;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const WHOLE_FRAME = 0x40000;
/** SKF_AD_OFF + SKF_AD_VLAN_TAG: the tag the kernel took off the frame. */
const VLAN_TAG = 0xfffff000 + 44;
const VLAN_ID = 0x0fff;

/** What a frame must have, in the order of looking: one of the values. */
type Condition = readonly [load: FilterInstruction, ...values: number[]];

/**
 * A program that accepts frames meeting every condition. A frame that still carries a VLAN id belongs to a network
 * that has no interface here: a packet socket sees it untagged, and an answer would leave into the wrong network.
 */
function accepting(conditions: readonly Condition[]): readonly FilterInstruction[] {
  const checks: readonly Condition[] = [[[AND, 0, 0, VLAN_ID], 0], ...conditions];
  const program: FilterInstruction[] = [[LOAD_WORD, 0, 0, VLAN_TAG]];
  const length = checks.reduce((sum, { length: each }) => sum + each, program.length);
  const reject = length + 1;
  for (const [load, ...values] of checks) {
    program.push(load);
    for (const [index, value] of values.entries()) {
      const rest = values.length - 1 - index;
      const otherwise = rest === 0 ? reject - program.length - 1 : 0;
      program.push([JUMP_IF_EQUAL, rest, otherwise, value]);
    }
  }
  return [...program, [RETURN, 0, 0, WHOLE_FRAME], [RETURN, 0, 0, 0]];
}

const half = (offset: number): FilterInstruction => [LOAD_HALF, 0, 0, offset];
const byte = (offset: number): FilterInstruction => [LOAD_BYTE, 0, 0, offset];

/** ARP requests and replies. */
export const ARP_PACKETS: readonly FilterInstruction[] = accepting([
  [half(12), 0x0806],
  [half(20), 1, 2],
]);

/** Neighbor Solicitations and Advertisements from this link: hop limit 255. RFC 4861 §7.1.1, §7.1.2 */
export const NEIGHBOR_MESSAGES: readonly FilterInstruction[] = accepting([
  [half(12), 0x86dd],
  [byte(20), 58],
  [byte(21), 255],
  [byte(54), 135, 136],
]);
