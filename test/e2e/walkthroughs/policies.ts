import { expect, test } from 'vitest';
import { eventually } from '../../cluster/index.ts';
import { type Site } from './site/index.ts';

const CLIENT = '192.0.2.50';

/** What `externalTrafficPolicy` changes for clients and pods. */
export function walkThroughPolicies(site: () => Site): void {
  test('Cluster shows the pod an address of the node; Local the client’s, and the address follows the pod', async () => {
    const { services, outside, cluster, deployments } = site();
    const nodes = cluster.nodes.map(({ name }) => name);
    await site().deploy('lone');
    await services.create('lone', {
      spec: { selector: { app: 'lone' }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    const [address = ''] = await services.assigned('lone');
    const first = await site().announcer('lone', address);
    const [second = '', third = ''] = nodes.filter((name) => name !== first);
    await deployments.move('lone', second);
    await eventually('the request comes from the node', async () => {
      const { client } = await outside.reach(address);
      expect(client).toBe(cluster.node(first).address);
      return true;
    });
    expect(await site().announcer('lone', address)).toBe(first);

    await services.change('lone', { spec: { externalTrafficPolicy: 'Local' } });

    for (const node of [second, third]) {
      await deployments.move('lone', node);
      await eventually(`${node} announces it`, async () => {
        return (await site().announcer('lone', address)) === node || undefined;
      });
      expect(await outside.neighbor(address)).toBe(cluster.node(node).mac);
      expect(await outside.arping(address)).toEqual([cluster.node(node).mac]);
      expect((await outside.reach(address)).client).toBe(CLIENT);
    }
    const [pod] = cluster.kubelet.pods({ app: 'lone' });
    expect((await outside.reach(address)).pod).toBe(pod?.pod.metadata?.name);
  });

  test('Local without a ready pod: nobody announces the address until there is one', async () => {
    const { services, outside, cluster } = site();
    const spec = { selector: { app: 'lone' }, ports: [{ port: 80, targetPort: 8080 }] };
    await services.create('lone', { spec: { ...spec, externalTrafficPolicy: 'Local' } });
    const [address = ''] = await services.assigned('lone');
    await outside.silent(address);

    await site().deploy('lone');

    expect((await outside.reach(address)).client).toBe(CLIENT);
    const [pod] = cluster.kubelet.pods({ app: 'lone' });
    expect(await site().announcer('lone', address)).toBe(pod?.node.name);
  });
}
