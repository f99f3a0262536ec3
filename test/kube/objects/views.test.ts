import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  announcedView,
  endpointsView,
  nodeView,
  serviceView,
  sliceViews,
} from '../../../src/runtime/kube/index.ts';
import { podView, serviceOfSlice } from '../../../src/runtime/kube/objects/views.ts';

describe('a Service', () => {
  test('is read as the facts that decisions need', () => {
    const object = {
      metadata: {
        name: 'web',
        namespace: 'shop',
        uid: 'u1',
        creationTimestamp: '2026-01-01T00:00:00Z',
        resourceVersion: '7',
        labels: { team: 'a' },
        annotations: {
          'metallb.universe.tf/address-pool': 'gold',
          'metallb.universe.tf/allow-shared-ip': 'key',
          'metallb.universe.tf/loadBalancerIPs': '192.0.2.1,2001:db8::1',
        },
      },
      spec: {
        type: 'LoadBalancer',
        clusterIP: '198.51.100.1',
        clusterIPs: ['198.51.100.1', '2001:db8:1::1'],
        loadBalancerIP: '192.0.2.9',
        externalTrafficPolicy: 'Local',
        selector: { tier: 'web', app: 'shop' },
        ports: [{ protocol: 'UDP', port: 53 }, { port: 80 }],
      },
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { hostname: 'x' }, { ip: '' }] } },
    };
    expect(serviceView(object)).toEqual({
      key: 'shop/web',
      uid: 'u1',
      createdAt: '2026-01-01T00:00:00Z',
      labels: { team: 'a' },
      type: 'LoadBalancer',
      clusterIPs: ['198.51.100.1', '2001:db8:1::1'],
      ingress: ['192.0.2.1'],
      hasLoadBalancerStatus: true,
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 80 },
      ],
      externalTrafficPolicy: 'Local',
      selector: 'app=shop,tier=web',
      loadBalancerIP: '192.0.2.9',
      loadBalancerIPs: '192.0.2.1,2001:db8::1',
      addressPool: 'gold',
      sharingKey: 'key',
    });
  });

  test.each([
    ['of an API server before 1.20', { clusterIP: '198.51.100.1' }, ['198.51.100.1']],
    ['without an address', { clusterIP: 'None', clusterIPs: ['None'] }, ['None']],
    ['not yet completed', {}, []],
  ])('%s has these cluster addresses', (_, spec, expected) => {
    expect(serviceView({ metadata: { name: 'a' }, spec }).clusterIPs).toEqual(expected);
  });

  test.each([
    ['no status', {}, false],
    ['an empty status', { loadBalancer: {} }, false],
    ['an empty list', { loadBalancer: { ingress: [] } }, false],
    ['a host name only', { loadBalancer: { ingress: [{ hostname: 'x' }] } }, true],
  ])('with %s is told from one with something to clear', (_, status, expected) => {
    expect(serviceView({ metadata: { name: 'a' }, status }).hasLoadBalancerStatus).toBe(expected);
  });
});

describe('endpoints', () => {
  test('of an Endpoints object are ready or not as it says', () => {
    const subsets = [
      {
        addresses: [{ ip: '192.0.2.1', nodeName: 'alpha' }],
        notReadyAddresses: [{ ip: '192.0.2.2' }, { hostname: 'no address' }],
      },
    ];
    expect(endpointsView({ subsets })).toEqual([
      { addresses: ['192.0.2.1'], ready: true, nodeName: 'alpha' },
      { addresses: ['192.0.2.2'], ready: false },
    ]);
  });

  test.each([
    ['v1', { nodeName: 'alpha' }],
    ['v1beta1', { topology: { 'kubernetes.io/hostname': 'alpha' } }],
  ])('of a %s slice are ready unless told otherwise', (_, place) => {
    const endpoints = [
      { addresses: ['192.0.2.1'], conditions: { ready: true }, ...place },
      { addresses: ['192.0.2.2'], conditions: { ready: null }, ...place },
      { addresses: ['192.0.2.3'], conditions: { ready: false }, ...place },
      { addresses: ['192.0.2.4'] },
    ];
    expect(sliceViews({ endpoints }).map(({ ready }) => ready)).toEqual([true, true, false, true]);
    expect(sliceViews({ endpoints }).map(({ nodeName }) => nodeName)).toEqual([
      'alpha',
      'alpha',
      'alpha',
      undefined,
    ]);
  });

  test('of a slice belong to the Service that its label names', () => {
    const labels = { 'kubernetes.io/service-name': 'web' };
    const slice = { metadata: { name: 'web-x1', namespace: 'shop', labels } };
    expect(serviceOfSlice(slice)).toBe('shop/web');
    expect(serviceOfSlice({ metadata: { name: 'stray', namespace: 'shop' } })).toBeUndefined();
  });
});

