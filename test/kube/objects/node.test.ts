import { expect, test } from 'vitest';
import { nodeView } from '../../../src/runtime/kube/index.ts';

test('of a Node nothing is kept but its name, its labels and whether it has no network', () => {
  const conditions = [
    { type: 'Ready', status: 'True' },
    { type: 'NetworkUnavailable', status: 'True', reason: 'NoRouteCreated' },
  ];
  const labels = { rack: 'a' };
  const metadata = { name: 'alpha', labels, annotations: { large: 'x' }, uid: 'uid-alpha' };
  const status = { conditions, images: [{ names: ['large'] }], addresses: [] };
  expect(nodeView({ metadata, spec: { podCIDR: '203.0.113.0/24' }, status })).toEqual({
    name: 'alpha',
    labels,
    networkUnavailable: true,
  });
});

test.each([
  ['False', [{ type: 'NetworkUnavailable', status: 'False' }]],
  ['Unknown', [{ type: 'NetworkUnavailable', status: 'Unknown' }]],
  ['not told', [{ type: 'Ready', status: 'False' }]],
])('a Node whose condition NetworkUnavailable is %s has a network', (_status, conditions) => {
  expect(nodeView({ metadata: { name: 'a' }, status: { conditions } })).toMatchObject({
    labels: {},
    networkUnavailable: false,
  });
});
