import { describe, expect, test } from 'vitest';
import { convert, toStorageVersion } from '../../src/config-crd/conversion/index.ts';
import { CRDS, admit } from '../../src/config-crd/schema/index.ts';

const [OLD, NEW] = ['metallb.io/v1beta1', 'metallb.io/v1beta2'];
const KEPT_FIELDS = 'metal-lb.io/v1beta2-fields';
const SESSION = { myASN: 64512, peerASN: 64513, peerAddress: '192.0.2.254' };

describe('a peer of the older version', () => {
  test('becomes one of the newer, field by field', () => {
    const more = { peerPort: 1790, holdTime: '90s', password: 'example', ebgpMultiHop: true };
    const nodeSelectors = [
      { matchLabels: { rack: 'r1' } },
      { matchExpressions: [{ key: 'gpu', operator: 'Near', values: ['yes'] }] },
      {},
    ];
    const spec = { ...SESSION, ...more, nodeSelectors };
    expect(converted(peer(OLD, spec), NEW)).toEqual(peer(NEW, spec));
  });

  test('with a port of 0 gets the default one where it is stored', () => {
    const stored = admit(converted(peer(OLD, { ...SESSION, peerPort: 0 }), NEW), CRDS.BGPPeer);
    expect(stored).toMatchObject({ kind: 'stored', object: { spec: { peerPort: 179 } } });
  });

  test('does not bring fields that its version has not', () => {
    const spec = { ...SESSION, vrf: 'red', passwordSecret: { name: 'md5' } };
    expect(converted(peer(OLD, spec), NEW)).toEqual(peer(NEW, SESSION));
  });
});

describe('a peer of the newer version', () => {
  test('is one of the older without the reference to a password and without the VRF', () => {
    const spec = { ...SESSION, peerPort: 179, vrf: 'red', passwordSecret: { name: 'md5' } };
    const older = converted(peer(NEW, spec), OLD);
    expect(older).toMatchObject({ apiVersion: OLD, spec: { ...SESSION, peerPort: 179 } });
    expect(Object.keys(older['spec'] as object)).not.toContain('passwordSecret');
    expect(Object.keys(older['spec'] as object)).not.toContain('vrf');
    expect(admit(older, CRDS.BGPPeer).kind).toBe('stored');
  });

  test('gets empty values for what must only exist', () => {
    const nodeSelectors = [{ matchExpressions: [{ key: 'gpu', operator: 'Exists' }] }];
    expect(converted(peer(NEW, { ...SESSION, nodeSelectors }), OLD)).toEqual(
      peer(OLD, {
        ...SESSION,
        nodeSelectors: [{ matchExpressions: [{ key: 'gpu', operator: 'Exists', values: [] }] }],
      }),
    );
  });
});

describe('a client that reads a peer as v1beta1 and writes it back', () => {
  const passwordSecret = { name: 'spine-md5', namespace: 'metallb-system' };
  const stored = peer(NEW, { ...SESSION, peerPort: 0, passwordSecret, vrf: 'red' });

  test('keeps the reference to the password, the VRF and the port', () => {
    expect(converted(converted(stored, OLD), NEW)).toEqual(stored);
  });

  test('keeps them though it changes another field', () => {
    const seen = converted(stored, OLD);
    const changed = { ...seen, spec: { ...(seen['spec'] as object), holdTime: '30s' } };
    expect(converted(changed, NEW)['spec']).toEqual({ ...stored.spec, holdTime: '30s' });
  });

  test('may give another port', () => {
    const seen = converted(stored, OLD);
    const changed = { ...seen, spec: { ...(seen['spec'] as object), peerPort: 1790 } };
    expect(converted(changed, NEW)['spec']).toMatchObject({ peerPort: 1790, vrf: 'red' });
  });

  test('keeps its own annotations', () => {
    const annotations = { 'example.org/owner': 'net' };
    const annotated = { ...stored, metadata: { ...stored.metadata, annotations } };
    expect(converted(converted(annotated, OLD), NEW)).toEqual(annotated);
  });

  test('sees no password in the annotation', () => {
    const careless = { ...passwordSecret, password: 'hunter2' };
    const spec = { ...stored.spec, password: 'hunter2', passwordSecret: careless };
    const { metadata } = converted(peer(NEW, spec), OLD) as {
      metadata: { annotations: Record<string, string> };
    };
    expect(metadata.annotations[KEPT_FIELDS]).toBe(
      '{"passwordSecret":{"name":"spine-md5","namespace":"metallb-system"},"peerPort":0,"vrf":"red"}',
    );
  });
});

