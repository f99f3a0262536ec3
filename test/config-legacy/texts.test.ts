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

type Row = readonly [
  name: string,
  text: string,
  reason: string,
  message: string,
  path: string,
  at: string,
];

function refuses(rows: readonly Row[], reader?: Reader): void {
  test.each(rows)('%s', (_, text, ...expected) => {
    expect(refusal(text, reader)).toEqual(expected);
  });
}

describe('YAML faults (§1.3)', () => {
  refuses([
    [
      'an unknown key',
      'pools: []\n',
      'unknown-field',
      undecoded('line 1: field pools not found in type config.configFile'),
      'pools',
      '1:1',
    ],
    [
      'an unknown key of a peer',
      peer('  as: 5\n'),
      'unknown-field',
      undecoded('line 5: field as not found in type config.peer'),
      'peers[0].as',
      '5:3',
    ],
    [
      'an unknown key of a selector',
      selector('matchLabels: {}'),
      'unknown-field',
      undecoded('line 6: field matchLabels not found in type config.nodeSelector'),
      'peers[0].node-selectors[0].matchLabels',
      '6:5',
    ],
    [
      'an unknown key of a requirement',
      selector('match-expressions: [{value: a}]'),
      'unknown-field',
      undecoded('line 6: field value not found in type config.selectorRequirements'),
      'peers[0].node-selectors[0].match-expressions[0].value',
      '6:26',
    ],
    [
      'an unknown key of a pool',
      pool('  cidr: []\n'),
      'unknown-field',
      undecoded('line 3: field cidr not found in type config.addressPool'),
      'address-pools[0].cidr',
      '3:3',
    ],
    [
      'an unknown key of an advertisement',
      bgp('med: 1'),
      'unknown-field',
      undecoded('line 6: field med not found in type config.bgpAdvertisement'),
      'address-pools[0].bgp-advertisements[0].med',
      '6:5',
    ],
    [
      'an unknown key of a profile',
      'bfd-profiles: [{ttl: 1}]',
      'unknown-field',
      undecoded('line 1: field ttl not found in type config.bfdProfile'),
      'bfd-profiles[0].ttl',
      '1:17',
    ],
    [
      'a key in other letters',
      'Peers: []',
      'unknown-field',
      undecoded('line 1: field Peers not found in type config.configFile'),
      'Peers',
      '1:1',
    ],
    [
      'bgpextras',
      'bgpextras: x',
      'unknown-field',
      undecoded('line 1: field bgpextras not found in type config.configFile'),
      'bgpextras',
      '1:1',
    ],
    [
      'a key given twice',
      'peers: []\npeers: []\n',
      'duplicate-key',
      undecoded('line 2: field peers already set in type config.configFile'),
      'peers',
      '2:1',
    ],
    [
      'an alias given twice',
      'bgp-communities:\n  a: 1:1\n  a: 1:2\n',
      'duplicate-key',
      undecoded('line 3: key "a" already set in map'),
      'bgp-communities.a',
      '3:6',
    ],
    [
      'a label given twice',
      selector('match-labels: {a: b, a: c}'),
      'duplicate-key',
      undecoded('line 6: key "a" already set in map'),
      'peers[0].node-selectors[0].match-labels.a',
      '6:29',
    ],
    [
      'a text for a list',
      'peers: none',
      'yaml-type',
      undecoded('line 1: cannot unmarshal !!str `none` into []config.peer'),
      'peers',
      '1:8',
    ],
    [
      'a mapping for a list',
      'address-pools: {a: b}',
      'yaml-type',
      undecoded('line 1: cannot unmarshal !!map into []config.addressPool'),
      'address-pools',
      '1:16',
    ],
    [
      'a list for a mapping',
      'bgp-communities: [a]',
      'yaml-type',
      undecoded('line 1: cannot unmarshal !!seq into map[string]string'),
      'bgp-communities',
      '1:18',
    ],
    [
      'a list for the document',
      '- a',
      'yaml-type',
      undecoded('line 1: cannot unmarshal !!seq into config.configFile'),
      '',
      '1:1',
    ],
    [
      'quoted digits for a number',
      peer("  peer-port: '179'\n"),
      'yaml-type',
      undecoded('line 5: cannot unmarshal !!str `179` into uint16'),
      'peers[0].peer-port',
      '5:14',
    ],
    [
      'a number for a truth',
      peer('  ebgp-multihop: 1\n'),
      'yaml-type',
      undecoded('line 5: cannot unmarshal !!int `1` into bool'),
      'peers[0].ebgp-multihop',
      '5:18',
    ],
    [
      'a quoted truth',
      pool('  auto-assign: "yes"\n'),
      'yaml-type',
      undecoded('line 3: cannot unmarshal !!str `yes` into bool'),
      'address-pools[0].auto-assign',
      '3:16',
    ],
    [
      'a negative number',
      'peers: [{my-asn: -1}]',
      'yaml-type',
      undecoded('line 1: cannot unmarshal !!int `-1` into uint32'),
      'peers[0].my-asn',
      '1:18',
    ],
    [
      'a number too large, shortened',
      'peers: [{my-asn: 99999999999}]',
      'yaml-type',
      undecoded('line 1: cannot unmarshal !!int `9999999...` into uint32'),
      'peers[0].my-asn',
      '1:18',
    ],
    [
      'ten characters, not shortened',
      'peers: [{my-asn: 4294967296}]',
      'yaml-type',
      undecoded('line 1: cannot unmarshal !!int `4294967296` into uint32'),
      'peers[0].my-asn',
      '1:18',
    ],
    [
      'infinity',
      bgp('aggregation-length: .inf'),
      'yaml-type',
      undecoded('line 6: cannot unmarshal !!float `.inf` into int'),
      'address-pools[0].bgp-advertisements[0].aggregation-length',
      '6:25',
    ],
    [
      'base 60',
      'peers: [{my-asn: 1:30}]',
      'yaml-type',
      undecoded('line 1: cannot unmarshal !!str `1:30` into uint32'),
      'peers[0].my-asn',
      '1:18',
    ],
    [
      'a date',
      'peers: [{my-asn: 2026-01-01}]',
      'yaml-type',
      undecoded('line 1: cannot unmarshal !!timestamp `2026-01-01` into uint32'),
      'peers[0].my-asn',
      '1:18',
    ],
    [
      'a mapping for a protocol',
      pool('  protocol: {}\n'),
      'yaml-type',
      undecoded('line 3: cannot unmarshal !!map into config.Proto'),
      'address-pools[0].protocol',
      '3:13',
    ],
    [
      'a tag that the text does not bear out',
      'peers: [{my-asn: !!int x}]',
      'yaml-type',
      'could not parse config: yaml: cannot decode !!str `x` as a !!int',
      'peers[0].my-asn',
      '1:18',
    ],
    [
      'bad base 64',
      pool('  protocol: !!binary "*"\n'),
      'yaml-type',
      'could not parse config: yaml: !!binary value contains invalid base64 data',
      'address-pools[0].protocol',
      '3:13',
    ],
    [
      'a merge of something else',
      'peers: [{<<: 5}]',
      'yaml-type',
      'could not parse config: yaml: map merge requires map or sequence of maps as the value',
      'peers[0]',
      '1:14',
    ],
    [
      'an alias of nothing',
      'peers: *p',
      'yaml-syntax',
      "could not parse config: yaml: unknown anchor 'p' referenced",
      '',
      '1:8',
    ],
    [
      'an alias inside itself',
      'peers: &p [{node-selectors: *p}]',
      'unknown-field',
      undecoded('line 1: field node-selectors not found in type config.nodeSelector'),
      'peers[0].node-selectors[0].node-selectors',
      '1:13',
    ],
    [
      'a list inside itself',
      pool('  addresses: &a [x, *a]\n'),
      'yaml-type',
      undecoded('line 3: cannot unmarshal !!seq into string'),
      'address-pools[0].addresses[1]',
      '3:14',
    ],
    [
      'a mapping merged into itself',
      'peers:\n- &p\n  <<: *p\n',
      'yaml-syntax',
      "could not parse config: yaml: anchor 'p' value contains itself",
      'peers[0]',
      '3:7',
    ],
    [
      'a tab for indentation',
      'address-pools:\n\t- name: teal\n',
      'yaml-syntax',
      'could not parse config: yaml: line 2: found character that cannot start any token',
      '',
      '2:1',
    ],
    [
      'a key indented too far',
      peer('    peer-port: 1\n'),
      'yaml-syntax',
      'could not parse config: yaml: line 5: mapping values are not allowed in this context',
      '',
      '5:14',
    ],
    [
      'two keys on a line',
      'a: b: c',
      'yaml-syntax',
      'could not parse config: yaml: mapping values are not allowed in this context',
      '',
      '1:4',
    ],
    [
      'a list for a key',
      'a: [a, b]: c',
      'yaml-syntax',
      'could not parse config: yaml: mapping values are not allowed in this context',
      '',
      '1:10',
    ],
    [
      'no key at all',
      'peers:\n- : 5\n',
      'yaml-syntax',
      'could not parse config: yaml: line 1: did not find expected key',
      '',
      '2:3',
    ],
    [
      'a missing colon',
      'bfd-profiles:\n- name: fast\n  minimum-ttl 5\n',
      'yaml-syntax',
      "could not parse config: yaml: line 4: could not find expected ':'",
      '',
      '3:3',
    ],
    [
      'a dash without its item',
      'address-pools:\n  - name: teal\n  protocol: layer2\n',
      'yaml-syntax',
      "could not parse config: yaml: line 2: did not find expected '-' indicator",
      '',
      '3:3',
    ],
    [
      'an open quote',
      'peers: "x',
      'yaml-syntax',
      'could not parse config: yaml: found unexpected end of stream',
      '',
      '1:10',
    ],
    [
      'a control character',
      'peers: \u0007',
      'yaml-syntax',
      'could not parse config: yaml: control characters are not allowed',
      '',
      '1:8',
    ],
    [
      'another version of YAML',
      '%YAML 1.2\n---\npeers: []\n',
      'yaml-syntax',
      'could not parse config: yaml: found incompatible YAML document',
      '',
      '1:1',
    ],
  ]);

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
  const one = 'parsing peer #1: ';
  refuses([
    [
      'no ASN of ours',
      'peers:\n- peer-asn: 1\n',
      'peer-missing-my-asn',
      `${one}missing local ASN`,
      'peers[0].my-asn',
      '2:3',
    ],
    [
      'ASN 0',
      'peers: [{my-asn: 0}]',
      'peer-missing-my-asn',
      `${one}missing local ASN`,
      'peers[0].my-asn',
      '1:18',
    ],
    [
      'no ASN of theirs',
      'peers: [{my-asn: 1}]',
      'peer-missing-peer-asn',
      `${one}missing peer ASN`,
      'peers[0].peer-asn',
      '1:9',
    ],
    [
      'multihop to one of us',
      'peers: [{my-asn: 1, peer-asn: 1, ebgp-multihop: on}]',
      'peer-ibgp-multihop',
      `${one}invalid ebgp-multihop parameter set for an ibgp peer`,
      'peers[0].ebgp-multihop',
      '1:49',
    ],
    [
      'no address',
      'peers: [{my-asn: 1, peer-asn: 2}]',
      'peer-bad-address',
      `${one}invalid peer IP ""`,
      'peers[0].peer-address',
      '1:9',
    ],
    [
      'a port in the address',
      peer('', '192.0.2.1:179'),
      'peer-bad-address',
      `${one}invalid peer IP "192.0.2.1:179"`,
      'peers[0].peer-address',
      '4:17',
    ],
    [
      'a hold time that is no duration',
      peer('  hold-time: 90\n'),
      'peer-bad-hold-time',
      `${one}invalid hold time "90": time: missing unit in duration "90"`,
      'peers[0].hold-time',
      '5:14',
    ],
    [
      'a hold time of another unit',
      peer('  hold-time: 1d\n'),
      'peer-bad-hold-time',
      `${one}invalid hold time "1d": time: unknown unit "d" in duration "1d"`,
      'peers[0].hold-time',
      '5:14',
    ],
    [
      'a hold time of nothing',
      peer('  hold-time: soon\n'),
      'peer-bad-hold-time',
      `${one}invalid hold time "soon": time: invalid duration "soon"`,
      'peers[0].hold-time',
      '5:14',
    ],
    [
      'a hold time below three seconds',
      peer('  hold-time: 2999ms\n'),
      'peer-bad-hold-time',
      `${one}invalid hold time "2999ms": must be 0 or >=3s`,
      'peers[0].hold-time',
      '5:14',
    ],
    [
      'a negative hold time',
      peer('  hold-time: -5s\n'),
      'peer-bad-hold-time',
      `${one}invalid hold time "-5s": must be 0 or >=3s`,
      'peers[0].hold-time',
      '5:14',
    ],
    [
      'a keepalive time that is no duration',
      peer('  keepalive-time: 5\n'),
      'peer-bad-keepalive',
      `${one}invalid keepalive time "5": time: missing unit in duration "5"`,
      'peers[0].keepalive-time',
      '5:19',
    ],
    [
      'a keepalive time above the hold time',
      peer('  keepalive-time: 91s\n'),
      'peer-keepalive-exceeds-hold',
      `${one}invalid keepaliveTime "91s"`,
      'peers[0].keepalive-time',
      '5:19',
    ],
    [
      'a router ID that is no address',
      peer('  router-id: 5\n'),
      'peer-bad-router-id',
      `${one}invalid router ID "5"`,
      'peers[0].router-id',
      '5:14',
    ],
    [
      'a source that is no address',
      peer('  source-address: eth0\n'),
      'peer-bad-source-address',
      `${one}invalid source IP "eth0"`,
      'peers[0].source-address',
      '5:19',
    ],
    [
      'a profile that is not there',
      peer('  bfd-profile: fast\n'),
      'peer-unknown-bfd-profile',
      'peer #1 referencing non existing bfd profile fast',
      'peers[0].bfd-profile',
      '5:16',
    ],
    [
      'a peer given twice',
      `${peer()}${peer('', '192.000.2.1').slice(7)}`,
      'peer-duplicate',
      'peer #2 already exists',
      'peers[1]',
      '5:3',
    ],
  ]);

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

  test('peers that differ in one field, or in the order of a selector’s values, are two peers', () => {
    const values = (list: string) =>
      peer(`  node-selectors: [{match-expressions: [{key: a, operator: In, values: ${list}}]}]\n`);
    expect(refusal(values('[b, c]') + values('[c, b]').slice(7))).toBe('accepted');
    expect(refusal(peer() + peer('  password: x\n').slice(7))).toBe('accepted');
  });
});

