import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type LegacyMode, readLegacyConfig } from '../../src/config-legacy/index.ts';
import type { Compat } from '../../src/runtime/model/index.ts';

interface Reader {
  readonly compat?: Compat;
  readonly mode?: LegacyMode;
}

function refusal(text: string, { compat = 'v0.12', mode = 'none' }: Reader = {}) {
  const reading = readLegacyConfig(text, { compat, mode });
  if (reading.kind === 'config') return 'accepted';
  const [{ reason, path, line, column } = { reason: '', path: '' }] = reading.problems;
  expect(reading.problems[0]?.message).toBe(reading.message);
  return [reason, reading.message, path, `${line}:${column}`];
}

const peer = (lines = '', address = '192.0.2.1') =>
  `peers:\n- my-asn: 64512\n  peer-asn: 64513\n  peer-address: ${address}\n${lines}`;
const pool = (lines: string) => `address-pools:\n- name: teal\n${lines}`;
const bgp = (advertisement: string, addresses = '[192.0.2.0/24]') =>
  pool(`  protocol: bgp\n  addresses: ${addresses}\n  bgp-advertisements:\n  - ${advertisement}\n`);
const selector = (text: string) => peer(`  node-selectors:\n  - ${text}\n`);
const undecoded = (...lines: string[]) =>
  `could not parse config: yaml: unmarshal errors:${lines.map((line) => `\n  ${line}`).join('')}`;

interface Row extends Reader {
  readonly group: string;
  readonly name: string;
  readonly text: string;
  readonly reason: string;
  readonly message: string;
  readonly path: string;
  readonly at: string;
}

const FIXTURE = new URL('../fixtures/legacy/texts.json', import.meta.url);
const rows = JSON.parse(readFileSync(FIXTURE, 'utf8')) as readonly Row[];

test.each(rows.map((row) => [row.group, row.name, row] as const))(
  'says what the original says of %s: %s',
  (_, __, { text, reason, message, path, at, ...reader }) => {
    expect(refusal(text, reader)).toEqual([reason, message, path, at]);
  },
);

describe('YAML faults (§1.3)', () => {
  test('faults of one decode are told together, in the order of the document', () => {
    const text = 'peers: 1\npools: 2\naddress-pools:\n- name: [a]\n  auto-assign: 5\n';
    const reading = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
    const lines = [
      'line 1: cannot unmarshal !!int `1` into []config.peer',
      'line 2: field pools not found in type config.configFile',
      'line 4: cannot unmarshal !!seq into string',
      'line 5: cannot unmarshal !!int `5` into bool',
    ];
    expect(reading).toMatchObject({
      kind: 'refused',
      message: undecoded(...lines),
      problems: [
        { message: undecoded(...lines), reason: 'yaml-type', line: 1, column: 8 },
        { message: lines[1], reason: 'unknown-field', line: 2, column: 1 },
        { message: lines[2], reason: 'yaml-type', line: 4, column: 9 },
        { message: lines[3], reason: 'yaml-type', line: 5, column: 16 },
      ],
    });
  });
});

describe('peers (§1.5)', () => {
  test.each([
    ['0', 0, 0],
    ['900ms', 0, 0],
    ['3999ms', 3, 1],
    ['1h1m1.5s', 3661, 1220.333333333],
    ['10s', 10, 3.333333333],
    ['100000s', 100000, 33333.333333333],
  ])('a hold time of %s is %d s, its third %d s', (text, hold, keepalive) => {
    const reading = readLegacyConfig(peer(`  hold-time: ${text}\n`), {
      compat: 'v0.12',
      mode: 'none',
    });
    expect(reading).toMatchObject({
      config: { peers: [{ holdTimeSeconds: hold, keepaliveTimeSeconds: keepalive }] },
    });
  });

  test('a block that ends with the text has no line break of its own', () => {
    expect(refusal(peer('  hold-time: |\n    90s'))).toBe('accepted');
    expect(refusal(peer('  hold-time: |\n    90s\n'))).toContain('peer-bad-hold-time');
  });

  test('peers that differ in one field, or in the order of a selector’s values, are two peers', () => {
    const values = (list: string) =>
      peer(`  node-selectors: [{match-expressions: [{key: a, operator: In, values: ${list}}]}]\n`);
    expect(refusal(values('[b, c]') + values('[c, b]').slice(7))).toBe('accepted');
    expect(refusal(peer() + peer('  password: x\n').slice(7))).toBe('accepted');
  });
});

describe('router ids (§6.6)', () => {
  test.each([
    ['0.0.0.0', 'router ID "0.0.0.0" identifies nobody and means nothing'],
    ['2001:db8::1', 'router ID "2001:db8::1" is not an IPv4 address and means nothing'],
  ])('%s is taken, means nothing, and is warned about', (id, message) => {
    const text = peer(`  router-id: '${id}'\n`);
    const reading = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
    const path = 'peers[0].router-id';
    expect(reading).toMatchObject({
      kind: 'config',
      config: { peers: [{ routerID: id }] },
      warnings: [{ reason: 'peer-idle-router-id', path, message }],
    });
    const [warning] = reading.kind === 'config' ? reading.warnings : [];
    const { line = 0, column = 0 } = warning ?? {};
    expect(text.split('\n')[line - 1]?.slice(column - 1)).toBe(`'${id}'`);
  });

  test('one that identifies a router is not warned about', () => {
    const text = peer("  router-id: '192.0.2.1'\n");
    const reading = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
    expect(reading).toMatchObject({ kind: 'config', warnings: [] });
  });
});

