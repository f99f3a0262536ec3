import type { ServiceAccount } from 'kubernetes-types/core/v1.d.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
} from 'kubernetes-types/rbac/v1.d.ts';

type Account = 'controller' | 'speaker';

const RBAC = 'rbac.authorization.k8s.io';
const READ = ['get', 'list', 'watch'];
const KINDS = [
  ...['addresspools', 'bfdprofiles', 'bgpadvertisements', 'bgppeers', 'communities'],
  ...['ipaddresspools', 'l2advertisements'],
];
const resources: PolicyRule = { apiGroups: ['metallb.io'], resources: KINDS, verbs: READ };
const events: PolicyRule = { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] };

/** Names are those of crd.md §6.1; the rights are what the programs use, where the original has more. */
export const rights: readonly object[] = [
  account('controller'),
  account('speaker'),
  clusterRole('controller', [
    { apiGroups: [''], resources: ['services'], verbs: READ },
    { apiGroups: [''], resources: ['services/status'], verbs: ['update'] },
    { apiGroups: [''], resources: ['namespaces', 'nodes'], verbs: ['list', 'watch'] },
    events,
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['validatingwebhookconfigurations'],
      resourceNames: ['metallb-webhook-configuration', 'metallb-configmap-webhook-configuration'],
      verbs: ['get', 'patch'],
    },
    definitions(KINDS, 'get'),
    definitions(['addresspools', 'bgppeers'], 'patch'),
    policy('controller'),
  ]),
  clusterRole('speaker', [
    { apiGroups: [''], resources: ['services', 'endpoints', 'nodes'], verbs: READ },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
    events,
    policy('speaker'),
  ]),
  role('controller', [
    { apiGroups: [''], resources: ['configmaps'], verbs: READ },
    { apiGroups: [''], resources: ['secrets'], verbs: [...READ, 'create'] },
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: ['webhook-server-cert'],
      verbs: ['patch'],
    },
    {
      apiGroups: ['apps'],
      resources: ['deployments'],
      resourceNames: ['controller'],
      verbs: ['get'],
    },
    resources,
    { ...resources, resources: KINDS.map((kind) => `${kind}/status`), verbs: ['patch'] },
  ]),
  role('pod-lister', [
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: READ },
    resources,
  ]),
  clusterRoleBinding('controller'),
  clusterRoleBinding('speaker'),
  roleBinding('controller', 'controller'),
  roleBinding('pod-lister', 'speaker'),
];

function definitions(kinds: readonly string[], verb: string): PolicyRule {
  return {
    apiGroups: ['apiextensions.k8s.io'],
    resources: ['customresourcedefinitions'],
    resourceNames: kinds.map((kind) => `${kind}.metallb.io`),
    verbs: [verb],
  };
}

function policy(name: Account): PolicyRule {
  return {
    apiGroups: ['policy'],
    resources: ['podsecuritypolicies'],
    resourceNames: [name],
    verbs: ['use'],
  };
}

function account(name: Account): ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: namespaced(name) };
}

function clusterRole(name: Account, rules: PolicyRule[]): ClusterRole {
  return { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: ofCluster(name), rules };
}

function role(name: string, rules: PolicyRule[]): Role {
  return { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: namespaced(name), rules };
}

function clusterRoleBinding(name: Account): ClusterRoleBinding {
  const metadata = ofCluster(name);
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'metallb-system' }],
  };
}

function roleBinding(name: string, subject: Account): RoleBinding {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: namespaced(name),
    roleRef: { apiGroup: RBAC, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: subject, namespace: 'metallb-system' }],
  };
}

function ofCluster(name: Account): { name: string; labels: { app: string } } {
  return { name: `metallb-system:${name}`, labels: { app: 'metallb' } };
}

function namespaced(name: string): { name: string; namespace: string; labels: { app: string } } {
  return { name, namespace: 'metallb-system', labels: { app: 'metallb' } };
}
