import { describe, expect, test } from 'vitest';
import { findLegacyDocuments } from '../../src/config-legacy/index.ts';

const CONFIG = 'peers:\n- my-asn: 64512\n  password: "se\\"cret"\n';
const indented = (by: number, text = CONFIG) => text.replace(/^/gm, ' '.repeat(by)).trimEnd();
const configMap = (name: string, header = '|', by = 4, text = CONFIG) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: metallb-system\n` +
  `data:\n  config: ${header}\n${indented(by, text)}\n`;
const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n';

/** Where the text found for `needle` in the inner text lies in the given one. */
function placeOf(given: string, needle: string, index = 0) {
  const document = findLegacyDocuments(given).documents[index]!;
  const before = document.text.slice(0, document.text.indexOf(needle)).split('\n');
  const { line, column } = document.locate(before.length, before.at(-1)!.length + 1);
  return given.split('\n')[line - 1]!.slice(column - 1);
}

test('a bare document is the configuration, all of it, later documents included', () => {
  const text = `${CONFIG}---\n*broken: [\n`;
  const { documents, passedOver, problems } = findLegacyDocuments(text);
  expect(documents).toMatchObject([{ text, origin: { kind: 'document' } }]);
  expect(documents[0]!.locate(3, 5)).toEqual({ line: 3, column: 5 });
  expect(passedOver).toEqual([{ kind: 'document', line: 5 }]);
  expect(problems).toEqual([]);
});

test.each(['', '# nothing\n', '---\n...\n', 'peers: [\n', '\u0007', '5', '- a\n'])(
  'a text that is nothing else, as %j, is taken for a bare document',
  (text) => {
    expect(findLegacyDocuments(text)).toMatchObject({
      documents: [{ text, origin: { kind: 'document' } }],
      passedOver: [],
      problems: [],
    });
  },
);

describe('a ConfigMap', () => {
  test('is known by its name and namespace', () => {
    expect(findLegacyDocuments(configMap('config')).documents).toMatchObject([
      { text: CONFIG, origin: { kind: 'ConfigMap', name: 'config', namespace: 'metallb-system' } },
    ]);
  });

  test.each([
    ['a literal block', configMap('config')],
    ['a literal block with its indentation told', configMap('config', '|2-', 4, CONFIG)],
    ['a literal block with a comment', configMap('config', '| # mine', 8)],
    ['a literal block that ends in Windows', configMap('config').replaceAll('\n', '\r\n')],
    ['a folded block', configMap('config', '>', 4, CONFIG.replaceAll('\n', '\n\n'))],
    ['a text in double quotes', configMap('config', JSON.stringify(CONFIG), 0, '')],
    [
      'a text in single quotes',
      configMap('config', "'peers: [{my-asn: 64512, password: it''s}]'", 0, ''),
    ],
    [
      'a plain text over lines',
      configMap('config', 'peers:', 4, ' [{my-asn: 64512,\n   password: x}]'),
    ],
    ['an anchored text', configMap('config', '&c |')],
    [
      'JSON',
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', data: { config: CONFIG } }, null, 4),
    ],
  ])('in %s keeps its places', (_, given) => {
    expect(findLegacyDocuments(given).documents).toHaveLength(1);
    for (const needle of ['peers', 'my-asn', '64512', 'password']) {
      expect(placeOf(given, needle).startsWith(needle)).toBe(true);
    }
  });

  test.each(['', 'data:\n', 'data: {other: x}\n', 'data:\n  config:\n', 'data: {config: ~}\n'])(
    'without the key is an empty configuration: %j',
    (rest) => {
      const given = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\n${rest}`;
      const { documents } = findLegacyDocuments(given);
      expect(documents).toMatchObject([
        { text: '', origin: { kind: 'ConfigMap', name: 'config' } },
      ]);
      expect(documents[0]!.locate(1, 1)).toEqual({ line: 1, column: 1 });
    },
  );

  test('without the key is passed over beside one that has it', () => {
    const other = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-root-ca.crt}\n';
    const found = findLegacyDocuments(`${other}---\n${configMap('config')}`);
    expect(found.documents).toMatchObject([{ origin: { name: 'config' } }]);
    expect(found.passedOver).toEqual([{ kind: 'ConfigMap', name: 'kube-root-ca.crt', line: 1 }]);
  });

  test('with a mapping where its text should be is told how to write it', () => {
    const given = configMap('config', '', 4);
    expect(findLegacyDocuments(given)).toMatchObject({
      documents: [],
      problems: [{ reason: 'yaml-type', path: 'data.config', line: 8, column: 5 }],
    });
  });
});

