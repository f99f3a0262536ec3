/** Name, version, kind in the path, resource and operations of each webhook: crd.md §2.10. */
const TABLE = [
  ['addresspoolvalidationwebhook', 'v1beta1', 'addresspool', 'addresspools', 'CREATE', 'UPDATE'],
  [
    'ipaddresspoolvalidationwebhook',
    'v1beta1',
    'ipaddresspool',
    'ipaddresspools',
    'CREATE',
    'UPDATE',
  ],
  [
    'l2advertisementvalidationwebhook',
    'v1beta1',
    'l2advertisement',
    'l2advertisements',
    'CREATE',
    'UPDATE',
  ],
  [
    'bgpadvertisementvalidationwebhook',
    'v1beta1',
    'bgpadvertisement',
    'bgpadvertisements',
    'CREATE',
    'UPDATE',
  ],
  ['communityvalidationwebhook', 'v1beta1', 'community', 'communities', 'CREATE', 'UPDATE'],
  ['bfdprofilevalidationwebhook', 'v1beta1', 'bfdprofile', 'bfdprofiles', 'CREATE', 'DELETE'],
  ['bgppeersvalidationwebhook', 'v1beta2', 'bgppeer', 'bgppeers', 'CREATE', 'UPDATE'],
] as const;

/** What the API server is to ask about. */
export const validation: object = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'metallb-webhook-configuration', labels: { app: 'metallb' } },
  webhooks: TABLE.map(([name, version, kind, resource, ...operations]) => ({
    name: `${name}.metallb.io`,
    clientConfig: service(`/validate-metallb-io-${version}-${kind}`),
    rules: [
      {
        apiGroups: ['metallb.io'],
        apiVersions: [version],
        operations,
        resources: [resource],
        scope: 'Namespaced',
      },
    ],
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  })),
};

/** The one that is opt-in: of one namespace, and never in the way for long. */
export const configMapValidation: object = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'metallb-configmap-webhook-configuration', labels: { app: 'metallb' } },
  webhooks: [
    {
      name: 'configmapvalidationwebhook.metallb.io',
      clientConfig: service('/validate-v1-configmap'),
      rules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['configmaps'],
          scope: 'Namespaced',
        },
      ],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'metallb-system' } },
      failurePolicy: 'Ignore',
      timeoutSeconds: 2,
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
    },
  ],
};

/** What answers: the Secret of its certificates, and the Service that leads there. */
export const answering: readonly object[] = [
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'webhook-server-cert',
      namespace: 'metallb-system',
      labels: { app: 'metallb' },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'webhook-service', namespace: 'metallb-system', labels: { app: 'metallb' } },
    spec: {
      selector: { component: 'controller' },
      ports: [{ port: 443, protocol: 'TCP', targetPort: 9443 }],
    },
  },
];

function service(path: string): object {
  return { service: { name: 'webhook-service', namespace: 'metallb-system', path } };
}
