import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convert } from '../../src/config-crd/conversion/index.ts';
import { CRDS, admit } from '../../src/config-crd/schema/index.ts';
import { objectsOf } from '../support/crds/objects.ts';

describe.each([
  ['BGPPeer', CRDS.BGPPeer, 'metallb.io/v1beta1', 'metallb.io/v1beta2'],
  ['AddressPool', CRDS.AddressPool, 'metallb.io/v1alpha1', 'metallb.io/v1beta1'],
] as const)('%s', (_, definition, older, storage) => {
  const sound = objectsOf(definition, 'sound').map((object) => stored(object));

  test('comes back from the other version as it was stored', () => {
    fc.assert(
      fc.property(sound, (object) => {
        const there = object['apiVersion'] === storage ? older : storage;
        const back = converted(converted(object, there), object['apiVersion'] as string);
        expect(meaning(back)).toEqual(meaning(object));
      }),
    );
  });

  test('is one that the storage version takes', () => {
    fc.assert(
      fc.property(sound, (object) => {
        expect(admit(converted(object, storage), definition).kind).toBe('stored');
      }),
    );
  });
});

test('any JSON is converted or refused, and of its metadata only annotations change', () => {
  const metadata = fc.dictionary(fc.constantFrom('name', 'uid', 'labels'), fc.jsonValue());
  const object = fc.record({
    apiVersion: fc.constantFrom('metallb.io/v1beta1', 'metallb.io/v1beta2', 'v1'),
    kind: fc.constantFrom('BGPPeer', 'AddressPool', 'Community'),
    metadata,
    spec: fc.oneof(fc.jsonValue(), peerLike()),
  });
  fc.assert(
    fc.property(
      object,
      fc.constantFrom('metallb.io/v1beta1', 'metallb.io/v1beta2'),
      (given, to) => {
        const conversion = convert(given, to);
        if (conversion.kind === 'refused') return;
        const { annotations, ...rest } = conversion.object['metadata'] as Record<string, unknown>;
        expect(rest).toEqual(given.metadata);
        expect(['string', 'undefined']).toContain(typeof Object.values(annotations ?? {})[0]);
      },
    ),
  );
});

function peerLike() {
  return fc.record({
    nodeSelectors: fc.oneof(fc.jsonValue(), fc.array(fc.record({ matchExpressions: anyList() }))),
    passwordSecret: fc.jsonValue(),
    vrf: fc.jsonValue(),
    peerPort: fc.constantFrom(0, 179, '0', null),
  });
}

function anyList() {
  return fc.array(fc.oneof(fc.jsonValue(), fc.record({ values: fc.jsonValue() })));
}

function stored(object: unknown): Readonly<Record<string, unknown>> {
  const { kind } = object as { kind: 'BGPPeer' | 'AddressPool' };
  const outcome = admit(object, CRDS[kind]);
  if (outcome.kind === 'refused') throw new Error(outcome.problems[0]?.message);
  return outcome.object;
}

function converted(object: unknown, to: string): Readonly<Record<string, unknown>> {
  const conversion = convert(object, to);
  if (conversion.kind === 'refused') throw new Error(conversion.message);
  return conversion.object;
}

/** The object without what says nothing: an empty list of values, and in the older version a port of 0. */
function meaning(object: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(JSON.stringify(object), (name, value: unknown) => {
    if (name === 'values' && Array.isArray(value) && value.length === 0) return undefined;
    const older = object['apiVersion'] === 'metallb.io/v1beta1' && object['kind'] === 'BGPPeer';
    return name === 'peerPort' && value === 0 && older ? undefined : value;
  });
}
