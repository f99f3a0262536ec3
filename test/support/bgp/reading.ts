import { type Malformed, decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import type { Dialect, Update } from '../../../src/runtime/bgp/wire/message.ts';
import { type UpdateFields, updateMessage } from './octets.ts';

export const EXTERNAL: Dialect = { asnOctets: 4, internal: false };
export const INTERNAL: Dialect = { asnOctets: 4, internal: true };
export const OLD_SPEAKER: Dialect = { asnOctets: 2, internal: false };

export const ORIGIN = '40010100';
export const AS_PATH = '40020602010000fc01';
export const NEXT_HOP = '400304c0000201';
export const LOCAL_PREF = '40050400000064';
/** What every IPv4 route from another AS has. */
export const MANDATORY: string = ORIGIN + AS_PATH + NEXT_HOP;
export const HOST = '20cb007107';

/** The IPv6 prefix 2001:db8::/32 by 2001:db8::1, and without any. */
export const REACH = '800e1a0002011020010db8000000000000000000000001002020010db8';
export const UNREACH = '800f080002012020010db8';

export function readUpdate(fields: UpdateFields, dialect: Dialect = EXTERNAL): Update | Malformed {
  const message = decodeMessage(updateMessage(fields), dialect);
  if (message.type !== 'update' && message.type !== 'malformed') throw new Error(message.type);
  return message;
}

/** Routes as texts, and what was wrong. */
export function summary(message: Update | Malformed): object {
  if (message.type === 'malformed') {
    return { reset: `${message.error.code}/${message.error.subcode}` };
  }
  return {
    announced: message.announced.map(({ text }) => text),
    withdrawn: message.withdrawn.map(({ text }) => text),
    faults: message.faults.map(({ severity }) => severity),
  };
}

interface Summary {
  readonly announced: readonly string[];
  readonly withdrawn: readonly string[];
  readonly faults: readonly string[];
}

const ROUTE = '203.0.113.7/32';

/** What becomes of {@link HOST}: by no fault, one that withdraws it, one that does not matter to it. */
export const KEPT: Summary = { announced: [ROUTE], withdrawn: [], faults: [] };
export const WITHDRAWN: Summary = {
  announced: [],
  withdrawn: [ROUTE],
  faults: ['treatAsWithdraw'],
};
export const DISCARDED: Summary = { ...KEPT, faults: ['attributeDiscard'] };
