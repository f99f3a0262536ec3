import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/runtime/model/index.ts';
import type { Verdict } from '../../src/runtime/webhook/review/admission.ts';
import { reviewResource } from '../../src/runtime/webhook/review/resources.ts';
import {
  type AnObject,
  type Known,
  aPeer,
  aPool,
  anObject,
  asked,
  factsOf,
} from '../support/admission.ts';

const layer2 = anObject('L2Advertisement', 'everything', {});
const PROFILE = anObject('BFDProfile', 'swift', {});

function create(object: AnObject, stored: readonly unknown[], known?: Known): Verdict {
  return reviewResource(asked('CREATE', object), factsOf(stored, known));
}

function update(object: AnObject, stored: readonly AnObject[], known?: Known): Verdict {
  const before = stored.find(
    ({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name,
  );
  return reviewResource(asked('UPDATE', object, before), factsOf(stored, known));
}

function refusal(verdict: Verdict): string {
  return verdict.kind === 'refused' ? verdict.message : 'allowed';
}

describe('a write is refused', () => {
  test('in the words of the original, with the field', () => {
    const verdict = create(aPool('harbor', '198.51.100.0/24', '198.51.100.300'), []);
    expect(refusal(verdict)).toMatch(/^parsing address pool harbor: invalid CIDR "198.51.100.300"/);
    expect(refusal(verdict)).toContain('(at spec.addresses[1]');
  });

  test('for an overlap with a pool that is stored', () => {
    const stored = [aPool('marina', '198.51.100.0/25')];
    expect(refusal(create(aPool('harbor', '198.51.100.64/26'), stored))).toContain(
      'overlaps with already defined CIDR',
    );
  });

  test('with every fault that it brings, not only the first', () => {
    const message = refusal(create(aPool('harbor', 'what', 'nonsense'), []));
    expect(message).toContain('"what"');
    expect(message).toContain('"nonsense"');
  });

  test('outside of the namespace', () => {
    const elsewhere = { ...aPool('harbor', '198.51.100.0/24') };
    const object = { ...elsewhere, metadata: { name: 'harbor', namespace: 'till' } };
    expect(refusal(create(object, []))).toBe(
      'resource must be created in metallb-system namespace',
    );
  });

  test('for what another object says of it, which the original overlooks', () => {
    const advertisement = anObject('BGPAdvertisement', 'route', { aggregationLength: 24 });
    const stored = [aPool('harbor', '198.51.100.0/24'), advertisement];
    expect(refusal(update(aPool('harbor', '198.51.100.0/26'), stored))).toContain(
      'invalid aggregation length 24',
    );
  });

  test('for a Secret that is no password, which the original overlooks', () => {
    const peer = aPeer('spine', { passwordSecret: { name: 'spine-md5' } });
    const secrets = { 'spine-md5': { type: 'Opaque' } };
    expect(refusal(create(peer, [], { secrets }))).toContain('secret type mismatch');
  });

  test('for the mode that the speakers run in', () => {
    expect(refusal(create(PROFILE, [], { mode: 'native' }))).toContain('bfd profiles section set');
    expect(create(PROFILE, [], { mode: 'frr' }).kind).toBe('allowed');
  });
});

describe('a write is allowed', () => {
  test('although something else was broken before', () => {
    const broken = aPool('broken', 'nonsense');
    expect(create(aPool('harbor', '198.51.100.0/24'), [broken, layer2]).kind).toBe('allowed');
    expect(update(layer2, [broken, layer2]).kind).toBe('allowed');
  });

  test('although the object itself was broken before, if nothing of that changes', () => {
    const broken = aPool('broken', 'nonsense');
    const labelled = { ...broken, metadata: { ...broken.metadata, labels: { tier: 'a' } } };
    expect(update(labelled, [broken]).kind).toBe('allowed');
  });

  test('when it mends what was broken', () => {
    const stored = [aPool('harbor', 'nonsense')];
    expect(update(aPool('harbor', '198.51.100.0/24'), stored).kind).toBe('allowed');
  });

  test('as the copy of the object that is stored, not beside it', () => {
    const stored = [aPool('harbor', '198.51.100.0/24'), layer2];
    expect(update(aPool('harbor', '198.51.100.0/25'), stored)).toEqual({
      kind: 'allowed',
      warnings: [],
    });
  });

  test('outside of the namespace where the object is already', () => {
    const object = {
      ...aPool('harbor', 'nonsense'),
      metadata: { name: 'harbor', namespace: 'till' },
    };
    const verdict = reviewResource(asked('UPDATE', object, object), factsOf([]));
    expect(verdict.kind).toBe('allowed');
    expect(verdict.warnings.join()).toContain('configures nothing');
  });

  test('of what has no name yet', () => {
    const { metadata, ...rest } = aPool('harbor', '198.51.100.0/24');
    const unnamed = { ...rest, metadata: { ...metadata, name: '', generateName: 'pool-' } };
    expect(create(unnamed, []).kind).toBe('allowed');
    expect(refusal(create({ ...unnamed, spec: { addresses: ['nonsense'] } }, []))).toContain(
      '"nonsense"',
    );
  });
});

describe('a reference to what may still come is allowed, and told', () => {
  test.each<[what: string, object: AnObject, says: string]>([
    ['a community', anObject('BGPAdvertisement', 'route', { communities: ['quiet'] }), 'quiet'],
    ['a BFD profile', aPeer('spine', { bfdProfile: 'swift' }), 'swift'],
    ['a Secret', aPeer('spine', { passwordSecret: { name: 'md5' } }), 'secret'],
  ])('%s', (_, object, says) => {
    const { kind, warnings } = create(object, [aPool('harbor', '198.51.100.0/24'), layer2]);
    expect(kind).toBe('allowed');
    expect(warnings.join()).toMatch(new RegExp(`not in force until.*${says}`));
  });

  test('and does not hide a fault behind it', () => {
    const peer = aPeer('spine', { bfdProfile: 'swift', holdTime: '2s' });
    expect(refusal(create(peer, []))).toContain('invalid hold time');
    const other = aPeer('zinc', { myASN: 0, peerAddress: '192.0.2.253' });
    expect(refusal(create(other, [aPeer('spine', { bfdProfile: 'swift' })]))).toContain(
      'missing local ASN',
    );
  });

  test('but a Secret that nobody could look for is not called missing', () => {
    const peer = aPeer('spine', { passwordSecret: { name: 'md5' } });
    expect(create(peer, [], { secretsRead: false })).toEqual({ kind: 'allowed', warnings: [] });
  });

  test('and not when it is there', () => {
    const peer = aPeer('spine', { passwordSecret: { name: 'md5' }, bfdProfile: 'swift' });
    const secrets = { md5: { type: 'kubernetes.io/basic-auth', password: new Secret('x') } };
    expect(create(peer, [PROFILE], { secrets })).toEqual({ kind: 'allowed', warnings: [] });
  });
});

describe('whoever writes is warned', () => {
  test('of a pool that nobody announces', () => {
    const { warnings } = create(aPool('harbor', '198.51.100.0/24'), []);
    expect(warnings.join()).toMatch(/no advertisement is for pool "harbor".*nobody announces/);
    expect(create(aPool('harbor', '198.51.100.0/24'), [layer2]).warnings).toEqual([]);
  });

  test('of a pool whose last advertisement turns away, and of no other', () => {
    const stored = [
      aPool('harbor', '198.51.100.0/24'),
      aPool('marina', '203.0.113.0/24'),
      anObject('L2Advertisement', 'one', { ipAddressPools: ['harbor'] }),
    ];
    const turned = anObject('L2Advertisement', 'one', { ipAddressPools: ['marina'] });
    const { warnings } = update(turned, stored);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('pool "harbor"');
  });

  test('of a name that nothing has, with what was probably meant', () => {
    const advertisement = anObject('L2Advertisement', 'one', { ipAddressPools: ['habor'] });
    const { warnings } = create(advertisement, [aPool('harbor', '198.51.100.0/24'), layer2]);
    expect(warnings.join()).toMatch(/"habor".*did you mean "harbor"/);
  });

  test('of a password in clear text, which is not repeated', () => {
    const { warnings } = create(aPeer('spine', { password: 'swordfish' }), []);
    expect(warnings.join()).toContain('passwordSecret');
    expect(warnings.join()).not.toContain('swordfish');
  });

  test('of a kind whose time is over', () => {
    const old = anObject('AddressPool', 'old', {
      protocol: 'layer2',
      addresses: ['198.51.100.0/24'],
    });
    expect(create(old, []).warnings.join()).toContain('AddressPool is deprecated');
  });
});

describe('a BFDProfile goes', () => {
  const remove = (stored: readonly AnObject[]): Verdict =>
    reviewResource(asked('DELETE', PROFILE), factsOf(stored));

  test('unless a peer uses it, and the peers are named', () => {
    const users = [aPeer('spine', { bfdProfile: 'swift' }), aPeer('leaf', { bfdProfile: 'swift' })];
    expect(refusal(remove([PROFILE, ...users]))).toBe(
      'failed to delete BFDProfile swift, used by BGPPeer leaf, spine',
    );
    expect(remove([PROFILE, aPeer('spine', { bfdProfile: 'other' })]).kind).toBe('allowed');
  });

  test('whatever peers of other namespaces say', () => {
    const spine = aPeer('spine', { bfdProfile: 'swift' });
    const foreign = { ...spine, metadata: { ...spine.metadata, namespace: 'till' } };
    expect(remove([PROFILE, foreign]).kind).toBe('allowed');
  });
});

test('other kinds may go, used or not', () => {
  const pool = aPool('harbor', '198.51.100.0/24');
  const naming = anObject('L2Advertisement', 'one', { ipAddressPools: ['harbor'] });
  expect(reviewResource(asked('DELETE', pool), factsOf([pool, naming])).kind).toBe('allowed');
});