describe('node selectors (§1.6)', () => {
  const prefix = 'parsing peer #1: parsing node selector: ';
  const name = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;
  const value = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`;
  const subdomain = `prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
  const at = 'peers[0].node-selectors[0]';
  const expression = (text: string) => selector(`match-expressions: [{${text}}]`);
  refuses([
    [
      'an operator it does not know',
      expression('key: a, operator: Gt'),
      'peer-bad-node-selector',
      `${prefix}"Gt" is not a valid pod selector operator`,
      `${at}.match-expressions[0].operator`,
      '6:44',
    ],
    [
      'an operator in other letters',
      expression('key: a, operator: in'),
      'peer-bad-node-selector',
      `${prefix}"in" is not a valid pod selector operator`,
      `${at}.match-expressions[0].operator`,
      '6:44',
    ],
    [
      'In of nothing',
      expression('key: a, operator: In'),
      'peer-bad-node-selector',
      `${prefix}for 'in', 'notin' operators, values set can't be empty`,
      `${at}.match-expressions[0].values`,
      '6:25',
    ],
    [
      'Exists with values',
      expression('key: a, operator: Exists, values: [b]'),
      'peer-bad-node-selector',
      `${prefix}values set must be empty for exists and does not exist`,
      `${at}.match-expressions[0].values`,
      '6:60',
    ],
    [
      'no key',
      expression('operator: Exists'),
      'peer-bad-node-selector',
      `${prefix}invalid label key "": name part must be non-empty; ${name}`,
      `${at}.match-expressions[0].key`,
      '6:25',
    ],
    [
      'a key that no label has',
      selector('match-labels: {-a: b}'),
      'peer-bad-node-selector',
      `${prefix}invalid label key "-a": ${name}`,
      `${at}.match-labels.-a`,
      '6:20',
    ],
    [
      'a key with two slashes',
      selector('match-labels: {a/b/c: d}'),
      'peer-bad-node-selector',
      `${prefix}invalid label key "a/b/c": a qualified name ${name.slice(10)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      `${at}.match-labels.a/b/c`,
      '6:20',
    ],
    [
      'a key with a bad prefix',
      selector('match-labels: {A/b: c}'),
      'peer-bad-node-selector',
      `${prefix}invalid label key "A/b": ${subdomain}`,
      `${at}.match-labels.A/b`,
      '6:20',
    ],
    [
      'a key without its prefix',
      selector('match-labels: {/b: c}'),
      'peer-bad-node-selector',
      `${prefix}invalid label key "/b": prefix part must be non-empty`,
      `${at}.match-labels./b`,
      '6:20',
    ],
    [
      'a value that no label has',
      selector('match-labels: {a: b c}'),
      'peer-bad-node-selector',
      `${prefix}invalid label value: "b c": at key: "a": ${value}`,
      `${at}.match-labels.a`,
      '6:23',
    ],
    [
      'a value that is too long',
      expression(`key: a, operator: In, values: [${'x'.repeat(64)}]`),
      'peer-bad-node-selector',
      `${prefix}invalid label value: "${'x'.repeat(64)}": at key: "a": must be no more than 63 characters`,
      `${at}.match-expressions[0].values[0]`,
      '6:57',
    ],
  ]);
});

describe('pools and addresses (§1.7, §1.8)', () => {
  const one = 'parsing address pool #1: ';
  const cidr = (text: string) => `${one}invalid CIDR "${text}" in pool "teal": `;
  const entry = (text: string) => pool(`  protocol: layer2\n  addresses: ['${text}']\n`);
  const at = 'address-pools[0]';
  const where = [`${at}.addresses[0]`, '4:15'] as const;
  const range = (text: string, why: string) => `${cidr(text)}invalid IP range "${text}": ${why}`;
  refuses([
    [
      'no name',
      'address-pools: [{}]',
      'pool-missing-name',
      `${one}missing pool name`,
      `${at}.name`,
      '1:17',
    ],
    [
      'no addresses',
      pool(''),
      'pool-no-addresses',
      `${one}pool has no prefixes defined`,
      `${at}.addresses`,
      '2:3',
    ],
    [
      'no protocol',
      pool('  addresses: [192.0.2.0/24]\n'),
      'pool-missing-protocol',
      `${one}address pool is missing the protocol field`,
      `${at}.protocol`,
      '2:3',
    ],
    [
      'another protocol',
      pool('  addresses: [192.0.2.0/24]\n  protocol: BGP\n'),
      'pool-unknown-protocol',
      `${one}unknown protocol "BGP"`,
      `${at}.protocol`,
      '4:13',
    ],
    [
      'advertisements at layer 2',
      bgp('localpref: 1').replace('bgp\n', 'layer2\n'),
      'pool-layer2-with-advertisements',
      `${one}cannot have bgp-advertisements configuration element in a layer2 address pool`,
      `${at}.bgp-advertisements`,
      '6:3',
    ],
    [
      'a name given twice',
      `${entry('192.0.2.0/24')}- {name: teal, protocol: layer2, addresses: [198.51.100.0/24]}\n`,
      'pool-duplicate-name',
      'duplicate definition of pool "teal"',
      'address-pools[1].name',
      '5:10',
    ],
    [
      'a bare address',
      entry('192.0.2.1'),
      'pool-bad-cidr',
      `${cidr('192.0.2.1')}invalid CIDR "192.0.2.1"`,
      ...where,
    ],
    [
      'a space before it',
      entry(' 192.0.2.0/24'),
      'pool-bad-cidr',
      `${cidr(' 192.0.2.0/24')}invalid CIDR " 192.0.2.0/24"`,
      ...where,
    ],
    [
      'a bad start',
      entry('a - 192.0.2.1'),
      'pool-bad-range',
      range('a - 192.0.2.1', 'invalid start IP "a "'),
      ...where,
    ],
    [
      'a bad end',
      entry('192.0.2.1-9'),
      'pool-bad-range',
      range('192.0.2.1-9', 'invalid end IP "9"'),
      ...where,
    ],
    [
      'a range backwards',
      entry('192.0.2.9-192.0.2.1'),
      'pool-reversed-range',
      range('192.0.2.9-192.0.2.1', 'start IP "192.0.2.9" is after the end IP "192.0.2.1"'),
      ...where,
    ],
    [
      'IPv6 to IPv4',
      entry('2001:db8::1-192.0.2.1'),
      'pool-reversed-range',
      range('2001:db8::1-192.0.2.1', 'start IP "2001:db8::1" is after the end IP "192.0.2.1"'),
      ...where,
    ],
    [
      'blocks that overlap in a pool',
      pool("  protocol: layer2\n  addresses: [192.0.2.0/24, '192.0.2.255 - 192.0.3.0']\n"),
      'pool-overlap',
      'CIDR "192.0.2.255/32" in pool "teal" overlaps with already defined CIDR "192.0.2.0/24"',
      `${at}.addresses[1]`,
      '4:29',
    ],
    [
      'blocks that overlap between pools',
      `${entry('192.0.2.7/32')}- {name: navy, protocol: bgp, addresses: [198.51.100.0/24, 192.0.2.0/24]}\n`,
      'pool-overlap',
      'CIDR "192.0.2.0/24" in pool "navy" overlaps with already defined CIDR "192.0.2.7/32"',
      'address-pools[1].addresses[1]',
      '5:60',
    ],
    [
      'an overlap before a later fault',
      `${entry('192.0.2.7/32')}- {name: navy, protocol: bgp, addresses: [192.0.2.0/24]}\n- {}\n`,
      'pool-overlap',
      'CIDR "192.0.2.0/24" in pool "navy" overlaps with already defined CIDR "192.0.2.7/32"',
      'address-pools[1].addresses[0]',
      '5:43',
    ],
  ]);

  test('a range from IPv4 to IPv6 is taken, holds nothing, and is warned about', () => {
    const reading = readLegacyConfig(entry('192.0.2.1-2001:db8::1'), {
      compat: 'v0.12',
      mode: 'none',
    });
    expect(reading).toMatchObject({
      kind: 'config',
      config: { pools: [{ cidrs: [] }] },
      warnings: [{ reason: 'pool-mixed-families', path: where[0], line: 4, column: 15 }],
    });
  });
});

describe('advertisements and communities (§1.10)', () => {
  const prefix = 'parsing address pool #1: parsing BGP communities: ';
  const at = 'address-pools[0].bgp-advertisements';
  const community = (text: string) => bgp(`communities: ['${text}']`);
  const invalid = (text: string) => `${prefix}invalid community "${text}" in BGP advertisement: `;
  const where = [`${at}[0].communities[0]`, '6:19'] as const;
  refuses([
    [
      'more bits than IPv4 has',
      bgp('aggregation-length: 33'),
      'aggregation-too-long',
      `${prefix}invalid aggregation length 33 for IPv4`,
      `${at}[0].aggregation-length`,
      '6:25',
    ],
    [
      'more bits than IPv6 has',
      bgp('aggregation-length-v6: 129'),
      'aggregation-v6-too-long',
      `${prefix}invalid aggregation length 129 for IPv6`,
      `${at}[0].aggregation-length-v6`,
      '6:28',
    ],
    [
      'a length below that of the pool',
      bgp('aggregation-length: 23'),
      'aggregation-too-short',
      `${prefix}invalid aggregation length 23: prefix 24 in this pool is more specific than the aggregation length for addresses 192.0.2.0/24`,
      `${at}[0].aggregation-length`,
      '6:25',
    ],
    [
      'an IPv6 length below that of the pool',
      bgp('aggregation-length-v6: 63', '["2001:db8::/64"]'),
      'aggregation-too-short',
      `${prefix}invalid aggregation length 32: prefix 64 in this pool is more specific than the aggregation length for addresses 2001:db8::/64`,
      `${at}[0].aggregation-length-v6`,
      '6:28',
    ],
    [
      'two that are written alike',
      bgp('localpref: 1\n  - localpref: 0x1'),
      'ad-duplicate',
      `${prefix}duplicate definition of bgpadvertisements. advertisement 1 and 2 are equal`,
      `${at}[1]`,
      '7:5',
    ],
    [
      'a community given twice',
      bgp('communities: [a, a]'),
      'ad-community-duplicate',
      `${prefix}duplicate definition of community "a"`,
      `${at}[0].communities[1]`,
      '6:22',
    ],
    [
      'a name that is no alias',
      community('no-export'),
      'ad-community-invalid',
      `${invalid('no-export')}invalid community string "no-export"`,
      ...where,
    ],
    [
      'a large community',
      community('1:2:3'),
      'ad-community-invalid',
      `${invalid('1:2:3')}invalid community string "1:2:3"`,
      ...where,
    ],
    [
      'a first half too large',
      community('65536:1'),
      'ad-community-invalid',
      `${invalid('65536:1')}invalid first section of community "65536": strconv.ParseUint: parsing "65536": value out of range`,
      ...where,
    ],
    [
      'a second half that is no number',
      community('1:x'),
      'ad-community-invalid',
      `${invalid('1:x')}invalid second section of community "x": strconv.ParseUint: parsing "x": invalid syntax`,
      ...where,
    ],
    [
      'an alias that is no community',
      'bgp-communities: {mine: "1:"}',
      'community-alias-invalid',
      'parsing community "mine": invalid second section of community "": strconv.ParseUint: parsing "": invalid syntax',
      'bgp-communities.mine',
      '1:25',
    ],
  ]);

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

describe('BFD profiles (§1.12)', () => {
  const one = 'parsing bfd profile #1: ';
  const profile = (text: string) => `bfd-profiles: [{name: fast, ${text}}]`;
  const out = (setting: string, value: number, range: string): string =>
    `${one}invalid ${setting} value: invalid value ${value}, must be in ${range} range`;
  refuses([
    [
      'no name',
      'bfd-profiles: [~]',
      'bfd-missing-name',
      `${one}missing bfd profile name`,
      'bfd-profiles[0].name',
      '1:16',
    ],
    [
      'a name given twice',
      'bfd-profiles: [{name: a}, {name: a}]',
      'bfd-duplicate-name',
      'found duplicate bfd profile name a',
      'bfd-profiles[1].name',
      '1:34',
    ],
    [
      'detect-multiplier',
      profile('detect-multiplier: 1'),
      'bfd-out-of-range',
      out('detect multiplier', 1, '2-255'),
      'bfd-profiles[0].detect-multiplier',
      '1:48',
    ],
    [
      'receive-interval',
      profile('receive-interval: 60001'),
      'bfd-out-of-range',
      out('receive interval', 60001, '10-60000'),
      'bfd-profiles[0].receive-interval',
      '1:47',
    ],
    [
      'transmit-interval',
      profile('transmit-interval: 9'),
      'bfd-out-of-range',
      out('transmit interval', 9, '10-60000'),
      'bfd-profiles[0].transmit-interval',
      '1:48',
    ],
    [
      'minimum-ttl',
      profile('minimum-ttl: 255'),
      'bfd-out-of-range',
      out('minimum ttl', 255, '1-254'),
      'bfd-profiles[0].minimum-ttl',
      '1:42',
    ],
    [
      'echo-interval',
      profile('echo-interval: 0'),
      'bfd-out-of-range',
      out('echo interval', 0, '10-60000'),
      'bfd-profiles[0].echo-interval',
      '1:44',
    ],
    [
      'detect before echo',
      profile('echo-interval: 0, detect-multiplier: 0'),
      'bfd-out-of-range',
      out('detect multiplier', 0, '2-255'),
      'bfd-profiles[0].detect-multiplier',
      '1:66',
    ],
  ]);
});

describe('the native validator (§1.11)', () => {
  refuses(
    [
      [
        'a BFD profile',
        peer('  bfd-profile: fast\n'),
        'native-bfd-profile',
        'peer 192.0.2.1 has bfd-profile set on native bgp mode',
        'peers[0].bfd-profile',
        '5:16',
      ],
      [
        'a keepalive time',
        peer('  keepalive-time: x\n', 'nowhere'),
        'native-keepalive-time',
        'peer nowhere has keepalive-time set on native bgp mode',
        'peers[0].keepalive-time',
        '5:19',
      ],
      [
        'BFD profiles',
        'bfd-profiles: [{}]',
        'native-bfd-section',
        'bfd profiles section set',
        'bfd-profiles',
        '1:15',
      ],
      [
        'IPv6 over BGP',
        bgp('{}', "['2001:db8::9/64']"),
        'native-ipv6-pool',
        'pool "teal" has ipv6 CIDR 2001:db8::/64, native bgp mode does not support ipv6',
        'address-pools[0].addresses[0]',
        '4:15',
      ],
      [
        'an address it cannot read',
        bgp('{}', '[x]'),
        'pool-bad-cidr',
        'invalid CIDR "x" in pool "teal": invalid CIDR "x"',
        'address-pools[0].addresses[0]',
        '4:15',
      ],
    ],
    { mode: 'native' },
  );

  test('holds under every release', () => {
    const text = pool("  protocol: bgp\n  addresses: ['2001:db8::/64']\n");
    expect(refusal(text, { mode: 'native', compat: 'v0.10' })).toContain('native-ipv6-pool');
    expect(refusal(text, { compat: 'v0.10' })).toBe('accepted');
  });
});

describe('the FRR validator (§1.11)', () => {
  const two = (lines: string, address = '192.0.2.2') =>
    peer('  router-id: 192.0.2.9\n') + peer(lines, address).slice(7);
  refuses(
    [
      [
        'another router ID',
        two('  router-id: 192.0.2.8\n'),
        'frr-router-id-mismatch',
        'peer 192.0.2.8 has RouterID different from 192.0.2.9, in FRR mode all RouterID must be equal',
        'peers[1].router-id',
        '9:14',
      ],
      [
        'no router ID',
        two(''),
        'frr-router-id-mismatch',
        'peer  has RouterID different from 192.0.2.9, in FRR mode all RouterID must be equal',
        'peers[1].router-id',
        '6:3',
      ],
      [
        'another ASN',
        two('  router-id: 192.0.2.9\n').replace(/(.*)64512/s, '$164514'),
        'frr-my-asn-mismatch',
        'peer 192.0.2.2 has myAsn different from 192.0.2.1, in FRR mode all myAsn must be equal',
        'peers[1].my-asn',
        '6:11',
      ],
      [
        'one address twice',
        two('  router-id: 192.0.2.9\n  peer-port: 1\n', '192.0.2.1'),
        'frr-duplicate-peer',
        "peer 192.0.2.1 already exists, FRR mode doesn't support duplicate BGPPeers",
        'peers[1].peer-address',
        '8:17',
      ],
    ],
    { mode: 'frr' },
  );

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

  refuses(
    [
      [
        'every block must fit the one length',
        bgp('aggregation-length: 24', '[192.0.2.0/24, 198.51.100.0/25]'),
        'aggregation-too-short',
        'parsing address pool #1: parsing BGP communities: invalid aggregation length 24: prefix "198.51.100.0/25" in this pool is more specific than the aggregation length',
        'address-pools[0].bgp-advertisements[0].aggregation-length',
        '6:25',
      ],
      [
        'the second half of a community is called by the first',
        'bgp-communities: {a: "7:x"}',
        'community-alias-invalid',
        'parsing community "a": invalid second section of community "7": strconv.ParseUint: parsing "x": invalid syntax',
        'bgp-communities.a',
        '1:22',
      ],
    ],
    { compat: 'v0.11' },
  );

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
