import type { Kubectl } from '../cluster/index.ts';
import { type Found, type Installed, asked } from './installed.ts';

/** The folder of the manifests of v0.13. */
export const FOLDER = 'manifests/v0.13';
/** Arguments of kubectl that name the install. */
export const INSTALL: readonly string[] = ['-k', FOLDER];

/** Arguments of kubectl that name a variant of the install. */
export function overlay(name: string): readonly string[] {
  return ['-k', `${FOLDER}/overlays/${name}`];
}

/** Arguments of kubectl that name an example. */
export function example(name: string): readonly string[] {
  return ['-f', `${FOLDER}/examples/${name}.yaml`];
}

/** Arguments of kubectl that name a MetalLB of v0.13 made from manifests: its definitions, and the files of a release. */
export function upstream(...releases: readonly string[]): string[] {
  const files = releases.map((release) => `test/fixtures/manifests/${release}.yaml`);
  return ['test/fixtures/crds/upstream-v0.13.yaml', ...files].flatMap((file) => ['-f', file]);
}

/** What the server has of the objects that the arguments of kubectl name, without what the programs write into Secrets. */
export async function found(kubectl: Kubectl, ...which: readonly string[]): Promise<Installed> {
  const objects = await kubectl.get<Found>(...which);
  const keyed = objects.map(
    (object) => [`${object.kind} ${object.metadata.name}`, object] as const,
  );
  return {
    uids: Object.fromEntries(keyed.map(([key, { metadata }]) => [key, metadata.uid])),
    objects: Object.fromEntries(keyed.map(([key, object]) => [key, withoutGiven(asked(object))])),
  };
}

function withoutGiven(object: object & { readonly kind?: string }): object {
  const given = object.kind === 'Secret' ? ['data'] : ['clusterIP', 'clusterIPs'];
  const leave = (key: string, value: unknown): unknown => (given.includes(key) ? undefined : value);
  return JSON.parse(JSON.stringify(object, leave)) as object;
}
