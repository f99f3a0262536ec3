import type {
  AnnouncedView,
  Compat,
  EndpointView,
  Labels,
  NamespaceView,
  NodeView,
  ServicePort,
  ServiceView,
} from '../../model/index.ts';
import { type IpAddress, parseIp } from '../../net/index.ts';
import { type Json, elements, identify, isObject, member, text, textMap } from '../json.ts';
import { wishesIn } from './annotations.ts';

const HOSTNAME_LABEL = 'kubernetes.io/hostname';
const SERVICE_LABEL = 'kubernetes.io/service-name';

/**
 * The facts about a Service, out of whatever an API server or a person wrote. legacy.md §3.3
 *
 * @param compat - decides which annotations are known
 */
export function serviceView(object: Json, compat: Compat = 'v0.12'): ServiceView {
  const metadata = member(object, 'metadata');
  const spec = member(object, 'spec');
  const loadBalancer = member(member(object, 'status'), 'loadBalancer');
  const loadBalancerClass = text(member(spec, 'loadBalancerClass'));
  return {
    key: identify(object)?.key ?? '',
    uid: text(member(metadata, 'uid')),
    createdAt: text(member(metadata, 'creationTimestamp')),
    labels: textMap(member(metadata, 'labels')),
    type: text(member(spec, 'type')),
    clusterIPs: clusterIPs(spec),
    ingress: texts(elements(member(loadBalancer, 'ingress')).map((entry) => member(entry, 'ip'))),
    hasLoadBalancerStatus: holdsAnything(loadBalancer),
    ports: elements(member(spec, 'ports')).map(servicePort),
    externalTrafficPolicy: member(spec, 'externalTrafficPolicy') === 'Local' ? 'Local' : 'Cluster',
    selector: selectorText(textMap(member(spec, 'selector'))),
    loadBalancerIP: text(member(spec, 'loadBalancerIP')),
    ...(loadBalancerClass !== '' && { loadBalancerClass }),
    ...wishesIn(object, compat),
  };
}

/** Of a Service, what a speaker decides by: of every one, so that a large cluster fits into a small memory. */
export function announcedView(object: Json): AnnouncedView {
  const full = serviceView(object);
  const { key, uid, ingress, hasLoadBalancerStatus, externalTrafficPolicy } = full;
  // The parser makes a text of its own for each object.
  const type = full.type === 'LoadBalancer' ? 'LoadBalancer' : full.type;
  const view = { key, uid, type, ingress, hasLoadBalancerStatus, externalTrafficPolicy };
  const { loadBalancerClass } = full;
  return loadBalancerClass === undefined ? view : { ...view, loadBalancerClass };
}

/** One view for each address of an Endpoints object, those not ready included. */
export function endpointsView(object: Json): readonly EndpointView[] {
  return elements(member(object, 'subsets')).flatMap((subset) => [
    ...elements(member(subset, 'addresses')).flatMap((address) => endpointAddress(address, true)),
    ...elements(member(subset, 'notReadyAddresses')).flatMap((address) =>
      endpointAddress(address, false),
    ),
  ]);
}

/**
 * One view for each endpoint of an EndpointSlice, v1 or v1beta1; readiness that is not told counts as ready. In
 * v1beta1 the node is the `kubernetes.io/hostname` of the topology. legacy.md §0.3
 */
export function sliceViews(object: Json): readonly EndpointView[] {
  return elements(member(object, 'endpoints'))
    .filter(isObject)
    .map((endpoint) => {
      const topology = textMap(member(endpoint, 'topology'));
      const nodeName = text(member(endpoint, 'nodeName')) || topology[HOSTNAME_LABEL];
      return {
        addresses: texts(elements(member(endpoint, 'addresses'))),
        ready: member(member(endpoint, 'conditions'), 'ready') !== false,
        ...(nodeName !== undefined && { nodeName }),
      };
    });
}

/** `namespace/name` of the Service that an EndpointSlice belongs to; `undefined` where its label is missing. */
export function serviceOfSlice(object: Json): string | undefined {
  const identity = identify(object);
  const service = textMap(member(member(object, 'metadata'), 'labels'))[SERVICE_LABEL] ?? '';
  return identity && service !== '' ? [identity.namespace, service].join('/') : undefined;
}

