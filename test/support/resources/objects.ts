import {
  type ResourceMode,
  type ResourceReading,
  type ResourceSet,
  readResources,
} from '../../../src/config-crd/index.ts';
import type { Config } from '../../../src/runtime/model/index.ts';
import { setOf } from './set.ts';

type Json = Readonly<Record<string, unknown>>;

/** A resource of the storage version in MetalLB's namespace. */
export function object(kind: string, name: string, spec?: Json, metadata: Json = {}): Json {
  return {
    apiVersion: `metallb.io/${kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1'}`,
    kind,
    metadata: { name, namespace: 'metallb-system', ...metadata },
    ...(spec !== undefined && { spec }),
  };
}

export function pool(
  name: string,
  spec: Json = { addresses: ['192.0.2.0/24'] },
  metadata: Json = {},
): Json {
  return object('IPAddressPool', name, spec, metadata);
}

export function peer(spec: Json = {}, annotations: Json = {}, name = 'spine'): Json {
  const sound = { myASN: 64500, peerASN: 64501, peerAddress: '192.0.2.1' };
  return object('BGPPeer', name, { ...sound, ...spec }, { annotations });
}

/** For every pool. */
export const everywhere: Json = object('L2Advertisement', 'everywhere');

export function read(
  objects: readonly object[],
  more: Partial<ResourceSet> = {},
  mode: ResourceMode = 'none',
): ResourceReading {
  return readResources({ ...setOf(objects), ...more }, { namespace: 'metallb-system', mode });
}

export function configOf(...objects: readonly object[]): Config {
  const reading = read(objects);
  if (reading.kind === 'refused') throw new Error(reading.message);
  return reading.config;
}

export function problemsOf(objects: readonly object[]): readonly string[] {
  const reading = read(objects);
  if (reading.kind === 'config') throw new Error('accepted');
  return reading.problems.map(({ message }) => message);
}