test('several documents and lists are gone through, and what is no configuration is passed over', () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n- ${configMap('a').replaceAll('\n', '\n  ')}\n- ${service.replaceAll('\n', '\n  ')}\n`;
  const found = findLegacyDocuments(
    `# all of it\n---\n${service}---\n${list}---\n${configMap('b')}`,
  );
  expect(found.documents.map(({ origin }) => origin.name)).toEqual(['a', 'b']);
  expect(found.passedOver.map(({ kind, name, line }) => [kind, name, line])).toEqual([
    ['Service', 'web', 3],
    ['Service', 'web', 21],
  ]);
});

test('members of a typed list need not say what they are', () => {
  const members = `- metadata: {name: config}\n  data: {config: 'peers: []'}\n`;
  const given = `apiVersion: v1\nkind: ConfigMapList\nitems:\n${members}`;
  expect(findLegacyDocuments(given).documents).toMatchObject([{ text: 'peers: []' }]);
});

describe('Helm values', () => {
  const values = (inline: string) =>
    `controller: {enabled: true}\nconfigInline:\n${indented(2, inline)}\n`;

  test('are typed before they are read, so that spelling is lost as Helm loses it', () => {
    const inline =
      'address-pools:\n- name: 0042\n  protocol: on\n  addresses: [2026-01-01, 1e2, 1.50, ~, 0x1F]\n';
    const [document] = findLegacyDocuments(values(inline)).documents;
    expect(document!.origin).toEqual({ kind: 'HelmValues' });
    expect(JSON.parse(document!.text)).toEqual({
      'address-pools': [
        { name: 34, protocol: true, addresses: ['2026-01-01', 100, 1.5, null, 31] },
      ],
    });
  });

  test.each([
    ['123456789012345678901', '1.2345678901234568e+20'],
    ['18446744073709551615', '1.8446744073709552e+19'],
    ['9007199254740993', '9007199254740992'],
    ['1234567.5', '1.2345675e+06'],
    ['0.00001234', '1.234e-05'],
    ['-2.50', '-2.5'],
    ['12.0', '12'],
  ])('write the number %s as Go does: %s', (spelled, written) => {
    const [document] = findLegacyDocuments(values(`password: ${spelled}\n`)).documents;
    expect(document!.text).toBe(`{"password": ${written}}`);
  });

  test('keep their places', () => {
    const given = values('peers:\n- &a\n  my-asn: 64512\n- <<: *a\n  peer-asn: 64513\n');
    expect(placeOf(given, '64513')).toBe('64513');
    expect(placeOf(given, '"peer-asn')).toBe('peer-asn: 64513');
    expect(placeOf(given, '64512')).toBe('64512');
  });

  test('of a chart that depends on this one are found', () => {
    const given = `metallb:\n${indented(2, values('peers: []\n'))}\n`;
    expect(findLegacyDocuments(given).documents).toMatchObject([{ text: '{"peers": []}' }]);
  });

  test.each(['a: .inf', 'a: &x [*x]', '[a]: b', 'a: !!int x'])(
    'that have no JSON form are refused: %j',
    (inline) => {
      expect(findLegacyDocuments(values(inline))).toMatchObject({
        documents: [],
        problems: [{ path: 'configInline' }],
      });
    },
  );
});

test('a v0.13 resource is recognized, and said to be no legacy configuration', () => {
  const resource = 'apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: teal}\n';
  expect(findLegacyDocuments(`${service}---\n${resource}`)).toMatchObject({
    documents: [],
    problems: [{ reason: 'unsupported-input', line: 5, column: 1 }],
  });
});
