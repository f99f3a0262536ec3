import { ByteReader, type Family, MalformedError, type Prefix } from '../../../net/index.ts';
import { WireFault, wireError } from '../fault.ts';
import type { Dialect, Update, UpdateFault } from '../message.ts';
import { type Judged, faultOf, judge } from './judge.ts';
import { type RawAttributes, readList } from './list.ts';
import { readPrefixes } from './prefix.ts';
import { type Reach, readReach, readUnreach } from './reach.ts';
import { AttributeCode } from './rule.ts';
import { readValues } from './value.ts';

/** Worst first. RFC 7606 §2 */
const SEVERITIES: readonly UpdateFault['severity'][] = [
  'disableFamily',
  'treatAsWithdraw',
  'attributeDiscard',
];

/** Reads an UPDATE without its header, four octets at least. RFC 4271 §4.3, §6.3, RFC 7606 */
export function readUpdate(body: Uint8Array, dialect: Dialect): Update {
  const fields = split(body);
  const withdrawn = readField(fields.withdrawn, 'Withdrawn Routes');
  const nlri = readField(fields.nlri, 'NLRI');
  const list = readList(fields.attributes);
  const judged = judge(nlri.length > 0 ? list.attributes : withoutNextHop(list), dialect);
  const reach = readRoutes(judged, AttributeCode.mpReach, readReach);
  const unreach = readRoutes(judged, AttributeCode.mpUnreach, readUnreach);
  const mpNextHop = reach?.kind === 'routes' ? reach.nextHop : undefined;
  const values = readValues(judged, dialect, mpNextHop);
  const reachable = nlri.length > 0 || reach !== undefined;
  const faults = [
    ...judged.faults,
    ...values.faults,
    ...unreadable(AttributeCode.mpReach, reach),
    ...unreadable(AttributeCode.mpUnreach, unreach),
    ...overrun(list),
    ...(reachable ? missing(judged, dialect, nlri.length > 0) : []),
  ].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  if (!reachable) requireReachable(list, faults);
  const routes = applied(faults, {
    withdrawn: [...withdrawn, ...prefixesOf(unreach)],
    announced: [...nlri, ...prefixesOf(reach)],
  });
  return {
    type: 'update',
    ...routes,
    attributes: routes.announced.length === 0 ? undefined : values.attributes,
    endOfRib: body.length === EMPTY_OCTETS ? 'ipv4' : endOfRib(fields, list, unreach),
    faults,
  };
}

interface Fields {
  readonly withdrawn: Uint8Array;
  readonly attributes: Uint8Array;
  readonly nlri: Uint8Array;
}

interface Routes {
  readonly withdrawn: readonly Prefix[];
  readonly announced: readonly Prefix[];
}

/** Two lengths of zero. RFC 4724 §2 */
const EMPTY_OCTETS = 4;

/** RFC 4271 §6.3: the lengths have to fit into the message. */
function split(body: Uint8Array): Fields {
  const reader = new ByteReader(body, 'UPDATE');
  try {
    const withdrawn = reader.bytes(reader.u16());
    const attributes = reader.bytes(reader.u16());
    return { withdrawn, attributes, nlri: reader.bytes(reader.remaining) };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new WireFault(wireError([3, 1], error.message));
  }
}

/** Without its prefixes nothing can be withdrawn in their stead, so that the session is to end. RFC 7606 §3(i), (j) */
function readField(octets: Uint8Array, field: string): readonly Prefix[] {
  const prefixes = readPrefixes(octets, 'ipv4');
  if (prefixes !== undefined) return prefixes;
  throw new WireFault(wireError([3, 10], `${field} with a prefix that is too long`));
}

/** NEXT_HOP is of the field NLRI; without that it says nothing. RFC 4760 §3 */
function withoutNextHop({ attributes }: RawAttributes): RawAttributes['attributes'] {
  return attributes.filter(({ code }) => code !== AttributeCode.nextHop);
}

function readRoutes(
  { sound }: Judged,
  code: number,
  read: (value: Uint8Array) => Reach,
): Reach | undefined {
  const attribute = sound.get(code);
  return attribute === undefined ? undefined : read(attribute.value);
}

function prefixesOf(reach: Reach | undefined): readonly Prefix[] {
  return reach?.kind === 'routes' ? reach.prefixes : [];
}

function unreadable(code: number, reach: Reach | undefined): UpdateFault[] {
  if (reach?.kind !== 'unreadable') return [];
  return [{ ...faultOf(code, 'disableFamily', reach.reason), family: reach.family }];
}

/** RFC 7606 §4: the length of the whole list holds, so that NLRI is found nonetheless. */
function overrun({ overrun: reason }: RawAttributes): UpdateFault[] {
  return reason === undefined ? [] : [{ severity: 'treatAsWithdraw', attribute: 0, reason }];
}

/** Well-known attributes that are to be with every route. RFC 7606 §3(d), RFC 4271 §5.1.5 */
function missing({ seen }: Judged, { internal }: Dialect, nlri: boolean): UpdateFault[] {
  const { origin, asPath, nextHop, localPref } = AttributeCode;
  return [origin, asPath, ...(nlri ? [nextHop] : []), ...(internal ? [localPref] : [])]
    .filter((code) => !seen.has(code))
    .map((code) => faultOf(code, 'treatAsWithdraw', 'missing'));
}

/**
 * Attributes of no route, and something wrong with them: the fault may have hidden MP_REACH_NLRI, so that nobody knows what
 * to withdraw. RFC 7606 §5.2
 */
function requireReachable(list: RawAttributes, faults: readonly UpdateFault[]): void {
  const [worst] = faults;
  if (worst === undefined || worst.severity === 'attributeDiscard') return;
  const alone = list.attributes.every(({ code }) => code === AttributeCode.mpUnreach);
  if (alone && list.overrun === undefined) return;
  throw new WireFault(wireError([3, 1], `${worst.reason}, and no route`));
}

/** What is left of the routes. RFC 7606 §2 */
function applied(faults: readonly UpdateFault[], { withdrawn, announced }: Routes): Routes {
  const disabled = new Set(faults.map(({ family }) => family));
  const kept = announced.filter(({ family }) => !disabled.has(family));
  return faults.some(({ severity }) => severity === 'treatAsWithdraw')
    ? { withdrawn: [...withdrawn, ...kept], announced: [] }
    : { withdrawn, announced: kept };
}

/** MP_UNREACH_NLRI of no route, and nothing else. RFC 4724 §2 */
function endOfRib(
  { withdrawn, nlri }: Fields,
  { attributes, overrun: reason }: RawAttributes,
  unreach: Reach | undefined,
): Family | undefined {
  if (withdrawn.length + nlri.length > 0 || attributes.length !== 1) return undefined;
  if (reason !== undefined || unreach?.kind !== 'routes') return undefined;
  return unreach.prefixes.length === 0 ? unreach.family : undefined;
}
