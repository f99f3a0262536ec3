import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Cluster,
  Installation,
  Services,
  eventually,
  startCluster,
} from '../cluster/index.ts';

const CONFIG = `
address-pools:
- name: default
  protocol: layer2
  addresses: [192.0.2.200-192.0.2.239]
`;
const WEB = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'metal-lb/echo' }] },
    },
  },
};

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});

afterAll(async () => {
  await cluster.close();
});

describe('a manifest of v0.12.1 in which only the images were swapped', () => {
  test('serves a client outside the cluster, through every part of it', async () => {
    const installation = await Installation.apply(cluster.plane, 'v0.12.1', { images: 'ours' });
    await installation.configure(CONFIG);
    await cluster.podsReady('metallb-system', 'app=metallb', 3);
    await cluster.plane.admin.create('/apis/apps/v1/namespaces/default/deployments', WEB);
    const services = new Services(cluster.plane.admin);
    await services.create('web', {
      spec: { ports: [{ port: 80, targetPort: 8080 }] },
    });
    const [address = ''] = await services.assigned('web');

    const answer = await eventually('curl gets an answer', async () => {
      return await cluster.client.curl(`http://${address}/`);
    });

    expect(JSON.parse(answer)).toMatchObject({ pod: expect.stringMatching(/^web-/) as string });
    const log = await cluster.kubectl.must('logs', '-n', 'metallb-system', 'deployment/controller');
    expect(log.join('\n')).toContain('ipAllocated');
  });
});
