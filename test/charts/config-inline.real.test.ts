import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import type { ConfigMap } from 'kubernetes-types/core/v1.d.ts';
import { describe, expect, test } from 'vitest';
import {
  type LegacyMode,
  findLegacyDocuments,
  readLegacyConfig,
} from '../../src/config-legacy/index.ts';
import { printableConfig } from '../../src/runtime/model/index.ts';
import { find, refusalOf, render, valueSet } from './chart.ts';

interface Case {
  readonly id: string;
  readonly mode?: LegacyMode;
  readonly yaml: string;
}

const CASES = new URL('../fixtures/legacy/cases.json', import.meta.url);
const cases = JSON.parse(readFileSync(CASES, 'utf8')) as readonly Case[];
/** Nothing to configure, and one that is no YAML. */
const NOTHING = ['doc-empty', 'doc-null', 'doc-end-markers'];
const UNREADABLE = ['doc-tab-indent'];

describe('the ConfigMap of a configInline is read as the configuration that was given', () => {
  const readable = cases.filter(({ id }) => ![...NOTHING, ...UNREADABLE].includes(id));

  test.each(readable.map((known) => [known.id, known] as const))('%s', (_, { yaml, mode }) => {
    const values = `configInline:\n${yaml.replaceAll(/^(?=.)/gm, '  ')}`;

    expect(reading(rendered(values), mode)).toEqual(reading(given(values), mode));
  });

  test.each([
    ...[
      '0042',
      '0o17',
      '0x1F',
      '0b11',
      '1_000',
      '1e3',
      '1.0',
      '.5',
      '-.5',
      '+7',
      '1:30',
      '12:30:45',
    ],
    ...['1234567890123456789', '4200000000', '65535:65281', '64512:1', '2022-02-16', '1.2.3'],
    ...['yes', 'No', 'on', 'y', 'n', 'true', 'TRUE', '~', 'null', 'Null', '=', "'0042'", '"yes"'],
    ...[
      "'null'",
      "''",
      "' '",
      '"\\t"',
      "'#'",
      '"a: b"',
      "'- a'",
      '"\\u00e9\\U0001F600"',
      '!!str 7',
    ],
  ])('a password spelled %s', (spelling) => {
    const values = [
      'configInline:',
      '  peers:',
      '    - { my-asn: 64512, peer-asn: 64513, peer-address: 192.0.2.1 }',
      `    - { my-asn: 64512, peer-asn: 64513, peer-address: 192.0.2.2, password: ${spelling} }`,
    ].join('\n');

    expect(reading(rendered(values))).toEqual(reading(given(values)));
  });
});

test('text in quotes stays the text, and what is not in quotes is what YAML 1.1 makes of it', () => {
  const config = reading(rendered(valueSet('config-inline')));

  expect(config).toMatchObject({
    pools: [
      { name: '010', autoAssign: false, cidrs: ['192.0.2.128/29', '2001:db8::/120'] },
      {
        name: 'routed',
        avoidBuggyIPs: true,
        bgp: [
          {
            aggregationLength: 32,
            localPref: 100,
            communities: ['64512:1', '64512:2', '64512:59'],
          },
          { aggregationLength: 24, communities: ['65535:65281'] },
        ],
      },
    ],
    peers: [
      {
        peerASN: 4_200_000_000,
        port: 179,
        holdTimeSeconds: 120,
        password: '0042',
        nodeSelectors: ['rack=yes,row=017,true=1e3,zone in (0x10,1_000,null)'],
      },
      {
        password:
          'a pass phrase that is longer than a line of eighty characters: with # signs, "quotes" and a final space ',
      },
    ],
  });
});

test('what the README of the chart says of types is so', () => {
  const values = [
    'configInline:',
    '  password: [0042, yes, 1e3, 64512:1, "0042", "yes", "1e3"]',
  ].join('\n');

  expect(load(rendered(values))).toEqual({
    password: [34, true, 1000, '64512:1', '0042', 'yes', '1e3'],
  });
});

test('without a configuration there is no ConfigMap', () => {
  for (const values of ['configInline:', 'configInline: {}', '']) {
    expect(render(values).map(({ kind }) => kind)).not.toContain('ConfigMap');
  }
});

test('two configurations at once are refused, since one would silently be lost', () => {
  const values = 'existingConfigMap: mine\nconfigInline: { address-pools: [] }\n';

  expect(refusalOf(values)).toContain('Both configInline and existingConfigMap are set');
});

test('a configuration written as text is refused', () => {
  expect(refusalOf('configInline: |\n  address-pools: []\n')).toContain(
    'configInline: Invalid type. Expected: object, given: string',
  );
});

function rendered(values: string): string {
  return (find(render(values), 'ConfigMap') as ConfigMap).data?.['config'] ?? '';
}

/** What our own reader of values files makes of them. */
function given(values: string): string {
  const [document] = findLegacyDocuments(values).documents;
  if (document?.origin.kind !== 'HelmValues') throw new Error('no configInline was found');
  return document.text;
}

/** The model, passwords and all, or why there is none. */
function reading(text: string, mode: LegacyMode = 'none'): unknown {
  const result = readLegacyConfig(text, { compat: 'v0.12', mode });
  if (result.kind === 'refused') return { refused: result.problems[0]?.reason };
  const printed = printableConfig(result.config) as { peers: object[] };
  const peers = printed.peers.map((peer, index) => {
    return { ...peer, password: result.config.peers[index]?.password?.reveal() };
  });
  return { ...printed, peers };
}
