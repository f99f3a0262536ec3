import { expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { type Answer, type Site } from './site/index.ts';

const NGINX = ['nginx', '-c', '/etc/ingress/nginx.conf', '-g', 'daemon off;'];
const BACKENDS = ['shop', 'blog'];

/** nginx as reverse proxy: `<backend>.example` goes to the Service of that name. */
function configuration(clusterIps: ReadonlyMap<string, string>): string {
  const servers = [...clusterIps].map(
    ([name, ip]) => `
  server {
    listen 80;
    server_name ${name}.example;
    location / { proxy_pass http://${ip}; proxy_connect_timeout 1s; }
  }`,
  );
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
${folders.map((name) => `  ${name}_temp_path /tmp/${name};`).join('\n')}
  server { listen 80 default_server; return 404; }${servers.join('')}
}
`;
}

/** The web sites of a cluster behind one address. */
export function walkThroughIngress(site: () => Site): void {
  test('sends each host name to its own pods, whoever asks', async () => {
    const { services, outside, cluster } = site();
    await serveBackends(site());
    const spec = { selector: { app: 'ingress' }, loadBalancerIP: '192.0.2.215' };
    await services.create('ingress', { spec: { ...spec, externalTrafficPolicy: 'Local' } });
    await services.assigned('ingress', '192.0.2.215');

    for (const name of BACKENDS) {
      const resolve = ['--resolve', `${name}.example:80:192.0.2.215`];
      expect((await outside.reach(`${name}.example`, ...resolve)).pod).toMatch(`${name}-`);
    }

    const stranger = cluster.client.curl('http://192.0.2.215/', '--header', 'Host: other.example');
    await expect(stranger).rejects.toThrow('404');
  });

  test('serves pods and nodes of the cluster at the same address, without the way through the LAN', async () => {
    const { services, cluster } = site();
    await serveBackends(site());
    const spec = { selector: { app: 'ingress' }, loadBalancerIP: '192.0.2.215' };
    await services.create('ingress', { spec });
    await services.assigned('ingress', '192.0.2.215');

    for (const { name, host } of cluster.nodes) {
      const answer = await eventually(`${name} gets an answer`, async () => {
        return await host.curl('http://192.0.2.215/', '--header', 'Host: shop.example');
      });
      expect((JSON.parse(answer) as Answer).pod).toMatch(/^shop-/);
    }
  });
}

async function serveBackends(site: Site): Promise<void> {
  const { services, cluster } = site;
  const clusterIps = new Map<string, string>();
  for (const name of BACKENDS) {
    await site.deploy(name);
    const { spec } = await services.create(name, {
      spec: { type: 'ClusterIP', selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    clusterIps.set(name, spec?.clusterIP ?? '');
  }
  const path = '/api/v1/namespaces/default/configmaps';
  const metadata = { name: 'ingress' };
  await cluster.plane.admin.delete(`${path}/ingress`);
  await cluster.plane.admin.create(path, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { 'nginx.conf': configuration(clusterIps) },
  });
  const mount = { name: 'configuration', mountPath: '/etc/ingress' };
  await site.deployments.create('ingress', {
    containers: [{ name: 'nginx', image: 'nginx:1.22', command: NGINX, volumeMounts: [mount] }],
    volumes: [{ name: 'configuration', configMap: metadata }],
  });
}
