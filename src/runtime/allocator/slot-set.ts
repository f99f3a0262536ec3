/** Each node of the trie covers 32 slots, or 32 nodes of the level below. */
const DIGIT_BITS = 5;
const ALL = -1;

interface Node {
  /** Bit i: everything below digit i is in the set. */
  full: number;
  /** Below these digits something is in the set, and something is not. Leaves have none. */
  partial: Map<number, Node> | undefined;
}

/**
 * A set of slots, `0` up to a capacity of at most 2^128, that finds its lowest absent slot in a walk from
 * root to leaf. A 32-way trie; subtrees wholly in or wholly out take no memory.
 */
export class SlotSet {
  /** Levels above the leaves. */
  readonly #height: number;
  readonly #root: Node = emptyNode();

  constructor(capacity: bigint) {
    const digits = Math.ceil((capacity - 1n).toString(2).length / DIGIT_BITS);
    this.#height = Math.max(1, digits) - 1;
    // What lies beyond the capacity is never free.
    this.addRange(capacity, (1n << BigInt(DIGIT_BITS * (this.#height + 1))) - 1n);
  }

  add(slot: bigint): void {
    this.addRange(slot, slot);
  }

  /** Adds `first` to `last`, both included; nothing if reversed. */
  addRange(first: bigint, last: bigint): void {
    if (first <= last) fill(this.#root, this.#height, first, last);
  }

  delete(slot: bigint): void {
    clear(this.#root, this.#height, slot);
  }

  has(slot: bigint): boolean {
    let node = this.#root;
    for (let level = this.#height; ; level -= 1) {
      const digit = digitAt(slot, level);
      if (((node.full >>> digit) & 1) === 1) return true;
      const child = node.partial?.get(digit);
      if (child === undefined) return false;
      node = child;
    }
  }

  lowestAbsent(): bigint | undefined {
    let node = this.#root;
    if (node.full === ALL) return undefined;
    let slot = 0n;
    for (let level = this.#height; ; level -= 1) {
      const digit = lowestBit(~node.full);
      slot = (slot << BigInt(DIGIT_BITS)) | BigInt(digit);
      const child = node.partial?.get(digit);
      if (child === undefined) return slot << BigInt(DIGIT_BITS * level);
      node = child;
    }
  }
}

function fill(node: Node, level: number, first: bigint, last: bigint): void {
  const width = BigInt(DIGIT_BITS * level);
  const lastDigit = Number(last >> width);
  for (let digit = Number(first >> width); digit <= lastDigit; digit += 1) {
    if (((node.full >>> digit) & 1) === 1) continue;
    const start = BigInt(digit) << width;
    const end = start + (1n << width) - 1n;
    if (
      (first <= start && end <= last) ||
      fillBelow(node, digit, level, clip(first, last, start, end))
    ) {
      node.full |= 1 << digit;
      node.partial?.delete(digit);
    }
  }
}

/** Fills part of the subtree below `digit`, and says whether that made it full. */
function fillBelow(
  node: Node,
  digit: number,
  level: number,
  [first, last]: [bigint, bigint],
): boolean {
  node.partial ??= new Map();
  let child = node.partial.get(digit);
  if (child === undefined) node.partial.set(digit, (child = emptyNode()));
  fill(child, level - 1, first, last);
  return child.full === ALL;
}

/** `first` to `last` cut to the subtree `start` to `end`, counted from its start. */
function clip(first: bigint, last: bigint, start: bigint, end: bigint): [bigint, bigint] {
  return [(first < start ? start : first) - start, (last > end ? end : last) - start];
}

function clear(node: Node, level: number, slot: bigint): void {
  const digit = digitAt(slot, level);
  const wasFull = ((node.full >>> digit) & 1) === 1;
  node.full &= ~(1 << digit);
  if (level === 0) return;
  if (wasFull) (node.partial ??= new Map()).set(digit, { full: ALL, partial: undefined });
  const child = node.partial?.get(digit);
  if (child === undefined) return;
  clear(child, level - 1, slot);
  if (child.full === 0 && (child.partial?.size ?? 0) === 0) node.partial?.delete(digit);
}

function emptyNode(): Node {
  return { full: 0, partial: undefined };
}

function digitAt(slot: bigint, level: number): number {
  return Number((slot >> BigInt(DIGIT_BITS * level)) & 31n);
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
