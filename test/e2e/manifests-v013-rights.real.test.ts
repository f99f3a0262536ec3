import { beforeAll, describe, expect, test } from 'vitest';
import { ownCluster } from './installed.ts';
import { INSTALL, overlay } from './manifests-v013.ts';

const OPERATOR = 'test/charts/prometheus-operator-crds.yaml';
const SUBJECT_ACCESS_REVIEW = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
};

describe('an install', () => {
  const cluster = ownCluster();

  beforeAll(async () => {
    await cluster.kubectl.must('apply', ...INSTALL);
  });

  test('lets the Prometheus of the operator look for what it scrapes, and no more', async () => {
    const { kubectl } = cluster;
    await kubectl.must('create', '-f', OPERATOR);
    await kubectl.must('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    await kubectl.must('apply', ...overlay('prometheus'));

    await expectRights('system:serviceaccount:monitoring:prometheus-k8s', {
      'list pods': true,
      'watch endpoints': true,
      'get services': true,
      'list secrets': false,
      'list pods -n shop': false,
    });
  });

  test('gives the controller the rights that it uses, and no more', async () => {
    await expectRights('system:serviceaccount:metallb-system:controller', {
      ...all(['get', 'list', 'watch'], 'services -n shop', true),
      'update services --subresource=status -n shop': true,
      'update services -n shop': false,
      'patch services -n shop': false,
      ...all(['list', 'watch'], 'namespaces', true),
      ...all(['list', 'watch'], 'nodes', true),
      'patch nodes': false,
      ...all(['create', 'patch'], 'events -n shop', true),
      'list events': false,
      ...all(['get', 'list', 'watch'], 'configmaps', true),
      'get configmaps -n shop': false,
      'update configmaps': false,
      ...all(['get', 'list', 'watch', 'create'], 'secrets', true),
      'patch secrets/webhook-server-cert': true,
      'patch secrets/memberlist': false,
      'update secrets/webhook-server-cert': false,
      'delete secrets/webhook-server-cert': false,
      'get secrets -n shop': false,
      'get deployments.apps/controller': true,
      'get deployments.apps/other': false,
      'patch deployments.apps/controller': false,
      'list pods': false,
      ...resourceRights(true),
      'get validatingwebhookconfigurations.admissionregistration.k8s.io/metallb-webhook-configuration': true,
      'patch validatingwebhookconfigurations.admissionregistration.k8s.io/metallb-webhook-configuration': true,
      'patch validatingwebhookconfigurations.admissionregistration.k8s.io/metallb-configmap-webhook-configuration': true,
      'patch validatingwebhookconfigurations.admissionregistration.k8s.io/other': false,
      'list validatingwebhookconfigurations.admissionregistration.k8s.io': false,
      'patch mutatingwebhookconfigurations.admissionregistration.k8s.io/metallb-webhook-configuration': false,
      'get customresourcedefinitions.apiextensions.k8s.io/communities.metallb.io': true,
      'patch customresourcedefinitions.apiextensions.k8s.io/communities.metallb.io': false,
      'patch customresourcedefinitions.apiextensions.k8s.io/bgppeers.metallb.io': true,
      'patch customresourcedefinitions.apiextensions.k8s.io/addresspools.metallb.io': true,
      'delete customresourcedefinitions.apiextensions.k8s.io/bgppeers.metallb.io': false,
      'get customresourcedefinitions.apiextensions.k8s.io/other.example.com': false,
      'create selfsubjectaccessreviews.authorization.k8s.io': true,
    });
  });

  test('gives the speaker the rights that it uses, and no more', async () => {
    await expectRights('system:serviceaccount:metallb-system:speaker', {
      ...all(['get', 'list', 'watch'], 'services -n shop', true),
      'update services --subresource=status -n shop': false,
      ...all(['get', 'list', 'watch'], 'endpoints -n shop', true),
      ...all(['get', 'list', 'watch'], 'endpointslices.discovery.k8s.io -n shop', true),
      ...all(['get', 'list', 'watch'], 'nodes', true),
      'list namespaces': false,
      ...all(['create', 'patch'], 'events -n shop', true),
      'list pods': true,
      'watch pods': false,
      'list pods -n shop': false,
      ...all(['get', 'list', 'watch'], 'configmaps', true),
      ...all(['get', 'list', 'watch'], 'secrets', true),
      'create secrets': false,
      'patch secrets/webhook-server-cert': false,
      'get secrets -n shop': false,
      ...resourceRights(false),
      'get customresourcedefinitions.apiextensions.k8s.io/bgppeers.metallb.io': false,
      'create selfsubjectaccessreviews.authorization.k8s.io': true,
    });
  });

  /** @param expected - "verb resource/name --subresource=part -n namespace", in metallb-system unless said */
  async function expectRights(
    user: string,
    expected: Readonly<Record<string, boolean>>,
  ): Promise<void> {
    const answers: Record<string, boolean> = {};
    for (const question of Object.keys(expected)) {
      const spec = {
        user,
        groups: ['system:authenticated'],
        resourceAttributes: attributesOf(question),
      };
      const review = { ...SUBJECT_ACCESS_REVIEW, spec };
      const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      const { body } = await cluster.plane.admin.request('POST', path, review);
      answers[question] = (body as { status: { allowed: boolean } }).status.allowed;
    }
    expect(answers).toEqual(expected);
  }
});

function attributesOf(question: string): Record<string, string> {
  const [line = '', namespace = 'metallb-system'] = question.split(' -n ');
  const [words = '', subresource = ''] = line.split(' --subresource=');
  const [verb = '', what = ''] = words.split(' ');
  const [type = '', name = ''] = what.split('/');
  const [resource = '', ...group] = type.split('.');
  return { verb, resource, group: group.join('.'), subresource, name, namespace };
}

function all(verbs: readonly string[], what: string, may: boolean): Record<string, boolean> {
  return Object.fromEntries(verbs.map((verb) => [`${verb} ${what}`, may]));
}

/** Both programs read every kind in their own namespace; the controller alone writes, and only into the status. */
function resourceRights(status: boolean): Record<string, boolean> {
  const kinds = [
    ...['addresspools', 'bfdprofiles', 'bgpadvertisements', 'bgppeers', 'communities'],
    ...['ipaddresspools', 'l2advertisements'],
  ];
  const rights = kinds.map((kind) => ({
    ...all(['get', 'list', 'watch'], `${kind}.metallb.io`, true),
    ...all(['create', 'update', 'patch', 'delete'], `${kind}.metallb.io`, false),
    [`patch ${kind}.metallb.io --subresource=status`]: status,
    [`update ${kind}.metallb.io --subresource=status`]: false,
    [`list ${kind}.metallb.io -n shop`]: false,
  }));
  return Object.assign({}, ...rights) as Record<string, boolean>;
}
