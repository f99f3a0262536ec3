import { expect, test } from 'vitest';
import { renderTable } from '../../src/runtime/standalone/table.ts';
import { service } from '../support/speaker-facts.ts';

const NOW = Date.parse('2026-01-01T00:03:20Z');

test('Services are listed as kubectl lists them', () => {
  const rows = [
    { view: service({ key: 'default/web' }), clusterIP: '198.51.100.1' },
    {
      view: service({
        key: 'default/api',
        ingress: [],
        ports: [
          { protocol: 'TCP', port: 53 },
          { protocol: 'UDP', port: 53 },
        ],
      }),
      clusterIP: '',
    },
    {
      view: service({ key: 'default/db', type: 'ClusterIP', ingress: [], ports: [] }),
      clusterIP: '',
    },
  ];
  expect(`\n${renderTable(rows, NOW)}`).toBe(`
NAME   TYPE           CLUSTER-IP     EXTERNAL-IP   PORT(S)         AGE
api    LoadBalancer   <none>         <pending>     53/TCP,53/UDP   3m20s
db     ClusterIP      <none>         <none>        <none>          3m20s
web    LoadBalancer   198.51.100.1   192.0.2.10    80/TCP          3m20s`);
});

test('namespaces are shown once there is another than default', () => {
  const rows = [
    { view: service(), clusterIP: '' },
    { view: service({ key: 'shop/web', ingress: ['192.0.2.1', '2001:db8::1'] }), clusterIP: '' },
  ];
  expect(`\n${renderTable(rows, NOW)}`).toBe(`
NAMESPACE   NAME   TYPE           CLUSTER-IP   EXTERNAL-IP             PORT(S)   AGE
default     web    LoadBalancer   <none>       192.0.2.10              80/TCP    3m20s
shop        web    LoadBalancer   <none>       192.0.2.1,2001:db8::1   80/TCP    3m20s`);
});

test.each<[seconds: number, age: string]>([
  [-5, '0s'],
  [119, '119s'],
  [120, '2m'],
  [200, '3m20s'],
  [600, '10m'],
  [3 * 3600, '3h'],
  [3 * 3600 + 300, '3h5m'],
  [47 * 3600, '47h'],
  [48 * 3600, '2d'],
  [7 * 86400 + 3600, '7d1h'],
  [30 * 86400, '30d'],
  [800 * 86400, '2y70d'],
  [3650 * 86400, '10y'],
])('an age of %s seconds reads %s', (seconds, age) => {
  const createdAt = new Date(NOW - seconds * 1000).toISOString();
  const table = renderTable([{ view: service({ createdAt }), clusterIP: '' }], NOW);
  expect(table.split(/\s+/).at(-1)).toBe(age);
});
