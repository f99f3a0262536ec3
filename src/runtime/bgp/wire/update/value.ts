import { ByteReader, type IpAddress, ipFromBytes } from '../../../net/index.ts';
import type { AsPathSegment, Dialect, ReceivedAttributes, UpdateFault } from '../message.ts';
import { AS_TRANS, isConfederate, mergedPath, readAsPath } from './as-path.ts';
import { type Judged, faultOf } from './judge.ts';
import { AttributeCode, ruleOf } from './rule.ts';

/** RFC 4271 §5.1.1 */
const ORIGINS = ['igp', 'egp', 'incomplete'] as const;

/** What the values of attributes say, and what is wrong with them. RFC 7606 §7 */
export interface Values {
  readonly attributes: ReceivedAttributes;
  readonly faults: readonly UpdateFault[];
}

/** @param mpNextHop - of MP_REACH_NLRI */
export function readValues(
  judged: Judged,
  dialect: Dialect,
  mpNextHop: IpAddress | undefined,
): Values {
  const { sound, others } = judged;
  const faults: UpdateFault[] = [
    ...nobodysAggregate(sound, AttributeCode.aggregator, dialect.asnOctets),
    ...nobodysAggregate(sound, AttributeCode.as4Aggregator, 4),
  ];
  const attributes = {
    origin: readOrigin(sound, faults),
    asPath: readPath(judged, dialect, faults),
    nextHop: readNextHop(sound, faults) ?? mpNextHop,
    med: readNumber(sound, AttributeCode.med),
    localPref: readNumber(sound, AttributeCode.localPref),
    communities: readCommunities(sound),
    largeCommunities: readLargeCommunities(sound),
    others: others.map(({ code, flags, value }) => ({ code, flags, value: value.slice() })),
  };
  return { attributes, faults };
}

type Sound = Judged['sound'];

function readOrigin(sound: Sound, faults: UpdateFault[]): ReceivedAttributes['origin'] {
  const value = sound.get(AttributeCode.origin)?.value[0] ?? 0;
  const origin = ORIGINS[value];
  if (origin === undefined) faults.push(malformed(AttributeCode.origin, `value ${value}`));
  return origin ?? 'incomplete';
}

/** RFC 7606 §7.2; with what AS4_PATH adds, RFC 6793 §4.2.3. */
function readPath(
  { sound }: Judged,
  { asnOctets, internal }: Dialect,
  faults: UpdateFault[],
): readonly AsPathSegment[] {
  const path = readPathOf(sound, AttributeCode.asPath, asnOctets, faults);
  if (!internal && isConfederate(path)) {
    faults.push(malformed(AttributeCode.asPath, 'a confederation that this speaker is not in'));
  }
  if (!sound.has(AttributeCode.as4Path) || isReaggregated(sound)) return path;
  const as4Path = readPathOf(sound, AttributeCode.as4Path, 4, faults);
  return as4Path.length === 0 ? path : mergedPath(path, as4Path);
}

/** Empty if it is malformed. */
function readPathOf(
  sound: Sound,
  code: number,
  asnOctets: 2 | 4,
  faults: UpdateFault[],
): readonly AsPathSegment[] {
  const path = readAsPath(sound.get(code)?.value ?? new Uint8Array(), asnOctets);
  if (typeof path !== 'string') return path;
  faults.push(malformed(code, path));
  return [];
}

/** An old speaker aggregated after a new one: AS4_PATH is of before that. RFC 6793 §4.2.3 */
function isReaggregated(sound: Sound): boolean {
  const aggregator = sound.get(AttributeCode.aggregator)?.value;
  if (aggregator === undefined || !sound.has(AttributeCode.as4Aggregator)) return false;
  return new ByteReader(aggregator, 'AGGREGATOR').u16() !== AS_TRANS;
}

/** Of AS 0, which nobody is. RFC 7607 §2 */
function nobodysAggregate(sound: Sound, code: number, asnOctets: 2 | 4): UpdateFault[] {
  const asn = sound.get(code)?.value.subarray(0, asnOctets);
  return asn?.every((octet) => octet === 0) === true ? [malformed(code, 'AS number 0')] : [];
}

/** To be an address that a host may have: not 0.0.0.0, no multicast, nothing reserved. RFC 4271 §6.3 */
function readNextHop(sound: Sound, faults: UpdateFault[]): IpAddress | undefined {
  const value = sound.get(AttributeCode.nextHop)?.value;
  if (value === undefined) return undefined;
  const nextHop = ipFromBytes(value);
  if ((value[0] ?? 0) >= 224 || value.every((octet) => octet === 0)) {
    faults.push(malformed(AttributeCode.nextHop, `${nextHop} is no host`));
  }
  return nextHop;
}

function readNumber(sound: Sound, code: number): number | undefined {
  const value = sound.get(code)?.value;
  return value === undefined ? undefined : new ByteReader(value, 'attribute').u32();
}

/** RFC 1997 */
function readCommunities(sound: Sound): string[] {
  const value = sound.get(AttributeCode.communities)?.value ?? new Uint8Array();
  const reader = new ByteReader(value, 'COMMUNITIES');
  return Array.from({ length: value.length / 4 }, () => `${reader.u16()}:${reader.u16()}`);
}

/** RFC 8092 §3 */
function readLargeCommunities(sound: Sound): string[] {
  const value = sound.get(AttributeCode.largeCommunities)?.value ?? new Uint8Array();
  const reader = new ByteReader(value, 'LARGE_COMMUNITY');
  return Array.from(
    { length: value.length / 12 },
    () => `${reader.u32()}:${reader.u32()}:${reader.u32()}`,
  );
}

function malformed(code: number, problem: string): UpdateFault {
  return faultOf(code, ruleOf(code)?.severity ?? 'treatAsWithdraw', problem);
}