describe('pools and addresses (§1.7, §1.8)', () => {
  const entry = (text: string) => pool(`  protocol: layer2\n  addresses: ['${text}']\n`);

  test('a range from IPv4 to IPv6 is taken, holds nothing, and is warned about', () => {
    const reading = readLegacyConfig(entry('192.0.2.1-2001:db8::1'), {
      compat: 'v0.12',
      mode: 'none',
    });
    expect(reading).toMatchObject({
      kind: 'config',
      config: { pools: [{ cidrs: [] }] },
      warnings: [
        {
          reason: 'pool-mixed-families',
          path: 'address-pools[0].addresses[0]',
          line: 4,
          column: 15,
        },
      ],
    });
  });
});

describe('advertisements and communities (§1.10)', () => {
  test('an alias shadows the value that it is spelled like', () => {
    const text = `bgp-communities: {'1:1': '2:2'}\n${bgp("communities: ['1:1', '0010:5']")}`;
    expect(readLegacyConfig(text, { compat: 'v0.12', mode: 'none' })).toMatchObject({
      config: { pools: [{ bgp: [{ communities: ['2:2', '10:5'] }] }] },
    });
  });

  test('an unset list of communities is not an empty one', () => {
    expect(refusal(bgp('localpref: 1\n  - {localpref: 1, communities: []}'))).toBe('accepted');
  });
});

describe('the native validator (§1.11)', () => {
  test('holds under every release', () => {
    const text = pool("  protocol: bgp\n  addresses: ['2001:db8::/64']\n");
    expect(refusal(text, { mode: 'native', compat: 'v0.10' })).toContain('native-ipv6-pool');
    expect(refusal(text, { compat: 'v0.10' })).toBe('accepted');
  });
});

describe('the FRR validator (§1.11)', () => {
  const two = (lines: string, address = '192.0.2.2') =>
    peer('  router-id: 192.0.2.9\n') + peer(lines, address).slice(7);

  test('came with 0.12', () => {
    expect(refusal(two(''), { mode: 'frr', compat: 'v0.11' })).toBe('accepted');
  });
});

describe('older releases (§1.14)', () => {
  const newer: [string, string, Compat, Compat][] = [
    ['source-address', peer('  source-address: 192.0.2.5\n'), 'v0.11', 'v0.10'],
    ['keepalive-time', peer('  keepalive-time: 5s\n'), 'v0.12', 'v0.11'],
    ['bfd-profile', peer("  bfd-profile: ''\n"), 'v0.12', 'v0.11'],
    ['ebgp-multihop', peer('  ebgp-multihop: true\n'), 'v0.12', 'v0.11'],
    ['bfd-profiles', 'bfd-profiles: []\n', 'v0.12', 'v0.11'],
    ['aggregation-length-v6', bgp('aggregation-length-v6: 128'), 'v0.12', 'v0.11'],
  ];
  test.each(newer)(
    '%s is unknown before its release, and the hint says so',
    (key, text, since, before) => {
      expect(refusal(text, { compat: since })).toBe('accepted');
      const reading = readLegacyConfig(text, { compat: before, mode: 'none' });
      expect(reading).toMatchObject({
        kind: 'refused',
        problems: [{ reason: 'unknown-field', hint: `${key} is known since ${since}` }],
      });
      expect(reading).not.toHaveProperty('problems.0.didYouMean');
    },
  );

  const range = (text: string) => pool(`  protocol: layer2\n  addresses: [${text}]\n`);
  test.each([
    ['v0.10', '192.0.2.9-192.0.2.8', 'accepted'],
    ['v0.11', '192.0.2.9-192.0.2.8', 'pool-reversed-range'],
    ['v0.12', '192.0.2.9-192.0.2.8', 'pool-reversed-range'],
    ['v0.10', '192.0.2.9-192.0.2.9', 'accepted'],
    ['v0.11', '192.0.2.9-192.0.2.9', 'pool-reversed-range'],
    ['v0.12', '192.0.2.9-192.0.2.9', 'accepted'],
    ['v0.13', '192.0.2.9-192.0.2.9', 'accepted'],
  ] as const)('under %s the range %s is %s', (compat, text, outcome) => {
    expect([refusal(range(text), { compat })].flat()[0]).toBe(outcome);
  });

  test.each([bgp('localpref: 1\n  - localpref: 1'), bgp("communities: ['1:1', '1:1']")])(
    'what is given twice was taken before 0.12',
    (text) => {
      expect(refusal(text, { compat: 'v0.11' })).toBe('accepted');
      expect(refusal(text)).not.toBe('accepted');
    },
  );
});

test.each([
  ['peers:\n- my-asm: 1\n', 'my-asn'],
  ['address-pool: []\n', 'address-pools'],
  [selector('matchLabels: {}'), 'match-labels'],
  [pool('  addresses: [192.0.2.0/24]\n  protocol: Layer2\n'), 'layer2'],
  [selector('match-expressions: [{key: a, operator: notin}]'), 'NotIn'],
  [`bfd-profiles: [{name: quick}]\n${peer('  bfd-profile: qiuck\n')}`, 'quick'],
  [`bgp-communities: {vpn-only: "1:1"}\n${bgp('communities: [vpn_only]')}`, 'vpn-only'],
])('a near miss is told what was probably meant: %j', (text, meant) => {
  const reading = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
  expect(reading).toMatchObject({ problems: [{ didYouMean: meant }] });
});
