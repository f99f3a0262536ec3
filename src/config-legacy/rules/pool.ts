import { type Compat, EVERYTHING, type Pool, goQuote, nearest } from '../../runtime/model/index.ts';
import { overlaps } from '../../runtime/net/index.ts';
import type { Span } from '../yaml/tree.ts';
import { type AddressBlock, parseAddressBlock } from './address.ts';
import { parseAdvertisements } from './advertisement.ts';
import type { Community } from './community.ts';
import type { ConfigFile, PoolEntry } from './document.ts';
import { type RuleReason, Refusal, within } from './refusal.ts';

/** A block that holds no addresses because its ends are of different families. product.md §5 #23 */
export interface EmptyBlock {
  readonly pool: string;
  readonly text: string;
  readonly path: string;
  readonly span: Span;
}

export interface ParsedPools {
  /** In the order written. */
  readonly pools: readonly Pool[];
  readonly emptyBlocks: readonly EmptyBlock[];
}

interface PoolRules {
  readonly aliases: ReadonlyMap<string, Community>;
  readonly compat: Compat;
}

interface PlacedBlock extends AddressBlock {
  readonly span: Span;
}

interface ParsedPool {
  readonly pool: Pool;
  readonly blocks: readonly PlacedBlock[];
}

/** The address pools. legacy.md §1.7 */
export function parsePools(file: ConfigFile, rules: PoolRules): ParsedPools {
  const parsed: ParsedPool[] = [];
  const names = new Set<string>();
  try {
    (file['address-pools']?.items ?? []).forEach((entry, index) => {
      const path = `address-pools[${index}]`;
      const prefix = `parsing address pool #${index + 1}: `;
      const pool = within(prefix, path, () => parsePool(entry, rules));
      within('', path, () => refuseKnownName(entry, pool.pool.name, names));
      names.add(pool.pool.name);
      parsed.push(pool);
    });
  } catch (error) {
    // The original looks for overlaps pool by pool: one among the pools before this one is found first.
    if (error instanceof Refusal) refuseOverlaps(parsed);
    throw error;
  }
  refuseOverlaps(parsed);
  return { pools: parsed.map(({ pool }) => pool), emptyBlocks: parsed.flatMap(emptyBlocksOf) };
}

function parsePool(entry: PoolEntry, rules: PoolRules): ParsedPool {
  const name = entry.name?.value ?? '';
  if (name === '') throw fault('missing pool name', 'pool-missing-name', at(entry, 'name'));
  const addresses = entry.addresses?.items ?? [];
  if (addresses.length === 0) {
    throw fault('pool has no prefixes defined', 'pool-no-addresses', at(entry, 'addresses'));
  }
  const blocks = addresses.map((address, index) =>
    within('', `addresses[${index}]`, () => ({
      ...parseAddressBlock(address, name, rules.compat),
      span: address.span,
    })),
  );
  const announcement = parseAnnouncement(entry, blocks, rules);
  const pool: Pool = {
    name,
    cidrs: blocks.flatMap(({ prefixes }) => prefixes),
    autoAssign: entry['auto-assign']?.value ?? true,
    avoidBuggyIPs: entry['avoid-buggy-ips']?.value ?? false,
    ...announcement,
  };
  return { pool, blocks };
}

function parseAnnouncement(
  entry: PoolEntry,
  blocks: readonly AddressBlock[],
  rules: PoolRules,
): Pick<Pool, 'layer2' | 'bgp'> {
  const protocol = entry.protocol?.value ?? '';
  const where = at(entry, 'protocol');
  switch (protocol) {
    case 'layer2':
      if ((entry['bgp-advertisements']?.items.length ?? 0) > 0) {
        const message =
          'cannot have bgp-advertisements configuration element in a layer2 address pool';
        const place = at(entry, 'bgp-advertisements');
        throw fault(message, 'pool-layer2-with-advertisements', place);
      }
      return { layer2: [{ nodeSelectors: [EVERYTHING], interfaces: [] }], bgp: [] };
    case 'bgp':
      return { layer2: [], bgp: parseAdvertisements(entry, { ...rules, blocks }) };
    case '': {
      const message = 'address pool is missing the protocol field';
      throw fault(message, 'pool-missing-protocol', where);
    }
    default:
      throw new Refusal(`unknown protocol ${goQuote(protocol)}`, {
        reason: 'pool-unknown-protocol',
        ...where,
        didYouMean: nearest(protocol, ['layer2', 'bgp']),
      });
  }
}

function refuseKnownName(entry: PoolEntry, name: string, names: ReadonlySet<string>): void {
  if (!names.has(name)) return;
  const message = `duplicate definition of pool ${goQuote(name)}`;
  throw fault(message, 'pool-duplicate-name', at(entry, 'name'));
}

function refuseOverlaps(parsed: readonly ParsedPool[]): void {
  const placed = parsed.flatMap(({ pool, blocks }, poolIndex) =>
    blocks.flatMap(({ prefixes, span }, index) =>
      prefixes.map((prefix) => ({
        prefix,
        span,
        pool: pool.name,
        path: `address-pools[${poolIndex}].addresses[${index}]`,
      })),
    ),
  );
  const [overlap] = overlaps(placed);
  if (overlap === undefined) return;
  const { later, earlier } = overlap;
  const found = `CIDR ${goQuote(later.prefix.text)} in pool ${goQuote(later.pool)}`;
  const message = `${found} overlaps with already defined CIDR ${goQuote(earlier.prefix.text)}`;
  throw fault(message, 'pool-overlap', later);
}

function emptyBlocksOf({ pool, blocks }: ParsedPool, poolIndex: number): EmptyBlock[] {
  return blocks.flatMap(({ text, span, mixedFamilies }, index) => {
    const path = `address-pools[${poolIndex}].addresses[${index}]`;
    return mixedFamilies ? [{ pool: pool.name, text, path, span }] : [];
  });
}

interface Place {
  readonly path: string;
  readonly span: Span;
}

function at(entry: PoolEntry, key: Exclude<keyof PoolEntry, 'span'>): Place {
  return { path: key, span: entry[key]?.span ?? entry.span };
}

function fault(message: string, reason: RuleReason, { path, span }: Place): Refusal {
  return new Refusal(message, { reason, path, span });
}
