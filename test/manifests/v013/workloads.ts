import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { ConfigMap, EnvVar, Probe } from 'kubernetes-types/core/v1.d.ts';

const SCRAPED = { 'prometheus.io/port': '7472', 'prometheus.io/scrape': 'true' };
const ARGS = ['--port=7472', '--log-level=info', '--compat=v0.13'];
const PROBE: Probe = {
  httpGet: { path: '/metrics', port: 'monitoring' },
  initialDelaySeconds: 10,
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};
const EXCLUDED = [
  ...['^docker.*', '^cbr.*', '^dummy.*', '^virbr.*', '^lxcbr.*', '^veth.*', '^lo$', '^cali.*'],
  ...['^tunl.*', '^flannel.*', '^kube-ipvs.*', '^cni.*', '^nodelocaldns.*'],
];

/** crd.md §3.3 and §6.1; the list is that of v0.13.11, whose patterns are anchored. */
export const excluded: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'metallb-excludel2', namespace: 'metallb-system', labels: { app: 'metallb' } },
  data: {
    'excludel2.yaml': `announcedInterfacesToExclude: [${EXCLUDED.map((name) => `"${name}"`).join(', ')}]\n`,
  },
};

/** As crd.md §6.1 has it, with our image and the version whose behavior is asked for. */
export const controller: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'controller',
    namespace: 'metallb-system',
    labels: { app: 'metallb', component: 'controller' },
  },
  spec: {
    revisionHistoryLimit: 3,
    selector: { matchLabels: { app: 'metallb', component: 'controller' } },
    template: {
      metadata: { labels: { app: 'metallb', component: 'controller' }, annotations: SCRAPED },
      spec: {
        serviceAccountName: 'controller',
        terminationGracePeriodSeconds: 0,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        securityContext: { runAsNonRoot: true, runAsUser: 65534, fsGroup: 65534 },
        containers: [
          {
            name: 'controller',
            image: 'metal-lb/controller:v0.1.0',
            args: ARGS,
            env: [
              { name: 'METALLB_ML_SECRET_NAME', value: 'memberlist' },
              { name: 'METALLB_DEPLOYMENT', value: 'controller' },
            ],
            ports: [
              { name: 'monitoring', containerPort: 7472 },
              { name: 'webhook-server', containerPort: 9443 },
            ],
            livenessProbe: PROBE,
            readinessProbe: PROBE,
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['all'] },
            },
            volumeMounts: [
              {
                name: 'cert',
                mountPath: '/tmp/k8s-webhook-server/serving-certs',
                readOnly: true,
              },
            ],
          },
        ],
        volumes: [
          { name: 'cert', secret: { secretName: 'webhook-server-cert', defaultMode: 0o644 } },
        ],
      },
    },
  },
};

/** As {@link controller}. */
export const speaker: DaemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: {
    name: 'speaker',
    namespace: 'metallb-system',
    labels: { app: 'metallb', component: 'speaker' },
  },
  spec: {
    selector: { matchLabels: { app: 'metallb', component: 'speaker' } },
    template: {
      metadata: { labels: { app: 'metallb', component: 'speaker' }, annotations: SCRAPED },
      spec: {
        serviceAccountName: 'speaker',
        hostNetwork: true,
        terminationGracePeriodSeconds: 2,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: ['master', 'control-plane'].map((role) => ({
          key: `node-role.kubernetes.io/${role}`,
          operator: 'Exists',
          effect: 'NoSchedule',
        })),
        containers: [
          {
            name: 'speaker',
            image: 'metal-lb/speaker:v0.1.0',
            args: ARGS,
            env: [
              fromField('METALLB_NODE_NAME', 'spec.nodeName'),
              fromField('METALLB_HOST', 'status.hostIP'),
              fromField('METALLB_ML_BIND_ADDR', 'status.podIP'),
              { name: 'METALLB_ML_LABELS', value: 'app=metallb,component=speaker' },
              { name: 'METALLB_ML_SECRET_KEY_PATH', value: '/etc/ml_secret_key' },
            ],
            ports: [
              { name: 'monitoring', containerPort: 7472 },
              { name: 'memberlist-tcp', containerPort: 7946 },
              { name: 'memberlist-udp', containerPort: 7946, protocol: 'UDP' },
            ],
            livenessProbe: PROBE,
            readinessProbe: PROBE,
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { add: ['NET_RAW'], drop: ['ALL'] },
            },
            volumeMounts: [
              { name: 'memberlist', mountPath: '/etc/ml_secret_key', readOnly: true },
              { name: 'metallb-excludel2', mountPath: '/etc/metallb', readOnly: true },
            ],
          },
        ],
        volumes: [
          { name: 'memberlist', secret: { secretName: 'memberlist', defaultMode: 0o644 } },
          {
            name: 'metallb-excludel2',
            configMap: { name: 'metallb-excludel2', defaultMode: 0o400 },
          },
        ],
      },
    },
  },
};

function fromField(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
