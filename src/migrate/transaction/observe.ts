import { CRDS } from '../../config-crd/schema/index.ts';
import {
  type Json,
  coreResource,
  elements,
  identify,
  member,
  pathOf,
  text,
} from '../../runtime/kube/index.ts';
import type { Manifest } from '../manifests/manifest.ts';
import type { Ground } from './ground.ts';
import { definitionPath, keyOf, pathTo } from './objects/places.ts';
import type { MigrationRecord, RecordedService } from './record/record.ts';
import { whichObject } from './record/record.ts';
import { find, list } from './requests.ts';
import type { Observed } from './steps/step.ts';

/** The version that each kind is read and written in: the one that is stored. */
const STORED = Object.values(CRDS).map(({ metadata: { name }, spec }) => {
  const version = spec.versions.find(({ storage }) => storage)?.name ?? '';
  const { kind, plural } = spec.names;
  return { definition: name, group: spec.group, version, kind, resource: plural };
});

/** Reads everything that a record may speak of: definitions, resources, the Secrets named, the ConfigMap, Services. */
export async function observe(
  ground: Ground,
  about: { readonly configMap: string; readonly secrets: readonly Manifest[] },
): Promise<Observed & { readonly version: string }> {
  const definitions = new Map<string, Json>();
  const objects = new Map<string, Json>();
  for (const { definition, ...resource } of STORED) {
    const found = await find(ground, definitionPath(definition));
    if (found === undefined) continue;
    definitions.set(definition, found);
    const { namespace } = ground;
    for (const item of (await list(ground, { ...resource, namespace })).items) {
      const apiVersion = `${resource.group}/${resource.version}`;
      const object = { ...(item as object), apiVersion, kind: resource.kind };
      objects.set(`${resource.kind}/${identify(item)?.name ?? ''}`, object);
    }
  }
  for (const secret of about.secrets) {
    const found = await find(ground, pathTo(secret, ground.namespace));
    if (found !== undefined) objects.set(keyOf(secret), found);
  }
  const configMaps = coreResource('configmaps', ground.namespace);
  const configMap = await find(ground, pathOf(configMaps, about.configMap));
  const services = await list(ground, coreResource('services'));
  const byKey = services.items.map((one) => [identify(one)?.key ?? '', one] as const);
  return { definitions, objects, configMap, services: new Map(byKey), version: services.version };
}

/** What a record needs observed. */
export async function observeFor(ground: Ground, record: MigrationRecord): Promise<Observed> {
  const secrets = record.objects.map(whichObject).filter(({ kind }) => kind === 'Secret');
  return await observe(ground, { configMap: record.configMap.metadata.name, secrets });
}

/** Definitions that somebody has an object of, in whichever namespace. */
export async function definitionsInUse(
  ground: Ground,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  for (const { definition, group, version, resource } of STORED) {
    if (!names.includes(definition)) continue;
    if ((await list(ground, { group, version, resource })).items.length > 0) used.add(definition);
  }
  return used;
}

/** The addresses of every Service that has some. */
export function addressesOf(services: ReadonlyMap<string, Json>): readonly RecordedService[] {
  return [...services].flatMap(([service, object]) => {
    if (member(member(object, 'spec'), 'type') !== 'LoadBalancer') return [];
    const ingress = member(member(member(object, 'status'), 'loadBalancer'), 'ingress');
    const addresses = elements(ingress)
      .map((one) => text(member(one, 'ip')))
      .filter((ip) => ip !== '');
    return addresses.length === 0 ? [] : [{ service, addresses }];
  });
}