describe('the annotation', () => {
  test.each([['{'], ['null'], ['[]'], ['"vrf"']])('holding %s is left alone', (text) => {
    const given = annotated(peer(OLD, SESSION), text);
    expect(converted(given, NEW)).toEqual(annotated(peer(NEW, SESSION), text));
  });

  test('restores nothing that is not of its type', () => {
    const text = '{"vrf":7,"passwordSecret":{"name":["x"]},"peerPort":80,"password":"x"}';
    const { spec, metadata } = converted(annotated(peer(OLD, SESSION), text), NEW);
    expect(spec).toEqual({ ...SESSION, passwordSecret: {} });
    expect(metadata).toEqual(peer(NEW, SESSION).metadata);
  });

  test('of an earlier state goes when there is nothing to keep', () => {
    const given = annotated(peer(NEW, SESSION), '{"vrf":"old"}');
    expect(converted(given, OLD)).toEqual(peer(OLD, SESSION));
  });
});

describe('an AddressPool', () => {
  const pool = (apiVersion: string) => ({
    apiVersion,
    kind: 'AddressPool',
    metadata: { name: 'pier' },
    spec: { protocol: 'layer2', addresses: ['192.0.2.0/24'] },
  });

  test.each([
    ['metallb.io/v1alpha1', 'metallb.io/v1beta1'],
    ['metallb.io/v1beta1', 'metallb.io/v1alpha1'],
    ['metallb.io/v1beta1', 'metallb.io/v1beta1'],
  ])('of %s is the same in %s', (from, to) => {
    expect(converted(pool(from), to)).toEqual(pool(to));
  });
});

describe('refused is', () => {
  test.each<[what: string, object: unknown, desired: string, message: string]>([
    ['no object', [], NEW, 'not an object with apiVersion and kind'],
    [
      'a kind of one version',
      { apiVersion: OLD, kind: 'Community' },
      NEW,
      'Community has no other versions to convert between',
    ],
    [
      'a version that is not known',
      peer(NEW, SESSION),
      'metallb.io/v1',
      'BGPPeer has no version metallb.io/v1: there are metallb.io/v1beta1 and metallb.io/v1beta2',
    ],
    [
      'another group',
      { ...peer(NEW, SESSION), apiVersion: 'example.org/v1beta2' },
      NEW,
      'BGPPeer has no version example.org/v1beta2: there are metallb.io/v1beta1 and metallb.io/v1beta2',
    ],
  ])('%s', (_, object, desired, message) => {
    expect(convert(object, desired)).toEqual({ kind: 'refused', message });
  });
});

describe('the storage version', () => {
  test('is made of the older one', () => {
    expect(toStorageVersion(peer(OLD, SESSION))).toEqual(peer(NEW, SESSION));
  });

  test.each([
    ['the storage version itself', peer(NEW, SESSION)],
    ['a version that is not known', peer('metallb.io/v1', SESSION)],
    ['a kind of one version', { apiVersion: OLD, kind: 'Community' }],
    ['a text', 'BGPPeer'],
    ['null', null],
  ])('of %s is the thing itself', (_, object) => {
    expect(toStorageVersion(object)).toBe(object);
  });
});

function peer(apiVersion: string, spec: object) {
  const metadata = { name: 'spine', namespace: 'metallb-system' };
  return { apiVersion, kind: 'BGPPeer', metadata, spec };
}

function annotated(object: ReturnType<typeof peer>, text: string) {
  return { ...object, metadata: { ...object.metadata, annotations: { [KEPT_FIELDS]: text } } };
}

function converted(object: unknown, desired: string): Readonly<Record<string, unknown>> {
  const conversion = convert(object, desired);
  if (conversion.kind === 'refused') throw new Error(conversion.message);
  return conversion.object;
}
