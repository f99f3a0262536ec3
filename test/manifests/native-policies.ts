const VOLUMES = ['configMap', 'secret', 'emptyDir'];
const NOT_ROOT = { rule: 'MustRunAs', ranges: [{ min: 1, max: 65535 }] };
const ANY = { rule: 'RunAsAny' };

/** legacy.md §8.1; of an API that Kubernetes 1.25 took away. */
export const policies: readonly object[] = [
  {
    apiVersion: 'policy/v1beta1',
    kind: 'PodSecurityPolicy',
    metadata: { name: 'controller', labels: { app: 'metallb' } },
    spec: {
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      hostIPC: false,
      hostNetwork: false,
      hostPID: false,
      requiredDropCapabilities: ['ALL'],
      runAsUser: NOT_ROOT,
      fsGroup: NOT_ROOT,
      supplementalGroups: NOT_ROOT,
      seLinux: ANY,
      volumes: VOLUMES,
    },
  },
  {
    apiVersion: 'policy/v1beta1',
    kind: 'PodSecurityPolicy',
    metadata: { name: 'speaker', labels: { app: 'metallb' } },
    spec: {
      privileged: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      hostIPC: false,
      hostNetwork: true,
      hostPID: false,
      hostPorts: [
        { min: 7472, max: 7472 },
        { min: 7946, max: 7946 },
      ],
      allowedCapabilities: ['NET_RAW'],
      requiredDropCapabilities: ['ALL'],
      runAsUser: ANY,
      fsGroup: ANY,
      supplementalGroups: ANY,
      seLinux: ANY,
      volumes: VOLUMES,
    },
  },
];
