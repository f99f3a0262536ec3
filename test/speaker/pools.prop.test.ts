import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipFromBits } from '../../src/runtime/net/index.ts';
import { summarize } from '../../src/runtime/net/prefix.ts';
import { prefixContains } from '../support/prefix-contains.ts';
import { PoolIndex } from '../../src/runtime/speaker/pools.ts';
import { config, pool } from '../support/speaker-facts.ts';

const BASE = 0xc0000200n;

/** Bounds of disjoint ranges inside 192.0.2.0/24, ascending. */
const bounds = fc
  .uniqueArray(fc.nat(255), { minLength: 2, maxLength: 20 })
  .map((numbers) => [...numbers].sort((a, b) => a - b));

test('the index finds the pool that a scan of every CIDR finds', () => {
  fc.assert(
    fc.property(bounds, fc.nat(255), (edges, offset) => {
      const pools = edges.flatMap((first, index) => {
        const last = edges[index + 1];
        if (index % 2 === 1 || last === undefined) return [];
        const cidrs = summarize(BASE + BigInt(first), BASE + BigInt(last), 'ipv4');
        return [
          pool(
            `p${index}`,
            cidrs.map(({ text }) => text),
          ),
        ];
      });
      const address = ipFromBits(BASE + BigInt(offset), 'ipv4');
      const scanned = pools.find(({ cidrs }) =>
        cidrs.some((cidr) => prefixContains(cidr, address)),
      );
      expect(new PoolIndex(config(...pools)).poolOf([address])?.name).toBe(scanned?.name);
    }),
  );
});
