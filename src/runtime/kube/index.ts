/**
 * The Kubernetes API: what to know of the cluster, and the few things to write to it.
 *
 * An {@link HttpApiClient} carries requests and watches with {@link Credentials} of a pod or a kubeconfig. An
 * {@link Informer} keeps a copy of one resource: the pure `Reflector` decides what to list, watch or wait for, the
 * informer does it. {@link ServiceStore} and {@link EndpointStore} are the copies that decisions are made from; they
 * speak the model's language. {@link EventRecorder} tells people what was decided.
 *
 * @packageDocumentation
 */
export { type Subject, type Verb, isAllowed } from './access.ts';
export {
  type ApiCall,
  type ApiClient,
  ApiError,
  ConnectionError,
  type Resource,
  pathOf,
} from './api.ts';
export { HttpApiClient } from './client.ts';
export {
  type Connection,
  type Credentials,
  CredentialsError,
  inClusterCredentials,
  kubeconfigCredentials,
  podNamespace,
} from './credentials.ts';
export { EndpointStore } from './objects/endpoints.ts';
export { Informer, type Listener } from './reflection/informer.ts';
export {
  type Json,
  elements,
  identify,
  isObject,
  member,
  text,
  textMap,
  withoutManagedFields,
} from './json.ts';
export {
  coreResource,
  createSecret,
  deploymentUid,
  listPods,
  secretExists,
} from './objects/resources.ts';
export { ServiceStore } from './objects/service-store.ts';
export {
  announcedView,
  endpointsView,
  namespaceView,
  nodeView,
  podView,
  serviceOfSlice,
  serviceView,
  sliceViews,
} from './objects/views.ts';
export { EventRecorder } from './events/recorder.ts';
export { backOff, jittered, pause } from './pause.ts';
