import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { EnvVar, Probe } from 'kubernetes-types/core/v1.d.ts';

const SCRAPED = { 'prometheus.io/port': '7472', 'prometheus.io/scrape': 'true' };
const ARGS = ['--port=7472', '--config=config', '--log-level=info'];
const PROBE: Probe = {
  httpGet: { path: '/metrics', port: 'monitoring' },
  initialDelaySeconds: 10,
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

/** As legacy.md §8.1 has it, with our image and a toleration for the taint that came after v0.12. */
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
        tolerations: [
          { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' },
          {
            key: 'node-role.kubernetes.io/control-plane',
            operator: 'Exists',
            effect: 'NoSchedule',
          },
        ],
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
              {
                name: 'METALLB_ML_SECRET_KEY',
                valueFrom: { secretKeyRef: { name: 'memberlist', key: 'secretkey' } },
              },
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
          },
        ],
      },
    },
  },
};

/** As legacy.md §8.1 has it, with our image. */
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
            ports: [{ name: 'monitoring', containerPort: 7472 }],
            livenessProbe: PROBE,
            readinessProbe: PROBE,
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['all'] },
            },
          },
        ],
      },
    },
  },
};

function fromField(name: string, fieldPath: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
