import { fc, test } from '@fast-check/vitest';
import { describe, expect, test as example } from 'vitest';
import { findLegacyDocuments, readLegacyConfig } from '../../src/config-legacy/index.ts';
import { printableConfig } from '../../src/runtime/model/index.ts';
import { FAULTS, spoil } from '../support/legacy-faults.ts';
import { spell } from '../support/legacy-spelling.ts';
import { Choices, soundDocument } from '../support/legacy-tree.ts';

const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 });

function modelOf(text: string): object {
  const reading = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
  if (reading.kind === 'refused') throw new Error(`${reading.message}\n${text}`);
  return printableConfig(reading.config);
}

function offsetOf(text: string, { line = 0, column = 0 }): number {
  return (
    text
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length +
    (line > 1 ? 1 : 0) +
    column -
    1
  );
}

test.prop([seed, seed, seed])(
  'the way a sound document is spelled does not matter',
  (what, one, other) => {
    const document = soundDocument(new Choices(what));
    const spelled = (how: number) => spell(document, new Choices(how)).text;
    expect(modelOf(spelled(one))).toEqual(modelOf(spelled(other)));
  },
);

describe('a document with one fault is refused for that fault, at its place:', () => {
  const rows = FAULTS.map((fault) => [`${fault.reason} in ${fault.section}`, fault] as const);
  describe.each(rows)('%s', (_, fault) => {
    test.prop([seed, seed], { numRuns: 25 })('whatever surrounds it', (what, how) => {
      const document = spoil(soundDocument(new Choices(what)), fault);
      const { text, start, end } = spell(document, new Choices(how));
      const reading = readLegacyConfig(text, { compat: 'v0.12', mode: fault.mode });
      if (reading.kind === 'config') throw new Error(`accepted:\n${text}`);
      expect(reading.problems[0]).toMatchObject({ reason: fault.reason });
      const offset = offsetOf(text, reading.problems[0]!);
      expect({ text, offset }).toSatisfy(() => offset >= start && offset <= end);
    });
  });
});

example('the documents above hold every key, and every spelling of what they hold', () => {
  const reached = new Set<string>();
  for (let run = 1; run <= 600; run += 1) {
    spell(soundDocument(new Choices(run, reached)), new Choices(run + 1000, reached));
  }
  const keys: Record<string, string> = {
    file: 'peers bgp-communities address-pools bfd-profiles',
    peer:
      'my-asn peer-asn peer-address source-address peer-port hold-time keepalive-time router-id ' +
      'node-selectors password bfd-profile ebgp-multihop',
    selector: 'match-labels match-expressions',
    requirement: 'key operator values',
    pool: 'name protocol addresses auto-assign avoid-buggy-ips bgp-advertisements',
    advertisement: 'aggregation-length aggregation-length-v6 localpref communities',
    profile:
      'name receive-interval transmit-interval detect-multiplier echo-interval echo-mode ' +
      'passive-mode minimum-ttl',
  };
  const spellings: Record<string, string> = {
    int: 'decimal,hexadecimal,binary,octal,old octal,signed,underscored,cut off,exponent,tagged,float tag',
    text: 'plain,single,double,escaped,tagged,binary,|-,>-',
    bool: 'y,Y,yes,Yes,YES,true,True,TRUE,on,On,ON,n,N,no,No,NO,false,False,FALSE,off,Off,OFF',
    null: '~,null,!!null ~',
    key: 'plain,single,double',
    block: 'list,mapping',
    flow: 'list,mapping',
    'merge of a': 'mapping,sequence,overridden',
    operator: 'In,NotIn,Exists,DoesNotExist',
    'address form': '0,1,2,3,4,5,6',
  };
  const wanted = [
    ...Object.entries(keys).flatMap(([owner, list]) =>
      list.split(' ').map((key) => `${owner}.${key}`),
    ),
    ...Object.entries(spellings).flatMap(([what, list]) =>
      list.split(',').map((how) => `${what} ${how}`),
    ),
    'anchor',
    'explicit key',
    'comments',
    'marker',
    'directive',
    'byte order mark',
    'crlf',
    'end marker',
    'broken second document',
    'last comment',
  ];
  expect(wanted.filter((what) => !reached.has(what))).toEqual([]);
});

