import { loadBalancer } from '../../cluster/index.ts';
import type { ControlPlane } from '../../cluster/index.ts';

type Admin = ControlPlane['admin'];

const SERVICES = '/api/v1/namespaces/default/services';
const ENDPOINTS = '/api/v1/namespaces/default/endpoints';
const SLICES = '/apis/discovery.k8s.io/v1beta1/namespaces/default/endpointslices';
const PARALLEL = 12;
const POD = '10.244.99.2';

/** Creates a Service with one ready endpoint for each address, as if controllers had done their part. */
export async function givenServices(
  admin: Admin,
  addresses: readonly string[],
  node: string,
): Promise<void> {
  const left = [...addresses.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      await givenService(admin, { name: `web-${next[0]}`, address: next[1], node });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

async function givenService(
  admin: Admin,
  { name, address, node }: { name: string; address: string; node: string },
): Promise<void> {
  await admin.create(ENDPOINTS, {
    metadata: { name },
    subsets: [{ addresses: [{ ip: POD }], ports: [{ name: 'tcp-80', port: 8080 }] }],
  });
  await admin.create(SLICES, {
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: [POD],
        conditions: { ready: true },
        topology: { 'kubernetes.io/hostname': node },
      },
    ],
    ports: [{ name: 'tcp-80', port: 8080 }],
  });
  await admin.create(SERVICES, loadBalancer(name, {}));
  const status = { loadBalancer: { ingress: [{ ip: address }] } };
  await admin.patch(`${SERVICES}/${name}/status`, { status });
}