export function nodeView(object: Json): NodeView {
  const metadata = member(object, 'metadata');
  const status = member(object, 'status');
  const conditions = elements(member(status, 'conditions'));
  const addresses = internalAddresses(status);
  return {
    name: text(member(metadata, 'name')),
    labels: textMap(member(metadata, 'labels')),
    networkUnavailable: isTrue(conditions, 'NetworkUnavailable'),
    ...(addresses.length > 0 && { addresses }),
  };
}

function internalAddresses(status: Json): readonly IpAddress[] {
  return elements(member(status, 'addresses'))
    .filter((entry) => text(member(entry, 'type')) === 'InternalIP')
    .flatMap((entry) => parseIp(text(member(entry, 'address'))) ?? []);
}

export function namespaceView(object: Json): NamespaceView {
  const metadata = member(object, 'metadata');
  return { name: text(member(metadata, 'name')), labels: textMap(member(metadata, 'labels')) };
}

/** Where a Pod runs and what it is part of. */
export interface PodView {
  readonly name: string;
  readonly labels: Labels;
  /** Absent until the Pod is scheduled. */
  readonly nodeName?: string;
  /** Absent until the Pod has an address. */
  readonly podIP?: string;
  /** Phase Running and condition Ready. */
  readonly ready: boolean;
  /** When its containers started, as the kubelet writes it; absent unless all of them run. */
  readonly started?: string;
  /** Whether a DaemonSet owns it. */
  readonly ofDaemonSet: boolean;
}

export function podView(object: Json): PodView {
  const metadata = member(object, 'metadata');
  const status = member(object, 'status');
  const nodeName = text(member(member(object, 'spec'), 'nodeName'));
  const podIP = text(member(status, 'podIP'));
  const owners = elements(member(metadata, 'ownerReferences'));
  const started = startOf(elements(member(status, 'containerStatuses')));
  return {
    name: text(member(metadata, 'name')),
    labels: textMap(member(metadata, 'labels')),
    ...(nodeName !== '' && { nodeName }),
    ...(podIP !== '' && { podIP }),
    ...(started !== undefined && { started }),
    ready:
      member(status, 'phase') === 'Running' &&
      isTrue(elements(member(status, 'conditions')), 'Ready'),
    ofDaemonSet: owners.some((owner) => member(owner, 'kind') === 'DaemonSet'),
  };
}

function startOf(containers: readonly Json[]): string | undefined {
  const running = containers.map((container) => member(member(container, 'state'), 'running'));
  if (running.length === 0 || !running.every(isObject)) return undefined;
  return running.map((state) => text(member(state, 'startedAt'))).join();
}

function isTrue(conditions: readonly Json[], type: string): boolean {
  return conditions.some(
    (condition) => member(condition, 'type') === type && member(condition, 'status') === 'True',
  );
}

/** API servers before 1.20 have only the one. legacy.md §9.2 #20 */
function clusterIPs(spec: Json): readonly string[] {
  const several = texts(elements(member(spec, 'clusterIPs')));
  return several.length > 0 ? several : texts([member(spec, 'clusterIP')]);
}

function holdsAnything(loadBalancer: Json): boolean {
  if (!isObject(loadBalancer)) return false;
  return Object.values(loadBalancer).some((value) => elements(value).length > 0);
}

function servicePort(port: Json): ServicePort {
  const number = member(port, 'port');
  return {
    protocol: text(member(port, 'protocol')) || 'TCP',
    port: typeof number === 'number' ? number : 0,
  };
}

function selectorText(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function endpointAddress(address: Json, ready: boolean): readonly EndpointView[] {
  const ip = text(member(address, 'ip'));
  if (ip === '') return [];
  const nodeName = text(member(address, 'nodeName'));
  return [{ addresses: [ip], ready, ...(nodeName !== '' && { nodeName }) }];
}

function texts(values: readonly Json[]): readonly string[] {
  // What was filtered has room for more; what is kept of each object of a large cluster should not.
  return values
    .map(text)
    .filter((value) => value !== '')
    .slice();
}
