import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ResourceKind } from '../../src/config-crd/resources.ts';
import {
  CRDS,
  type CustomResourceDefinition,
  type FormatCheck,
  type StructuralSchema,
  admit,
} from '../../src/config-crd/schema/index.ts';
import { originalDefinitions, originalObjects } from '../support/crds/original.ts';
import { SCHEMA_CASE_FIELDS, schemaCases } from '../support/crds/schema-cases.ts';

const FIXTURE = new URL('../fixtures/cases/crd.json', import.meta.url);
const SPECIFIED = new URL('../../../shared/cases/crd.json', import.meta.url);
const originals = originalDefinitions();

describe.each(schemaCases().map((known) => [known.id, known] as const))('%s', (_, known) => {
  test('has no field that is not looked at', () => {
    expect(SCHEMA_CASE_FIELDS).toEqual(expect.arrayContaining(Object.keys(known)));
    expect([known.mode, known.objects.length]).toEqual(['none', 1]);
  });

  test.each([
    ['our definitions', CRDS],
    ['the original ones', originals],
  ])('comes out as told under %s', (_name, definitions) => {
    const [object] = known.objects;
    const outcome = admit(object, definitions[object.kind as ResourceKind], 'ignored');
    if (outcome.kind === 'stored') {
      expect({ stored: [outcome.object] }).toEqual(known.expect);
      return;
    }
    const [problem] = outcome.problems;
    expect(outcome.problems).toHaveLength(1);
    expect(problem!.reason).toBe(known.error);
    const [place = '', what = ''] = known.upstreamMessage!.split(': ');
    expect(`.${problem!.path}`).toBe(place);
    expect(problem!.message.endsWith(what)).toBe(true);
  });
});

test.runIf(existsSync(SPECIFIED))('the cases are those of the specification', () => {
  expect(readFileSync(FIXTURE, 'utf8')).toBe(readFileSync(SPECIFIED, 'utf8'));
});

describe('what the server says of', () => {
  test.each<[what: string, kind: ResourceKind, spec: unknown, messages: string[]]>([
    ['a field that must be there', 'IPAddressPool', {}, ['spec.addresses: Required value']],
    [
      'a text in the place of a list',
      'IPAddressPool',
      { addresses: '192.0.2.0/24' },
      [
        'spec.addresses: Invalid value: "string": spec.addresses in body must be of type array: "string"',
      ],
    ],
    [
      'a number in a list of texts',
      'IPAddressPool',
      { addresses: ['192.0.2.0/24', 7] },
      [
        'spec.addresses[1]: Invalid value: "integer": spec.addresses[1] in body must be of type string: "integer"',
      ],
    ],
    [
      'a port that no port can be',
      'BGPPeer',
      { myASN: 64512, peerASN: 64513, peerAddress: '192.0.2.1', peerPort: 65536 },
      [
        'spec.peerPort: Invalid value: 65536: spec.peerPort in body should be less than or equal to 65535',
      ],
    ],
    [
      'a prefix length below the least',
      'BGPAdvertisement',
      { aggregationLength: 0 },
      [
        'spec.aggregationLength: Invalid value: 0: spec.aggregationLength in body should be greater than or equal to 1',
      ],
    ],
    [
      'a protocol that is none',
      'AddressPool',
      { addresses: [], protocol: 'L2' },
      ['spec.protocol: Unsupported value: "L2": supported values: "layer2", "bgp"'],
    ],
    [
      'several faults at once',
      'BFDProfile',
      { receiveInterval: 9, echoMode: 'yes', minimumTtl: 1.5 },
      [
        'spec.receiveInterval: Invalid value: 9: spec.receiveInterval in body should be greater than or equal to 10',
        'spec.echoMode: Invalid value: "string": spec.echoMode in body must be of type boolean: "string"',
        'spec.minimumTtl: Invalid value: "number": spec.minimumTtl in body must be of type integer: "number"',
      ],
    ],
  ])('%s', (_, kind, spec, messages) => {
    const outcome = admit(object(kind, spec), CRDS[kind]);
    expect(messagesOf(outcome)).toEqual(messages);
    expect(outcome).toMatchObject({ problems: messages.map(() => ({ object: { kind } })) });
  });

  test('an empty list of values where one is needed', () => {
    const nodeSelectors = [{ matchExpressions: [{ key: 'gpu', operator: 'In', values: [] }] }];
    const spec = { myASN: 64512, peerASN: 64513, peerAddress: '192.0.2.1', nodeSelectors };
    const place = 'spec.nodeSelectors[0].matchExpressions[0].values';
    expect(messagesOf(admit(object('BGPPeer', spec, 'v1beta1'), CRDS.BGPPeer))).toEqual([
      `${place}: Invalid value: 0: ${place} in body should have at least 1 items`,
    ]);
  });

  test.each<[what: string, object: unknown, path: string]>([
    ['another kind', object('Gateway', {}), 'kind'],
    ['a version that is not served', object('BGPPeer', {}, 'v1beta3'), 'apiVersion'],
    ['another group', { ...object('BGPPeer', {}), apiVersion: 'v1' }, 'apiVersion'],
    ['no object', ['BGPPeer'], ''],
  ])('%s', (_, given, path) => {
    const outcome = admit(given, CRDS.BGPPeer);
    expect(outcome).toMatchObject({ kind: 'refused', problems: [{ path }] });
  });
});

