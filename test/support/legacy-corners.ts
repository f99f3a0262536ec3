import fc from 'fast-check';

/** A legacy document as plain values; its JSON is YAML. */
export type Document = Readonly<Record<string, unknown>>;

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

/** Names that no object can have, that collide once they are made legal, and that others already have. */
const name = fc.constantFrom(
  ...[
    'harbor',
    'harbor-west',
    'Harbor West',
    'harbor_west',
    'HARBOR-WEST',
    '10',
    'rack.a',
    'rack..a',
  ],
  ...['-', '…', 'a-b', 'a', 'b', 'Größe', 'x'.repeat(253), 'x'.repeat(254), `${'y'.repeat(199)}_z`],
);

const requirement = fc.oneof(
  fc.record({
    key: fc.constantFrom('rack', 'zone'),
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.array(fc.constantFrom('r1', 'r2'), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    key: fc.constantFrom('rack', 'zone'),
    operator: fc.constantFrom('Exists', 'DoesNotExist'),
  }),
);
const selector = fc.record(
  {
    'match-labels': fc.dictionary(fc.constantFrom('rack', 'zone'), fc.constantFrom('r1', 'r2')),
    'match-expressions': fc.array(requirement, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

const peer = fc.record(
  {
    'my-asn': fc.constant(64500),
    'peer-asn': fc.constantFrom(64500, 64501, 4294967295),
    'peer-address': fc.constantFrom('192.0.2.1', '192.0.2.01', '2001:db8::', '::1', '192.0.2.2'),
    'source-address': fc.constantFrom('', '192.0.2.9'),
    'peer-port': fc.constantFrom(0, 179, 1790, 16384, 16385, 65535),
    'hold-time': fc.constantFrom('', '0', '-900ms', '3s', '3.5s', '90s', '65536s', '1h0.5s'),
    'keepalive-time': fc.constantFrom('', '0s', '500ms', '-1s', '-1500ms', '1s', '3s', '1.5s'),
    'router-id': fc.constantFrom('', '192.0.2.8'),
    'node-selectors': fc.array(selector, { maxLength: 3 }),
    password: fc.constantFrom('', '0123', 'hush', ' ü#x\n'),
    'bfd-profile': fc.constantFrom('', 'Fast_BFD', 'fast-bfd'),
    'ebgp-multihop': fc.boolean(),
  },
  { requiredKeys: ['my-asn', 'peer-asn', 'peer-address'] },
);

const alias = fc.constantFrom(
  'quiet',
  '',
  'acme:quiet',
  '1:1',
  '01:1',
  '2:2',
  'large:1:2:3',
  '__proto__',
);
const value = fc.constantFrom('1:1', '2:2', '02:2', '3:3', '65535:65535');

const advertisement = fc.record(
  {
    'aggregation-length': fc.constantFrom(-5, 0, 1, 24, 28, 32),
    'aggregation-length-v6': fc.constantFrom(-5, 0, 64, 124, 127, 128),
    localpref: fc.constantFrom(0, 1, 100, 4294967295),
    communities: fc.uniqueArray(fc.oneof(alias, value), { maxLength: 4 }),
  },
  { requiredKeys: [] },
);

/** Entries that no two slots share: of a family, of both, and of neither. */
const entries = (slot: number): fc.Arbitrary<readonly string[]> =>
  fc.subarray(
    [
      `198.51.${slot}.9/28`,
      `198.51.${slot}.16-198.51.${slot}.47`,
      ` 198.051.${slot}.64 - 198.51.${slot}.70`,
      `2001:db8:${slot}::/64`,
      `2001:DB8:${slot}:1::7-2001:db8:${slot}:1::9`,
      `198.51.${slot}.99-2001:db8::`,
    ],
    { minLength: 1, maxLength: 2 },
  );

const pools = fc.uniqueArray(name, { maxLength: 5 }).chain((names) =>
  fc.tuple(
    ...names.map((own, slot) =>
      fc.record({
        name: fc.constant(own),
        protocol: fc.constantFrom('layer2', 'bgp', 'bgp'),
        addresses: entries(slot),
        'auto-assign': maybe(fc.boolean()),
        'avoid-buggy-ips': maybe(fc.boolean()),
        'bgp-advertisements': maybe(fc.array(advertisement, { maxLength: 4 })),
      }),
    ),
  ),
);

/** All addresses there are, as one pool. */
const everything = fc.record({
  name,
  protocol: fc.constant('bgp'),
  addresses: fc.constantFrom(['0.0.0.0/0'], ['0.0.0.0-255.255.255.255', '::/0']),
  'bgp-advertisements': fc.constantFrom(
    [],
    [{ 'aggregation-length': 0, 'aggregation-length-v6': 0 }],
    [{ 'aggregation-length': 0, localpref: 5 }, { localpref: 6 }],
  ),
});

const profile = fc.record(
  {
    name: fc.constantFrom('Fast_BFD', 'fast-bfd', 'Slow'),
    'echo-mode': fc.boolean(),
    'passive-mode': fc.boolean(),
    'receive-interval': fc.constantFrom(10, 300, 60000),
    'minimum-ttl': fc.constantFrom(1, 254),
  },
  { requiredKeys: ['name'] },
);

const broad = fc.record(
  {
    peers: fc.array(peer, { maxLength: 4 }),
    'bgp-communities': fc.dictionary(alias, value, { maxKeys: 4 }),
    'address-pools': fc.oneof(
      { weight: 9, arbitrary: pools },
      { weight: 1, arbitrary: everything.map((pool) => [pool]) },
    ),
    'bfd-profiles': fc.uniqueArray(profile, { selector: (one) => one.name, maxLength: 3 }),
  },
  { requiredKeys: ['address-pools'] },
);

/** Documents in which the two dialects are apart; many of them are refused by the legacy rules already. */
export const cornerDocument: fc.Arbitrary<Document> = broad.map(
  (document) => withoutForeign(document) as Document,
);

/** What would be refused for reasons that have nothing to do with conversion. */
function withoutForeign(document: Record<string, unknown>): unknown {
  const profiles = (document['bfd-profiles'] ?? []) as readonly { name: string }[];
  const known = new Set(profiles.map((one) => one.name));
  const peers = (document['peers'] ?? []) as readonly Record<string, unknown>[];
  const pooled = document['address-pools'] as readonly Record<string, unknown>[];
  return JSON.parse(
    JSON.stringify({
      ...document,
      peers: peers.map((one) => ({
        ...one,
        ...(!known.has(one['bfd-profile'] as string) && { 'bfd-profile': '' }),
        ...(one['peer-asn'] === 64500 && { 'ebgp-multihop': false }),
      })),
      'address-pools': pooled.map((one) =>
        one['protocol'] === 'layer2' ? { ...one, 'bgp-advertisements': [] } : one,
      ),
    }),
  ) as unknown;
}
