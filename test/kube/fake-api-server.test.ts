import { apiServerContract } from '../contract/api-server.contract.ts';
import { Cluster } from '../support/fake-api-server/index.ts';

apiServerContract('the fake', async () => {
  const cluster = await Cluster.start();
  return { client: cluster.client, namespace: 'default', close: () => cluster.stop() };
});
