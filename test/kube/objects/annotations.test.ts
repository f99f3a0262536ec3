import { describe, expect, test } from 'vitest';
import { serviceView } from '../../../src/runtime/kube/index.ts';
import { withAllocatedFrom } from '../../../src/runtime/kube/objects/annotations.ts';

const service = (annotations: object): object => ({ metadata: { name: 'web', annotations } });

const OLD = {
  'metallb.universe.tf/address-pool': 'gold',
  'metallb.universe.tf/allow-shared-ip': 'key',
  'metallb.universe.tf/loadBalancerIPs': '192.0.2.1',
};
const LATER = {
  'metallb.io/address-pool': 'silver',
  'metallb.io/allow-shared-ip': 'key',
  'metallb.io/loadBalancerIPs': '192.0.2.2',
};

describe('under v0.13', () => {
  test('both spellings of an annotation count', () => {
    const wishes = { addressPool: 'silver', sharingKey: 'key', loadBalancerIPs: '192.0.2.2' };
    expect(serviceView(service(LATER), 'v0.13')).toMatchObject({
      ...wishes,
      loadBalancerIPsKey: 'metallb.io/loadBalancerIPs',
    });
    const old = serviceView(service(OLD), 'v0.13');
    expect(old).toMatchObject({ addressPool: 'gold', loadBalancerIPs: '192.0.2.1' });
    expect(old).not.toHaveProperty('disputed');
    expect(old).not.toHaveProperty('loadBalancerIPsKey');
  });

  test('of two that differ the later spelling wins, and that they differ is known', () => {
    expect(serviceView(service({ ...OLD, ...LATER }), 'v0.13')).toMatchObject({
      addressPool: 'silver',
      loadBalancerIPs: '192.0.2.2',
      disputed: ['address-pool', 'loadBalancerIPs'],
    });
  });

  test('an empty one is none', () => {
    const view = serviceView(service({ ...OLD, 'metallb.io/address-pool': '' }), 'v0.13');
    expect(view).toMatchObject({ addressPool: 'gold' });
    expect(view).not.toHaveProperty('disputed');
  });

  test('the pool it was allocated from is read', () => {
    const annotations = { 'metallb.universe.tf/ip-allocated-from-pool': 'gold' };
    expect(serviceView(service(annotations), 'v0.13')).toMatchObject({ allocatedFrom: 'gold' });
    expect(serviceView(service(annotations), 'v0.12')).not.toHaveProperty('allocatedFrom');
  });
});

test.each(['v0.10', 'v0.11', 'v0.12'] as const)(
  'under %s only the old spelling counts',
  (compat) => {
    expect(serviceView(service(LATER), compat)).toMatchObject({
      addressPool: '',
      sharingKey: '',
      loadBalancerIPs: '',
    });
    expect(serviceView(service({ ...OLD, ...LATER }), compat)).toEqual(
      serviceView(service(OLD), compat),
    );
  },
);

test('the class of a Service is known under every release', () => {
  const object = { metadata: { name: 'web' }, spec: { loadBalancerClass: 'example.org/lb' } };
  expect(serviceView(object)).toMatchObject({ loadBalancerClass: 'example.org/lb' });
  expect(serviceView({ metadata: { name: 'web' } })).not.toHaveProperty('loadBalancerClass');
});

describe('the annotation that names the pool', () => {
  const key = 'metallb.universe.tf/ip-allocated-from-pool';

  test('is added, replaced and removed beside the others', () => {
    const metadata = { name: 'web', annotations: { note: 'kept' } };
    const gold = withAllocatedFrom(metadata, 'gold');
    expect(gold).toEqual({ name: 'web', annotations: { note: 'kept', [key]: 'gold' } });
    expect(withAllocatedFrom(gold, 'silver')).toEqual({
      name: 'web',
      annotations: { note: 'kept', [key]: 'silver' },
    });
    expect(withAllocatedFrom(gold, undefined)).toEqual(metadata);
  });

  test('takes the place of the one that a later release wrote', () => {
    const later = { 'metallb.io/ip-allocated-from-pool': 'gold' };
    const metadata = { name: 'web', annotations: later };
    expect(withAllocatedFrom(metadata, 'silver')).toEqual({
      name: 'web',
      annotations: { [key]: 'silver' },
    });
    expect(withAllocatedFrom(metadata, undefined)).toEqual({ name: 'web' });
  });

  test('leaves no empty map behind', () => {
    const gold = withAllocatedFrom({ name: 'web' }, 'gold');
    expect(withAllocatedFrom(gold, undefined)).toEqual({ name: 'web' });
  });
});
