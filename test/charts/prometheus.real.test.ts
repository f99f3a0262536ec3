import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import type { Role, RoleBinding } from 'kubernetes-types/rbac/v1.d.ts';
import { describe, expect, test } from 'vitest';
import { type KubernetesObject, find, refusalOf, render, valueSet } from './chart.ts';

interface PrometheusRule extends KubernetesObject {
  readonly spec: { readonly groups: readonly { readonly name: string; readonly rules: Rule[] }[] };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: { readonly message: string };
}

interface PodMonitor extends KubernetesObject {
  readonly spec: {
    readonly jobLabel?: string;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly namespaceSelector: object;
    readonly podMetricsEndpoints: readonly object[];
  };
}

const ON = 'prometheus: { prometheusRule: { enabled: true } }';

describe('alerts', () => {
  /** Alert, expression, for, severity: legacy.md §8.5, of a release with the given name label. */
  const alerts = (name: string): (string | undefined)[][] => [
    [
      'MetalLBStaleConfig',
      `metallb_k8s_client_config_stale_bool{job="${name}"} == 1`,
      '1m',
      'warning',
    ],
    [
      'MetalLBConfigNotLoaded',
      `metallb_k8s_client_config_loaded_bool{job="${name}"} == 0`,
      '1m',
      'warning',
    ],
    [
      'MetalLBAddressPoolExhausted',
      'metallb_allocator_addresses_in_use_total >= on(pool) metallb_allocator_addresses_total',
      '1m',
      'alert',
    ],
    ...[
      ['75', 'warning'],
      ['85', 'warning'],
      ['95', 'alert'],
    ].map(([percent = '', severity]) => [
      `MetalLBAddressPoolUsage${percent}Percent`,
      `( metallb_allocator_addresses_in_use_total / on(pool) metallb_allocator_addresses_total ) * 100 > ${percent}`,
      undefined,
      severity,
    ]),
    ['MetalLBBGPSessionDown', `metallb_bgp_session_up{job="${name}"} == 0`, '1m', 'alert'],
  ];

  test.each([
    ['metallb', ON],
    ['edge', `nameOverride: edge\n${ON}`],
  ])('are those of the old chart, for the name %s', (name, values) => {
    const [group] = (find(render(values, { release: name }), 'PrometheusRule') as PrometheusRule)
      .spec.groups;

    expect(group?.name).toBe(`${name}.rules`);
    expect(
      group?.rules.map((rule) => [rule.alert, rule.expr, rule.for, rule.labels?.['severity']]),
    ).toEqual(alerts(name));
  });

  test('are off unless asked for', () => {
    expect(render('').map(({ kind }) => kind)).not.toContain('PrometheusRule');
  });

  test('each says what is wrong, with labels that its expression has', () => {
    for (const { alert, expr, annotations } of rules(ON)) {
      const places = [...(annotations?.message.matchAll(/\$labels\.(\w+)/g) ?? [])].map(
        ([, l]) => l,
      );
      expect(places, alert).not.toEqual([]);
      expect(
        places.every((label) => label === 'pool'),
        alert,
      ).toBe(expr.includes('on(pool)'));
    }
  });

  test.each([
    ['staleConfig', 'MetalLBStaleConfig'],
    ['configNotLoaded', 'MetalLBConfigNotLoaded'],
    ['addressPoolExhausted', 'MetalLBAddressPoolExhausted'],
    ['addressPoolUsage', 'MetalLBAddressPoolUsage'],
    ['bgpSessionDown', 'MetalLBBGPSessionDown'],
  ])('%s can be taken away alone', (key, alert) => {
    const values = `prometheus: { prometheusRule: { enabled: true, ${key}: { enabled: false } } }`;
    const left = rules(ON).filter((rule) => !rule.alert.startsWith(alert));

    expect(rules(values)).toEqual(left);
  });

  test('thresholds, labels and further alerts are the operator’s', () => {
    const values = [
      'prometheus:',
      '  prometheusRule:',
      '    enabled: true',
      '    addressPoolUsage: { thresholds: [{ percent: 99.5, labels: { severity: page } }] }',
      '    bgpSessionDown: { labels: { team: "7" } }',
      '    extraAlerts: [{ alert: Mine, expr: "vector(1)" }]',
    ].join('\n');
    const found = rules(values);

    expect(found.find(({ alert }) => alert.includes('Usage'))).toMatchObject({
      alert: 'MetalLBAddressPoolUsage99.5Percent',
      expr: expect.stringMatching(/ > 99\.5$/) as string,
      labels: { severity: 'page' },
    });
    expect(found.find(({ alert }) => alert === 'MetalLBBGPSessionDown')?.labels).toEqual({
      severity: 'alert',
      team: '7',
    });
    expect(found.at(-1)).toEqual({ alert: 'Mine', expr: 'vector(1)' });
  });
});

