import type { Keys } from './claim.ts';

/** Slots in ascending order. */
type Slots = bigint[];

interface Group {
  readonly slots: Slots;
  /** For each port in use, the slots on which it is: a part of `slots`. */
  readonly byPort: Map<string, Slots>;
}

/** Finds the lowest occupied slot that a newcomer may share, by its keys and ports. legacy.md §3.8. */
export class ShareableSlots {
  readonly #groups = new Map<string, Group>();

  /** Enters a slot, or further ports of one. Slots whose sharing key is empty are not kept. */
  add(slot: bigint, keys: Keys, ports: Iterable<string>): void {
    if (keys.sharingKey === '') return;
    const name = groupName(keys);
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = { slots: [], byPort: new Map() }));
    insert(group.slots, slot);
    for (const port of ports) {
      let slots = group.byPort.get(port);
      if (slots === undefined) group.byPort.set(port, (slots = []));
      insert(slots, slot);
    }
  }

  /** Removes ports from a slot that stays shareable. */
  removePorts(slot: bigint, keys: Keys, ports: Iterable<string>): void {
    const group = this.#groups.get(groupName(keys));
    for (const port of ports) {
      const slots = group?.byPort.get(port);
      if (slots === undefined) continue;
      remove(slots, slot);
      if (slots.length === 0) group?.byPort.delete(port);
    }
  }

  /** Removes a slot, on which exactly these ports are in use. */
  remove(slot: bigint, keys: Keys, ports: Iterable<string>): void {
    const name = groupName(keys);
    const group = this.#groups.get(name);
    if (group === undefined) return;
    this.removePorts(slot, keys, ports);
    remove(group.slots, slot);
    if (group.slots.length === 0) this.#groups.delete(name);
  }

  /** The lowest slot of the group on which none of the ports is in use. */
  lowest(keys: Keys, ports: readonly string[]): bigint | undefined {
    const group = this.#groups.get(groupName(keys));
    if (group === undefined) return undefined;
    const taken = ports
      .map((port) => group.byPort.get(port))
      .filter((slots) => slots !== undefined);
    let candidate = group.slots[0];
    for (let settled = false; !settled && candidate !== undefined;) {
      settled = true;
      for (const slots of taken) {
        const next: bigint | undefined = nextWithout(group.slots, slots, candidate);
        if (next === candidate) continue;
        settled = false;
        candidate = next;
        if (candidate === undefined) break;
      }
    }
    return candidate;
  }
}

/** The lowest of `all` from `from` on that is not among `part`, which is a part of `all`. */
function nextWithout(all: Slots, part: Slots, from: bigint): bigint | undefined {
  const start = rank(all, from);
  const offset = rank(part, from);
  // From here on part[offset + i] runs ahead of all[start + i] from the first slot missing in `part`.
  let low = 0;
  let high = all.length - start;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[start + middle] === part[offset + middle]) low = middle + 1;
    else high = middle;
  }
  return all[start + low];
}

function insert(slots: Slots, slot: bigint): void {
  const index = rank(slots, slot);
  if (slots[index] !== slot) slots.splice(index, 0, slot);
}

function remove(slots: Slots, slot: bigint): void {
  const index = rank(slots, slot);
  if (slots[index] === slot) slots.splice(index, 1);
}

/** How many slots are lower than `slot`. */
function rank(slots: Slots, slot: bigint): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((slots[middle] ?? slot) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}

function groupName({ sharingKey, backendKey }: Keys): string {
  return JSON.stringify([sharingKey, backendKey]);
}