describe('no text is too much:', () => {
  const snippets = fc.constantFrom(
    ...'peers:|address-pools:|- |  |\n|\t|: |{|}|[|]|"|\'|&a |*a|<<: |!!int |!!binary |? |---\n|...\n|%YAML 1.1\n'.split(
      '|',
    ),
    ...'|,>,#,@,name,addresses,192.0.2.0/24,0x,1e9999,\u0000,\ufeff,\u2028,\ud800,apiVersion: v1\nkind: ConfigMap\n'.split(
      ',',
    ),
    'configInline: ',
    'data:\n  config: |\n    ',
  );
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(snippets, { maxLength: 30 }).map((parts) => parts.join('')),
  );

  test.prop([anything], { numRuns: 500 })('it is read or refused, and never throws', (text) => {
    for (const mode of ['none', 'native', 'frr'] as const) {
      expect(['config', 'refused']).toContain(
        readLegacyConfig(text, { compat: 'v0.12', mode }).kind,
      );
    }
    for (const { locate } of findLegacyDocuments(text).documents) {
      expect(locate(1, 1).line).toBeGreaterThan(0);
    }
  });

  example.each([
    ['brackets', '['.repeat(100_000)],
    ['dashes', '- '.repeat(50_000)],
    ['mappings', '{a: '.repeat(50_000)],
    ['keys', Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
    ['closed brackets', `peers: ${'['.repeat(3000)}${']'.repeat(3000)}`],
    ['digits', `peers: [{my-asn: ${'9'.repeat(1_000_000)}}]`],
    ['letters', `${'x'.repeat(4_300_000)}: 1`],
    ['markers', '---\n'.repeat(100_000)],
    [
      'seconds',
      `peers: [{my-asn: 1, peer-asn: 2, peer-address: 192.0.2.1, hold-time: ${'1s'.repeat(50_000)}}]`,
    ],
  ])('many %s do not exhaust it', (_, text) => {
    expect(['config', 'refused']).toContain(
      readLegacyConfig(text, { compat: 'v0.12', mode: 'none' }).kind,
    );
  });

  example('aliases that multiply are stopped where the original stops', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const below = `[${Array<string>(10)
        .fill(`*l${level - 1}`)
        .join(', ')}]`;
      return `  l${level}: &l${level} ${level === 0 ? '[x]' : below}\n`;
    });
    const bomb = `bgp-communities:\n${levels.join('')}`;
    const merges = Array.from({ length: 20 }, (_, level) =>
      level === 0 ? '- &m0 {my-asn: 1}\n' : `- &m${level} {<<: [*m${level - 1}, *m${level - 1}]}\n`,
    );
    for (const text of [bomb, `peers:\n${merges.join('')}`]) {
      const reading = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
      expect(reading).toHaveProperty('kind', 'refused');
    }
    expect(findLegacyDocuments(`configInline:\n${levels.join('')}`).problems).toHaveLength(1);
  });
});

example(
  'a thousand pools are read, and overlaps among them found, without comparing every pair',
  () => {
    const pools = Array.from({ length: 1000 }, (_, index) => {
      const base = `10.${index >> 8}.${index & 255}`;
      return `- {name: p${index}, protocol: layer2, addresses: [${base}.0/25, ${base}.130-${base}.200]}\n`;
    });
    const text = `address-pools:\n${pools.join('')}`;
    expect(readLegacyConfig(text, { compat: 'v0.12', mode: 'none' }).kind).toBe('config');
    const spoilt = `${text}- {name: last, protocol: bgp, addresses: [10.2.0.0/16, 10.3.3.131/32]}\n`;
    expect(readLegacyConfig(spoilt, { compat: 'v0.12', mode: 'none' })).toMatchObject({
      message: 'CIDR "10.2.0.0/16" in pool "last" overlaps with already defined CIDR "10.2.0.0/25"',
    });
  },
);
