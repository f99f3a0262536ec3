import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ownership } from '../../src/runtime/layer2/ownership.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';

const [a, b] = ['192.0.2.1', '192.0.2.2'] as [IpAddress, IpAddress];

test('setting the same again changes nothing and is undone by one delete', () => {
  const ownership = new Ownership();
  expect(ownership.set('ns/one', [a])).toEqual([{ type: 'own', address: a }]);
  expect(ownership.set('ns/one', [a, a])).toEqual([]);
  expect(ownership.count(a)).toBe(1);
  expect(ownership.delete('ns/one')).toEqual([{ type: 'disown', address: a }]);
  expect(ownership.count(a)).toBe(0);
  expect(ownership.delete('ns/one')).toEqual([]);
});

test('a shared address stays until the last of its Services goes', () => {
  const ownership = new Ownership();
  ownership.set('ns/one', [a]);
  expect(ownership.set('ns/two', [a])).toEqual([]);
  expect(ownership.count(a)).toBe(2);
  expect(ownership.delete('ns/one')).toEqual([]);
  expect(ownership.set('ns/two', [b])).toEqual([
    { type: 'disown', address: a },
    { type: 'own', address: b },
  ]);
});

test('an address is spoken for wherever one of its Services asks for it', () => {
  const ownership = new Ownership();
  expect(ownership.set('ns/one', [a], ['eth1'])).toEqual([
    { type: 'own', address: a, interfaces: ['eth1'] },
  ]);
  expect(ownership.owns(a, 'eth0')).toBe(false);
  expect(ownership.set('ns/two', [a], ['eth0', 'eth1'])).toEqual([
    { type: 'own', address: a, interfaces: ['eth0', 'eth1'] },
  ]);
  expect(ownership.set('ns/three', [a])).toEqual([{ type: 'own', address: a }]);
  expect(ownership.owns(a, 'eth7')).toBe(true);
  ownership.delete('ns/three');
  expect(ownership.delete('ns/two')).toEqual([{ type: 'own', address: a, interfaces: ['eth1'] }]);
  expect(ownership.owns(a, 'eth0')).toBe(false);
});

test('the changes told add up to what is owned, after any history', () => {
  const addresses = ['192.0.2.1', '192.0.2.2', '2001:db8::1'] as IpAddress[];
  const step = fc.record({
    service: fc.constantFrom('ns/one', 'ns/two', 'ns/three'),
    addresses: fc.option(fc.array(fc.constantFrom(...addresses), { maxLength: 4 })),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (history) => {
      const ownership = new Ownership();
      const told = new Set<string>();
      const claims = new Map<string, readonly string[]>();
      for (const { service, addresses: wanted } of history) {
        const changes = wanted ? ownership.set(service, wanted) : ownership.delete(service);
        if (wanted) claims.set(service, wanted);
        else claims.delete(service);
        for (const { type, address } of changes) {
          expect(told.has(address)).toBe(type === 'disown');
          if (type === 'own') told.add(address);
          else told.delete(address);
        }
        expect(told).toEqual(new Set([...claims.values()].flat()));
        expect(new Set(ownership.addresses())).toEqual(told);
      }
    }),
  );
});
