/**
 * A real control plane to test and measure against: etcd and a kube-apiserver with RBAC, MetalLB's objects on it, our
 * programs under its service accounts. Needs root and a private network (private-network.sh), and runs in the root of the
 * repository.
 *
 * @packageDocumentation
 */
export { type Access, ApiClient, Refusal } from './api-client.ts';
export {
  type AuditEntry,
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from './control-plane.ts';
export { eventually, never } from './eventually.ts';
export {
  type ControllerOptions,
  Installation,
  NAMESPACE,
  type Release,
  RunningProgram,
} from './installation.ts';
export { Capture } from './network/capture.ts';
export { GATEWAY, Lan, type LanHost } from './network/lan.ts';
export {
  GRACE,
  type SpeakerHost,
  startControllerPod,
  startSpeakerPod,
  writeAccount,
} from './pods.ts';
export { createNode, createPod, setPodReady } from './workloads.ts';
export type { Metrics } from './metrics.ts';
export { type Ending, type LogLine, Program } from './program.ts';
export { Services, addressesOf, eventsAbout, loadBalancer } from './services.ts';
