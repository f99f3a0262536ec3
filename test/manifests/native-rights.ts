import type { ServiceAccount } from 'kubernetes-types/core/v1.d.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from 'kubernetes-types/rbac/v1.d.ts';

type Account = 'controller' | 'speaker';

/** The rights of a native install, object by object as legacy.md §8.1 lists them. */
export const rights: readonly object[] = [
  account('controller'),
  account('speaker'),
  clusterRole('metallb-system:controller', [
    { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['services/status'], verbs: ['update'] },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    policy('controller'),
  ]),
  clusterRole('metallb-system:speaker', [
    {
      apiGroups: [''],
      resources: ['services', 'endpoints', 'nodes'],
      verbs: ['get', 'list', 'watch'],
    },
    {
      apiGroups: ['discovery.k8s.io'],
      resources: ['endpointslices'],
      verbs: ['get', 'list', 'watch'],
    },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    policy('speaker'),
  ]),
  role('config-watcher', [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] },
  ]),
  role('pod-lister', [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]),
  role('controller', [
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['memberlist'], verbs: ['list'] },
    {
      apiGroups: ['apps'],
      resources: ['deployments'],
      resourceNames: ['controller'],
      verbs: ['get'],
    },
  ]),
  clusterRoleBinding('metallb-system:controller', ['controller']),
  clusterRoleBinding('metallb-system:speaker', ['speaker']),
  roleBinding('config-watcher', ['controller', 'speaker']),
  roleBinding('pod-lister', ['speaker']),
  roleBinding('controller', ['controller']),
];

function account(name: Account): ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: namespaced(name) };
}

function clusterRole(name: string, rules: PolicyRule[]): ClusterRole {
  const metadata = { name, labels: { app: 'metallb' } };
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules };
}

function role(name: string, rules: PolicyRule[]): Role {
  const metadata = namespaced(name);
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules };
}

function clusterRoleBinding(name: string, accounts: readonly Account[]): ClusterRoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: { app: 'metallb' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: accounts.map(subject),
  };
}

function roleBinding(name: string, accounts: readonly Account[]): RoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: namespaced(name),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: accounts.map(subject),
  };
}

function namespaced(name: string): { name: string; namespace: string; labels: { app: string } } {
  return { name, namespace: 'metallb-system', labels: { app: 'metallb' } };
}

function subject(name: Account): Subject {
  return { kind: 'ServiceAccount', name, namespace: 'metallb-system' };
}

function policy(name: Account): PolicyRule {
  return {
    apiGroups: ['policy'],
    resources: ['podsecuritypolicies'],
    resourceNames: [name],
    verbs: ['use'],
  };
}
