import type { PoolEntry } from '../../../config-legacy/index.ts';
import { type Pool, goQuote } from '../../../runtime/model/index.ts';
import { type Family, parsePrefix, parseRange } from '../../../runtime/net/index.ts';
import { type Draft, Fields, type Path } from './draft.ts';
import { LEGACY_NAME, type Making, RULES, RULES_OF_LEGACY, metadataOf } from './making.ts';
import { hasZerosInFront } from './zeros.ts';

/** A pool of the document, and what is known of it. */
export interface LegacyPool {
  readonly entry: PoolEntry;
  readonly source: Path;
  readonly pool: Pool;
  /** Of its object. */
  readonly name: string;
  readonly families: ReadonlySet<Family>;
}

/** From one family into the other: it is taken everywhere and holds no address. crd.md §2.2 */
const HOLDS_NOTHING = '0.0.0.0-ffff::';

/** An IPAddressPool. crd.md §1.1 */
export function draftPool(legacy: LegacyPool, making: Making, legacyRules: boolean): Draft {
  const { entry, source, name } = legacy;
  const fields = new Fields(source, ['spec']);
  const addresses = convertAddresses(legacy, fields, making);
  fields.set('addresses', addresses, 'addresses', entry.addresses);
  fields.set('autoAssign', entry['auto-assign']?.value, 'auto-assign', entry['auto-assign']);
  const avoid = entry['avoid-buggy-ips'];
  fields.set('avoidBuggyIPs', avoid?.value === true ? true : undefined, 'avoid-buggy-ips', avoid);
  const written = legacy.pool.name;
  const isRenamed = name !== written;
  const annotations = {
    ...(isRenamed && { [LEGACY_NAME]: written }),
    ...(legacyRules && making.target === 'metal-lb' && { [RULES]: RULES_OF_LEGACY }),
  };
  const named = {
    source: [...source, 'name'],
    span: entry.name?.span ?? entry.span,
  };
  if (isRenamed) warnOfName(legacy, named, making);
  const target = isRenamed ? ['metadata', 'annotations', LEGACY_NAME] : ['metadata', 'name'];
  const top = { source, span: entry.span, target: [] };
  return {
    manifest: {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: metadataOf(name, making.namespace, annotations),
      spec: fields.values,
    },
    origins: [top, { ...named, target }, ...fields.origins],
  };
}

function warnOfName(
  { pool, name }: LegacyPool,
  place: { readonly source: Path; readonly span: PoolEntry['span'] },
  { target, report }: Making,
): void {
  const message = `pool ${JSON.stringify(pool.name)} becomes ${name}, as no object can have its name`;
  const hint =
    target === 'metal-lb'
      ? 'Services may go on naming it as before'
      : `Services that name it in metallb.universe.tf/address-pool must be changed to ${name}`;
  report.warn({ ...place, reason: 'pool-renamed', message, hint });
}

/** As written, except for what readers of v0.13 refuse and v0.10 took: zeros in front, and ranges that are reversed. */
function convertAddresses(
  { entry, source }: LegacyPool,
  fields: Fields,
  { report }: Making,
): readonly string[] {
  const kept: string[] = [];
  entry.addresses?.items.forEach((written, index) => {
    const { value, span } = written;
    const text = addressText(value);
    if (text === undefined) {
      const message = `range ${goQuote(value)} is reversed and holds no address: it is left out`;
      const place = { source: [...source, 'addresses', index], span };
      report.warn({ ...place, reason: 'irrelevant-field-dropped', message });
      return;
    }
    fields.comesFrom(['addresses', index], written, ['addresses', kept.length]);
    kept.push(text);
  });
  return kept.length > 0 ? kept : [HOLDS_NOTHING];
}

/** Nothing for a reversed range. */
function addressText(text: string): string | undefined {
  if (!text.includes('-')) {
    return hasZerosInFront(text) ? (parsePrefix(text)?.text ?? text) : text;
  }
  const range = parseRange(text);
  if (range.kind === 'malformed') return text;
  if (range.order > 0) return undefined;
  return hasZerosInFront(text) ? `${range.first}-${range.last}` : text;
}
