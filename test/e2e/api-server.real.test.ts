import { HttpApiClient, kubeconfigCredentials } from '../../src/runtime/kube/index.ts';
import { SystemClock, SystemRandom } from '../../src/runtime/platform/index.ts';
import { startControlPlane } from '../cluster/index.ts';
import { apiServerContract } from '../contract/api-server.contract.ts';

apiServerContract('the real kube-apiserver', async () => {
  const plane = await startControlPlane();
  const clock = new SystemClock();
  const path = plane.kubeconfig('admin', plane.adminUser);
  const client = new HttpApiClient({
    credentials: kubeconfigCredentials(clock, { path }),
    clock,
    random: new SystemRandom(),
  });
  return { client, namespace: 'default', close: () => plane.close() };
});
