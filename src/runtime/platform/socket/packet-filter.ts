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

/** What a frame must have, in the order of looking. */
type Condition = readonly [load: FilterInstruction, value: number];

/**
 * A program that accepts frames meeting every condition. A frame that still carries a VLAN id belongs to a network
 * that has no interface here: a packet socket sees it untagged, and an answer would leave into the wrong network.
 */
function accepting(conditions: readonly Condition[]): readonly FilterInstruction[] {
  const untagged: readonly FilterInstruction[] = [
    [LOAD_WORD, 0, 0, VLAN_TAG],
    [AND, 0, 0, VLAN_ID],
  ];
  const total = untagged.length + 1 + conditions.length * 2;
  const reject = total + 1;
  const program = [...untagged];
  const require = (value: number): void => {
    program.push([JUMP_IF_EQUAL, 0, reject - program.length - 1, value]);
  };
  require(0);
  for (const [load, value] of conditions) {
    program.push(load);
    require(value);
  }
  return [...program, [RETURN, 0, 0, WHOLE_FRAME], [RETURN, 0, 0, 0]];
}

const half = (offset: number): FilterInstruction => [LOAD_HALF, 0, 0, offset];
const byte = (offset: number): FilterInstruction => [LOAD_BYTE, 0, 0, offset];

/** ARP requests. */
export const ARP_REQUESTS: readonly FilterInstruction[] = accepting([
  [half(12), 0x0806],
  [half(20), 1],
]);

/** Neighbor Solicitations from this link: ICMPv6 of type 135 with hop limit 255. RFC 4861 §7.1.1 */
export const NEIGHBOR_SOLICITATIONS: readonly FilterInstruction[] = accepting([
  [half(12), 0x86dd],
  [byte(20), 58],
  [byte(21), 255],
  [byte(54), 135],
]);
