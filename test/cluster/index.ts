/**
 * A real control plane to test and measure against: etcd and a kube-apiserver with RBAC, MetalLB's objects on it, our
 * programs under its service accounts. Needs root and a private network (private-network.sh), and runs in the root of
 * the repository.
 *
 * @packageDocumentation
 */
export { Cluster, type ClusterOptions, startCluster } from './cluster.ts';
export { type ControlPlane, startControlPlane } from './control-plane.ts';
export { eventually, never } from './eventually.ts';
export { Installation, NAMESPACE, type Release, type RunningProgram } from './installation.ts';
export { Kubectl } from './kubectl.ts';
export { scrape } from './metrics.ts';
export { Capture } from './network/capture.ts';
export { GATEWAY, Lan, type LanHost } from './network/lan.ts';
export { GRACE, startControllerPod, startSpeakerPod, writeAccount } from './pods.ts';
export type { ClusterNode } from './nodes/node.ts';
export { Services, addressesOf, eventsAbout, loadBalancer } from './services.ts';
export { createNode, createPod, setPodReady } from './workloads.ts';
