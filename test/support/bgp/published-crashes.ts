import { bgpMessage, hex, openMessage, updateMessage } from './octets.ts';

/** A message that ended another daemon, or its sessions, and what the RFCs have a speaker do with it. */
export interface PublishedCrash {
  readonly name: string;
  readonly octets: Uint8Array;
  /** The NOTIFICATION that ends the session; else it stays. */
  readonly refusal?: { readonly code: number; readonly subcode: number };
  /** What is made of an UPDATE that does not end the session. RFC 7606 */
  readonly made?: {
    readonly announced: readonly object[];
    readonly withdrawn: readonly object[];
    readonly faults: readonly object[];
  };
}

const MANDATORY = '40010100 40020602010000fc01 400304c0000201';
const HOST = '20cb007107';
const ROUTE = { text: '203.0.113.7/32' };
const UNSPECIFIC = { code: 2, subcode: 0 };

function refusedOpen(name: string, parameters: string, refusal = UNSPECIFIC): PublishedCrash {
  return { name, octets: openMessage({ parameters }), refusal };
}

const OPENS: readonly PublishedCrash[] = [
  // A parameter of type 255 of whose three octets (with the extended length) only two, or one, are there.
  refusedOpen('CVE-2022-40302: extended parameters, cut within the length', '02 ff00'),
  refusedOpen('CVE-2022-40302: extended parameters, cut after the type', '01 ff'),
  refusedOpen('CVE-2022-40302: an extended parameter, cut within its length', 'ff ff 0002 02 00'),
  refusedOpen('CVE-2022-40302: an extended parameter, cut after its type', 'ff ff 0001 02'),
  // Length checks that hold for one form of the length, applied to the other.
  refusedOpen('CVE-2022-40318: an extended parameter longer than all', 'ff ff 0004 02 0005 02'),
  refusedOpen(
    'CVE-2022-40318: extended parameters longer than the OPEN',
    'ff ff ffff 02 0002 0200',
  ),
  refusedOpen('CVE-2022-40318: 255 in the place of a later type', '05 0200 ff 00 00', {
    code: 2,
    subcode: 4,
  }),
  // The message ends where the length of the parameters, or of the extended ones, is to stand.
  refusedOpen('CVE-2022-43681: the OPEN ends after the length of its parameters', '02'),
  refusedOpen('CVE-2022-43681: the OPEN ends after 255 parameters', 'ff'),
  refusedOpen('CVE-2022-43681: the OPEN ends after the extended type', 'ff ff'),
  {
    name: 'CVE-2022-43681: a header that claims an OPEN without the length of its parameters',
    octets: bgpMessage(1, openMessage().slice(19, 28)),
    refusal: { code: 1, subcode: 2 },
  },
];

/** After MP_REACH_NLRI there is all that a route has to have but NEXT_HOP, which the former holds. */
function reaching(name: string, reach: string): PublishedCrash {
  const attributes = `${reach} 40010100 40020602010000fc01`;
  const octets = updateMessage({ attributes });
  const made = { announced: [], withdrawn: [], faults: [{ severity: 'disableFamily' }] };
  return { name: `CVE-2023-46752: MP_REACH_NLRI with ${name}`, octets, made };
}

function unreadable(name: string, reach: string): PublishedCrash {
  const { octets } = reaching(name, reach);
  return { name: `CVE-2023-46752: ${name}`, octets, refusal: { code: 3, subcode: 9 } };
}

const REACHES: readonly PublishedCrash[] = [
  reaching('a next hop longer than the attribute', '800e05 0002 01 ff 00'),
  reaching('a next hop that leaves no reserved octet', `800e14 0002 01 10 ${'20'.repeat(16)}`),
  reaching('a prefix longer than the attribute', `800e16 0002 01 10 ${'20'.repeat(16)} 00 80`),
  reaching('a next hop of no octet', '800e05 0002 01 00 00'),
  unreadable('MP_REACH_NLRI of nothing', '800e00'),
  unreadable('MP_REACH_NLRI without all of its fixed part', '800e04 0002 01 00'),
  unreadable('MP_REACH_NLRI of one octet, with a long length', '900e0001 00'),
  {
    name: 'CVE-2023-46753: no attribute but an unknown one, and a route',
    octets: updateMessage({ attributes: `c01f10 ${'00'.repeat(16)}`, nlri: HOST }),
    made: {
      announced: [],
      withdrawn: [ROUTE],
      faults: [{ attribute: 1 }, { attribute: 2 }, { attribute: 3 }],
    },
  },
];

function passedOn(name: string, attribute: string, ...severity: readonly string[]): PublishedCrash {
  const isLost = severity.includes('treatAsWithdraw');
  return {
    name: `VU#347067: ${name}`,
    octets: updateMessage({ attributes: `${MANDATORY} ${attribute}`, nlri: HOST }),
    made: {
      announced: isLost ? [] : [ROUTE],
      withdrawn: isLost ? [ROUTE] : [],
      faults: severity.map((one) => ({ severity: one })),
    },
  };
}

/** Damaged attributes that somebody passes on. */
const PASSED_ON: readonly PublishedCrash[] = [
  passedOn('an entropy label, long withdrawn, that is cut', 'e01c00'),
  passedOn('a tunnel encapsulation of nothing', 'c01700'),
  passedOn('PMSI_TUNNEL of one octet', 'c01601 ff'),
  passedOn('BGP-LS of one octet', '801d01 ff'),
  passedOn('AIGP that says it is longer', '801a04 01ffff00'),
  passedOn('BGP Prefix-SID of one octet', 'c02801 ff'),
  passedOn('ATTR_SET of nothing', 'e08000'),
  passedOn('an attribute reserved for tests', 'e0ff03 ffffff'),
  passedOn('COMMUNITIES of three octets', 'e00803 ffffff', 'treatAsWithdraw'),
  passedOn('EXTENDED COMMUNITIES of one octet', 'e01001 ff', 'treatAsWithdraw'),
  passedOn('IPv6 EXTENDED COMMUNITIES of one octet', 'e01901 ff', 'treatAsWithdraw'),
  passedOn('LARGE_COMMUNITY of one octet', 'e02001 ff', 'treatAsWithdraw'),
  passedOn('AGGREGATOR of five octets', 'e00705 ffffffffff', 'attributeDiscard'),
  passedOn('AS4_AGGREGATOR of four octets', 'e01204 ffffffff', 'attributeDiscard'),
  passedOn('AS4_PATH of three octets', 'e01103 ffffff', 'attributeDiscard'),
  passedOn('ATOMIC_AGGREGATE of one octet', '400601 ff', 'attributeDiscard'),
];

/** As many attributes, and as many prefixes, as a message can hold. */
const FULL: readonly PublishedCrash[] = [
  {
    name: '1300 attributes',
    octets: updateMessage({ attributes: `${MANDATORY}${'c0fe00'.repeat(1300)}`, nlri: HOST }),
    made: {
      announced: [ROUTE],
      withdrawn: [],
      // Each but the first. RFC 7606 §3(g)
      faults: Array.from({ length: 1299 }, () => ({ attribute: 254 })),
    },
  },
  {
    name: '4073 prefixes',
    octets: bgpMessage(2, hex(`0fe9 ${'00'.repeat(4073)} 0000`)),
    made: {
      announced: [],
      withdrawn: Array.from({ length: 4073 }, () => ({ text: '0.0.0.0/0' })),
      faults: [],
    },
  },
];

export const PUBLISHED_CRASHES: readonly PublishedCrash[] = [
  ...OPENS,
  ...REACHES,
  ...PASSED_ON,
  ...FULL,
];
