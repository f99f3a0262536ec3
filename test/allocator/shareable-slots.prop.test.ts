import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ShareableSlots } from '../../src/runtime/allocator/shareable-slots.ts';

const PORTS = ['TCP/53', 'UDP/53', 'TCP/80', 'TCP/443'];
const keys = { sharingKey: 'k', backendKey: '' };

test('the lowest slot that a newcomer may share is what a scan of all slots finds', () => {
  const occupied = fc.dictionary(fc.nat(30).map(String), fc.subarray(PORTS), { maxKeys: 20 });
  const wanted = fc.subarray(PORTS, { minLength: 1 });
  fc.assert(
    fc.property(occupied, wanted, fc.subarray(PORTS), (slots, ports, leaving) => {
      const index = new ShareableSlots();
      const entries = Object.entries(slots).map(([slot, used]) => [BigInt(slot), used] as const);
      for (const [slot, used] of entries) index.add(slot, keys, used);
      for (const [slot] of entries.slice(0, 5)) index.removePorts(slot, keys, leaving);
      for (const [slot, used] of entries.slice(15)) index.remove(slot, keys, used);
      const lowest = entries
        .slice(0, 15)
        .map(([slot, used], position) => {
          return [
            slot,
            position < 5 ? used.filter((port) => !leaving.includes(port)) : used,
          ] as const;
        })
        .filter(([, used]) => !used.some((port) => ports.includes(port)))
        .map(([slot]) => slot)
        .sort((a, b) => (a < b ? -1 : 1))[0];
      expect(index.lowest(keys, ports)).toBe(lowest);
    }),
  );
});
