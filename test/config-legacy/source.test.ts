import { describe, expect, test } from 'vitest';
import { pathText, readLegacySource } from '../../src/config-legacy/index.ts';

function sourceOf(text: string) {
  const reading = readLegacySource(text, { compat: 'v0.12', mode: 'none' });
  if (reading.kind === 'refused') throw new Error(reading.message);
  return reading.source;
}

/** As `path (place): text`. */
function commentsOf(text: string): readonly string[] {
  return sourceOf(text).comments.map(
    ({ path, place, text: words }) => `${pathText([...path])} (${place}): ${words}`,
  );
}

const POOL = 'address-pools:\n- name: harbor\n  protocol: layer2\n';

describe('a comment is about', () => {
  test.each([
    [
      'the document, at its top',
      `# net team\n${POOL}  addresses: [192.0.2.0/24]`,
      [' (above): net team'],
    ],
    [
      'the key below it',
      `${POOL}  # last ones\n  addresses: [192.0.2.0/24]`,
      ['address-pools[0].addresses (above): last ones'],
    ],
    [
      'the item below it',
      `address-pools:\n# ours\n- {name: a, protocol: layer2, addresses: [192.0.2.0/24]}`,
      ['address-pools[0] (above): ours'],
    ],
    [
      'the first item, under its key and indented',
      `address-pools:\n  # ours\n- {name: a, protocol: layer2, addresses: [192.0.2.0/24]}`,
      ['address-pools[0] (above): ours'],
    ],
    [
      'what it stands behind',
      `address-pools: # all\n- name: a # one\n  protocol: layer2\n  addresses: # two\n  - 192.0.2.0/24 # three\n`,
      [
        'address-pools (beside): all',
        'address-pools[0].name (beside): one',
        'address-pools[0].addresses (beside): two',
        'address-pools[0].addresses[0] (beside): three',
      ],
    ],
    [
      'all of a mapping in braces, behind them',
      `address-pools:\n- {name: a, protocol: layer2, addresses: [192.0.2.0/24]} # it\n`,
      ['address-pools[0] (beside): it'],
    ],
    [
      'all of a list in brackets, behind them',
      `${POOL}  addresses: [192.0.2.0/25, 192.0.2.128/25] # both\n`,
      ['address-pools[0].addresses (beside): both'],
    ],
    [
      'what is above it, where it is indented deeper than what comes next',
      `${POOL}  addresses:\n  - 192.0.2.0/24\n  # - 198.51.100.0/24\nbgp-communities: {a: '1:1'}\n`,
      ['address-pools[0].addresses[0] (above): - 198.51.100.0/24'],
    ],
    [
      'the field that `<<` brings',
      `peers:\n- <<: {my-asn: 1} # merged\n  peer-asn: 2\n  peer-address: 192.0.2.1\n`,
      ['peers[0] (beside): merged'],
    ],
    [
      'a text, at its head',
      `peers:\n- my-asn: 1\n  peer-asn: 2\n  peer-address: |- # folded\n    192.0.2.1\n`,
      ['peers[0].peer-address (beside): folded'],
    ],
  ])('%s', (_, text, expected) => {
    expect(commentsOf(text)).toEqual(expected);
  });

  test('nothing, where the document is empty', () => {
    expect(commentsOf('# nothing yet\n')).toEqual([' (above): nothing yet']);
  });
});

test('lines of a comment that stand together are one comment, others are not', () => {
  const text = `${POOL}  # one\n  # two\n\n  # three\n  addresses: [192.0.2.0/24]`;
  expect(sourceOf(text).comments.map((comment) => comment.text)).toEqual(['one\ntwo', 'three']);
});

test('what looks like a comment inside of a text is none', () => {
  const text = 'peers:\n- {my-asn: 1, peer-asn: 2, peer-address: 192.0.2.1, password: "a # b"}\n';
  expect(commentsOf(text)).toEqual([]);
});

test.each([
  ['there is none', 'peers: []\n---\n# nothing\n...\n', undefined],
  ['there is one', 'peers: []\n---\n\n# see\npeers: [}\n', { line: 5, column: 1 }],
  ['it begins on the line of its marker', 'peers: []\n--- {peers: []}\n', { line: 2, column: 1 }],
])('a further document is told, for it is not read: %s', (_, text, expected) => {
  expect(sourceOf(text).laterDocument).toEqual(expected);
});
