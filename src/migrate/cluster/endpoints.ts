import {
  type Json,
  type Resource,
  coreResource,
  endpointsView,
  identify,
  serviceOfSlice,
  sliceViews,
} from '../../runtime/kube/index.ts';
import type { EndpointView } from '../../runtime/model/index.ts';
import type { Reader } from './reader.ts';

type Endpoints = ReadonlyMap<string, readonly EndpointView[]>;

const CONSEQUENCE = 'which Services have ready endpoints is not known, nor who announces what';

/**
 * The endpoints of every Service, from EndpointSlices where there are any to be had, else from Endpoints: as the speakers
 * do. legacy.md §0.3
 */
export async function readEndpoints(
  reader: Reader,
  fromSlices: boolean,
): Promise<Endpoints | undefined> {
  for (const version of fromSlices ? ['v1', 'v1beta1'] : []) {
    const gaps = reader.gaps.length;
    const slices = await reader.list(slicesOf(version), CONSEQUENCE);
    // Every cluster has one of its own API server: none at all means that the version is not served.
    if (slices?.length) return grouped(slices, serviceOfSlice, sliceViews);
    reader.gaps.splice(gaps);
  }
  const listed = await reader.list(coreResource('endpoints'), CONSEQUENCE);
  return listed && grouped(listed, (object) => identify(object)?.key, endpointsView);
}

function grouped(
  objects: readonly Json[],
  serviceOf: (object: Json) => string | undefined,
  viewsOf: (object: Json) => readonly EndpointView[],
): Endpoints {
  const found = new Map<string, EndpointView[]>();
  for (const object of objects) {
    const service = serviceOf(object);
    if (service === undefined) continue;
    const views = found.get(service) ?? [];
    views.push(...viewsOf(object));
    found.set(service, views);
  }
  return found;
}

function slicesOf(version: string): Resource {
  return { group: 'discovery.k8s.io', version, resource: 'endpointslices' };
}