test('a Pod is ready when it runs and says so', () => {
  const pod = (phase: string, status: string): object => ({
    metadata: { name: 'p', ownerReferences: [{ kind: 'DaemonSet', name: 'speaker' }] },
    spec: { nodeName: 'alpha' },
    status: { phase, podIP: '192.0.2.5', conditions: [{ type: 'Ready', status }] },
  });
  expect(podView(pod('Running', 'True'))).toEqual({
    name: 'p',
    labels: {},
    nodeName: 'alpha',
    podIP: '192.0.2.5',
    ready: true,
    ofDaemonSet: true,
  });
  expect(podView(pod('Running', 'False')).ready).toBe(false);
  expect(podView(pod('Failed', 'True')).ready).toBe(false);
});

test('a Pod has started when every container runs', () => {
  const running = { state: { running: { startedAt: '2026-01-01T00:00:00Z' } } };
  const waiting = { state: { waiting: { reason: 'CrashLoopBackOff' } } };
  const started = (...containerStatuses: object[]): string | undefined =>
    podView({ metadata: { name: 'p' }, status: { phase: 'Running', containerStatuses } }).started;
  expect(started(running)).toBe('2026-01-01T00:00:00Z');
  expect(started(running, waiting)).toBeUndefined();
  expect(started()).toBeUndefined();
});

test('what a speaker keeps of a Service says what all of its facts say', () => {
  const name = fc.constantFrom('web', 'mail');
  const policy = fc.constantFrom('Local', 'Cluster', 7);
  const service = fc.record({
    metadata: fc.record({ name, namespace: name, uid: fc.string(), labels: fc.object() }),
    spec: fc.record(
      {
        type: fc.constantFrom('LoadBalancer', 'ClusterIP', 1),
        loadBalancerClass: fc.constantFrom('example.org/lb', ''),
        externalTrafficPolicy: policy,
      },
      { requiredKeys: [] },
    ),
    status: fc.record({
      loadBalancer: fc.record({ ingress: fc.array(fc.record({ ip: fc.ipV4() })) }),
    }),
  });
  fc.assert(
    fc.property(service, (object) => {
      const { key, uid, type, ingress, loadBalancerClass, ...rest } = serviceView(object);
      const { hasLoadBalancerStatus, externalTrafficPolicy } = rest;
      expect(announcedView(object)).toStrictEqual({
        ...{ key, uid, type, ingress, hasLoadBalancerStatus, externalTrafficPolicy },
        ...(loadBalancerClass !== undefined && { loadBalancerClass }),
      });
    }),
  );
});

test('junk in place of anything is read as nothing, never as a fault', () => {
  const ofServices = [serviceView, announcedView, endpointsView, sliceViews, serviceOfSlice];
  const views = [...ofServices, nodeView, podView];
  const names = ['metadata', 'spec', 'status', 'subsets', 'endpoints', 'loadBalancer', 'ingress'];
  const inner = ['name', 'labels', 'annotations', 'ports', 'clusterIPs', 'addresses', 'topology'];
  const key = fc.constantFrom(...names, ...inner, '__proto__', 'conditions', 'selector');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, undefined, '', 'x', 0, -1, true),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie('tree')), { maxLength: 5 }).map((all) => Object.fromEntries(all)),
    ),
  }));
  fc.assert(
    fc.property(tree, (junk) => {
      for (const view of views) view(junk);
      expect(serviceView(junk).ingress.every((ip) => typeof ip === 'string')).toBe(true);
    }),
  );
});