describe('an object', () => {
  test('is stored without a null where none may be, and with the default in its place', () => {
    const spec = { addresses: [], autoAssign: null, serviceAllocation: null };
    expect(admit(object('IPAddressPool', spec), CRDS.IPAddressPool)).toMatchObject({
      kind: 'stored',
      object: { spec: { addresses: [], autoAssign: true, avoidBuggyIPs: false } },
    });
  });

  test('does not bring its own status', () => {
    const given = { ...object('IPAddressPool', { addresses: [] }), status: { assignedIPv4: 7 } };
    const outcome = admit(given, CRDS.IPAddressPool);
    expect(outcome.kind === 'stored' && Object.keys(outcome.object)).not.toContain('status');
  });

  test('is left as it was given', () => {
    const spec = { addresses: [], 'auto-assign': false };
    const given = object('IPAddressPool', spec);
    const before = structuredClone(given);
    admit(given, CRDS.IPAddressPool);
    expect(given).toEqual(before);
  });

  test.each(originalObjects().map((each) => [`${each.kind} ${each.metadata.name}`, each] as const))(
    'that uses every field of the original is stored as it is: %s',
    (_, given) => {
      const ours = admit(given, CRDS[given.kind as ResourceKind]);
      const theirs = admit(given, originals[given.kind]!, 'ignored');
      expect(ours).toEqual({ kind: 'stored', object: { ...given, spec: { ...given.spec } } });
      expect(ours).toEqual(theirs);
    },
  );
});

describe('a server that holds numbers to their format', () => {
  const spec = { myASN: 4200000000, peerASN: 64513, peerAddress: '192.0.2.1' };
  const peer = object('BGPPeer', spec);

  test('takes AS numbers of 32 bits with our definitions', () => {
    expect(admit(peer, CRDS.BGPPeer, 'enforced').kind).toBe('stored');
  });

  test('takes no peer at all with the original ones, and says why', () => {
    const [first] = messagesOf(admit(peer, originals['BGPPeer']!, 'enforced'));
    expect(first).toBe(
      '<nil>: Invalid value: "": Maximum boundary value must be of type integer with format int32 in spec.myASN',
    );
  });

  test.each<[formats: FormatCheck, kind: string]>([
    ['enforced', 'refused'],
    ['ignored', 'stored'],
  ])('and %s formats have a length of 2^31 %s', (formats, kind) => {
    const advertisement = object('BGPAdvertisement', { aggregationLengthV6: 2 ** 31 });
    expect(admit(advertisement, CRDS.BGPAdvertisement, formats).kind).toBe(kind);
  });
});

describe('a definition that a cluster has', () => {
  const any: StructuralSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const cases: [what: string, schema: StructuralSchema, given: unknown, stored: unknown][] = [
    ['keeps what it is told to keep', any, { a: { b: null } }, { a: { b: null } }],
    [
      'keeps a null that it allows',
      { type: 'object', properties: { a: { type: 'string', nullable: true, default: 'x' } } },
      { a: null },
      { a: null },
    ],
    [
      'puts its default for a null in a list',
      {
        type: 'object',
        properties: { a: { type: 'array', items: { type: 'string', default: 'x' } } },
      },
      { a: [null] },
      { a: ['x'] },
    ],
    [
      'takes members of any name',
      { type: 'object', additionalProperties: { type: 'integer' } },
      { a: 1, constructor: 2 },
      { a: 1, constructor: 2 },
    ],
  ];

  test.each(cases)('%s', (_, schema, given, stored) => {
    const outcome = admit(object('Other', given), definition(schema));
    expect(outcome).toEqual({ kind: 'stored', object: object('Other', stored) });
  });

  test.each<[what: string, schema: StructuralSchema, given: unknown, reason: string]>([
    ['too long', { type: 'string', maxLength: 2 }, 'é😀é', 'schema-max-length'],
    ['too short', { type: 'string', minLength: 3 }, '😀', 'schema-min-length'],
    ['too many', { type: 'array', maxItems: 1, items: {} }, [1, 2], 'schema-max-items'],
    ['a null in a list', { type: 'array', items: { type: 'string' } }, [null], 'schema-type'],
  ])('refuses what is %s', (_, field, given, reason) => {
    const schema: StructuralSchema = { type: 'object', properties: { a: field } };
    const outcome = admit(object('Other', { a: given }), definition(schema));
    expect(outcome).toMatchObject({ kind: 'refused', problems: [{ reason }] });
  });

  test('takes a number that is whole where any number may be', () => {
    const schema: StructuralSchema = { type: 'object', properties: { a: { type: 'number' } } };
    expect(admit(object('Other', { a: 1 }), definition(schema)).kind).toBe('stored');
    expect(admit(object('Other', { a: 1.5 }), definition(schema)).kind).toBe('stored');
  });
});

function object(kind: string, spec: unknown, version?: string) {
  const stored = kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1';
  const apiVersion = `metallb.io/${version ?? stored}`;
  return { apiVersion, kind, metadata: { name: 'some', namespace: 'metallb-system' }, spec };
}

function messagesOf(outcome: ReturnType<typeof admit>): string[] {
  return outcome.kind === 'refused' ? outcome.problems.map(({ message }) => message) : [];
}

function definition(spec: StructuralSchema): CustomResourceDefinition {
  const openAPIV3Schema: StructuralSchema = { type: 'object', properties: { spec } };
  const { metadata, spec: outline, ...rest } = CRDS.Community;
  const names = { ...outline.names, kind: 'Other' };
  const versions = outline.versions.map((version) => ({ ...version, schema: { openAPIV3Schema } }));
  return { ...rest, metadata, spec: { ...outline, names, versions } };
}
