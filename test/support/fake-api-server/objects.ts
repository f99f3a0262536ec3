import type { ApiObject } from './object-store.ts';

/** A Service of type LoadBalancer as a person applies it and the API server completes it. */
export function aService(name: string, spec: object = {}, namespace = 'default'): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '198.51.100.10',
      clusterIPs: ['198.51.100.10'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
      externalTrafficPolicy: 'Cluster',
      selector: { app: name },
      ...spec,
    },
    status: { loadBalancer: {} },
  };
}