describe('pod monitors', () => {
  const objects = render(valueSet('monitored'));

  test.each(['controller', 'speaker'])(
    'scrape the %s as the plain manifest does, and more',
    (component) => {
      const file = readFileSync('manifests/v0.12/prometheus-operator.yaml', 'utf8');
      const plain = find(
        loadAll(file) as KubernetesObject[],
        'PodMonitor',
        component,
      ) as PodMonitor;
      const { metadata, spec } = find(objects, 'PodMonitor', component) as PodMonitor;

      expect(metadata).toMatchObject({
        name: plain.metadata.name,
        labels: { release: 'prometheus' },
      });
      expect(spec).toMatchObject({
        jobLabel: 'app.kubernetes.io/name',
        selector: {
          matchLabels: {
            'app.kubernetes.io/name': 'metallb',
            'app.kubernetes.io/instance': 'metallb',
            'app.kubernetes.io/component': component,
          },
        },
        namespaceSelector: plain.spec.namespaceSelector,
      });
      expect(spec.podMetricsEndpoints).toEqual([
        {
          ...plain.spec.podMetricsEndpoints[0],
          interval: '30s',
          metricRelabelings: [{ action: 'keep', regex: 'metallb_.+', sourceLabels: ['__name__'] }],
          relabelings: [
            { sourceLabels: ['__meta_kubernetes_pod_node_name'], targetLabel: 'nodename' },
          ],
        },
      ]);
    },
  );

  test('let the given Prometheus find the pods, as the plain manifest does', () => {
    const file = readFileSync('manifests/v0.12/prometheus-operator.yaml', 'utf8');
    const plain = loadAll(file) as KubernetesObject[];
    const rights = (role: KubernetesObject): unknown => (role as Role).rules;
    const subjects = (binding: KubernetesObject): unknown => (binding as RoleBinding).subjects;

    expect(rights(find(objects, 'Role', '-prometheus'))).toEqual(rights(find(plain, 'Role')));
    expect(subjects(find(objects, 'RoleBinding', '-prometheus'))).toEqual(
      subjects(find(plain, 'RoleBinding')),
    );
  });

  test('ask for the namespace of a Prometheus of which only the account is given', () => {
    const values = 'prometheus: { serviceAccount: p, podMonitor: { enabled: true } }';

    expect(refusalOf(values)).toContain('prometheus.serviceAccount needs prometheus.namespace');
  });
});

describe('service monitors', () => {
  test('prometheus.serviceMonitor: both programs by a Service of their own', () => {
    const objects = render(valueSet('resources-placed'));

    for (const component of ['controller', 'speaker']) {
      const name = `metallb-${component}-monitor`;
      expect(find(objects, 'Service', `${name}-service`)).toMatchObject({
        metadata: { labels: { name: `${name}-service` } },
        spec: {
          clusterIP: 'None',
          selector: {
            'app.kubernetes.io/name': 'metallb',
            'app.kubernetes.io/instance': 'metallb',
            'app.kubernetes.io/component': component,
          },
          ports: [{ name: 'metrics', port: 9472, targetPort: 9472 }],
        },
      });
      expect(find(objects, 'ServiceMonitor', name)).toMatchObject({
        spec: {
          jobLabel: 'app.kubernetes.io/name',
          selector: { matchLabels: { name: `${name}-service` } },
          endpoints: [
            { port: 'metrics', interval: '30s', relabelings: [{ targetLabel: 'nodename' }] },
          ],
        },
      });
    }
    expect((find(objects, 'Role', '-prometheus') as Role).rules).toEqual([
      {
        apiGroups: [''],
        resources: ['pods', 'services', 'endpoints'],
        verbs: ['get', 'list', 'watch'],
      },
    ]);
  });

  test('prometheus.rbacPrometheus=false: no rights for anybody else', () => {
    const values = `${valueSet('monitored')}  rbacPrometheus: false\n`;

    expect(render(values).map(({ metadata }) => metadata.name)).not.toContain('metallb-prometheus');
    expect(find(render(valueSet('monitored')), 'Role', 'metallb-prometheus')).toBeDefined();
  });
});

function rules(values: string): Rule[] {
  return (find(render(values), 'PrometheusRule') as PrometheusRule).spec.groups[0]?.rules ?? [];
}
