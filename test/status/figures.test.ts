import { describe, expect, test } from 'vitest';
import { Allocator } from '../../src/runtime/allocator/index.ts';
import { figuresOf, hasFigures } from '../../src/runtime/status/figures.ts';
import { claimOf } from '../../src/runtime/allocator/index.ts';
import type { Pool } from '../../src/runtime/model/index.ts';
import { ip, poolOf, serviceView } from '../support/views.ts';

function allocatorWith(addresses: readonly string[], over: Partial<Pool> = {}): Allocator {
  const allocator = new Allocator('v0.13');
  allocator.setPools([poolOf('teal', addresses, over)]);
  return allocator;
}

function figures(allocator: Allocator): object {
  return figuresOf(allocator.usage()[0]!);
}

function give(allocator: Allocator, name: string, ...addresses: readonly string[]): void {
  const claim = claimOf(serviceView(`shop/${name}`), undefined);
  expect(allocator.assign(claim, addresses.map(ip)).kind).toBe('leased');
}

describe('the figures of a pool', () => {
  test('count each family by itself, and what Services have of it', () => {
    const allocator = allocatorWith(['192.0.2.0/29', '2001:db8::/126']);
    give(allocator, 'web', '192.0.2.1', '2001:db8::1');
    give(allocator, 'mail', '192.0.2.2');
    expect(figures(allocator)).toEqual({
      assignedIPv4: 2,
      assignedIPv6: 1,
      availableIPv4: 6,
      availableIPv6: 3,
    });
    allocator.release('shop/web');
    expect(figures(allocator)).toMatchObject({ assignedIPv4: 1, assignedIPv6: 0 });
  });

  test('leave out the addresses that are passed over', () => {
    const allocator = allocatorWith(['192.0.2.0/24'], { avoidBuggyIPs: true });
    expect(figures(allocator)).toMatchObject({ assignedIPv4: 0, availableIPv4: 254 });
  });

  test('of more addresses than a JSON number counts end at the largest one', () => {
    const allocator = allocatorWith(['2001:db8::/64', '192.0.2.0/30']);
    give(allocator, 'web', '2001:db8::5');
    expect(figures(allocator)).toEqual({
      assignedIPv4: 0,
      assignedIPv6: 1,
      availableIPv4: 4,
      availableIPv6: Number.MAX_SAFE_INTEGER,
    });
  });

  test('survive an edit of the pool', () => {
    const allocator = allocatorWith(['192.0.2.0/30', '2001:db8::/126']);
    give(allocator, 'web', '192.0.2.1', '2001:db8::1');
    allocator.setPools([poolOf('teal', ['192.0.2.0/29', '2001:db8::/120'])]);
    expect(figures(allocator)).toEqual({
      assignedIPv4: 1,
      assignedIPv6: 1,
      availableIPv4: 7,
      availableIPv6: 255,
    });
  });
});

test('a status has figures only if it has all of them as they are', () => {
  const full = { assignedIPv4: 1, assignedIPv6: 0, availableIPv4: 7, availableIPv6: 0 };
  expect(hasFigures({ ...full, conditions: [] }, full)).toBe(true);
  expect(hasFigures({ ...full, assignedIPv4: 2 }, full)).toBe(false);
  expect(hasFigures({}, undefined)).toBe(true);
  expect(hasFigures(undefined, full)).toBe(false);
  expect(hasFigures(full, undefined)).toBe(false);
});
