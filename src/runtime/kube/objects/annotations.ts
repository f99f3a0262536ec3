import { type Compat, type ServiceView, atLeast } from '../../model/index.ts';
import { type Json, isObject, member, textMap } from '../json.ts';

type Wishes = Pick<
  ServiceView,
  | 'addressPool'
  | 'sharingKey'
  | 'loadBalancerIPs'
  | 'loadBalancerIPsKey'
  | 'allocatedFrom'
  | 'disputed'
>;

const PREFIX = 'metallb.universe.tf/';
/** What later releases prefer; read from v0.13 on. crd.md §3.1 */
const LATER_PREFIX = 'metallb.io/';
const ALLOCATED_FROM = `${PREFIX}ip-allocated-from-pool`;
/** Left by a later release: it would contradict ours from the next address on. */
const LATER_ALLOCATED_FROM = `${LATER_PREFIX}ip-allocated-from-pool`;

/** What the annotations of a Service ask for. Of two spellings that differ the later one counts. crd.md §3.1 */
export function wishesIn(object: Json, compat: Compat): Wishes {
  const annotations = textMap(member(member(object, 'metadata'), 'annotations'));
  const disputed: string[] = [];
  const read = (name: string): string => {
    const [old = '', later = ''] = [annotations[PREFIX + name], annotations[LATER_PREFIX + name]];
    if (later === '' || !atLeast(compat, 'v0.13')) return old;
    if (old !== '' && old !== later) disputed.push(name);
    return later;
  };
  const wishes = {
    addressPool: read('address-pool'),
    sharingKey: read('allow-shared-ip'),
    loadBalancerIPs: read('loadBalancerIPs'),
  };
  const key = `${LATER_PREFIX}loadBalancerIPs`;
  const isLater = atLeast(compat, 'v0.13') && (annotations[key] ?? '') !== '';
  const allocatedFrom = atLeast(compat, 'v0.13') ? annotations[ALLOCATED_FROM] : undefined;
  return {
    ...wishes,
    ...(isLater && { loadBalancerIPsKey: key }),
    ...(allocatedFrom !== undefined && { allocatedFrom }),
    ...(disputed.length > 0 && { disputed }),
  };
}

/** The metadata of a Service that says from which pool its addresses are, or that it has none. crd.md §3.1 */
export function withAllocatedFrom(metadata: Json, pool: string | undefined): Json {
  if (!isObject(metadata)) return metadata;
  const { annotations, ...rest } = metadata;
  const others = Object.entries(isObject(annotations) ? annotations : {}).filter(
    ([key]) => key !== ALLOCATED_FROM && key !== LATER_ALLOCATED_FROM,
  );
  if (pool !== undefined) others.push([ALLOCATED_FROM, pool]);
  const kept: Json = Object.fromEntries(others);
  return { ...rest, ...(others.length > 0 && { annotations: kept }) };
}
