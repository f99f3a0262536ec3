import { type ResourceMode, type SecretContent, readResources } from '../../../config-crd/index.ts';
import { type Json, member, text } from '../../../runtime/kube/index.ts';
import { type Config, Secret, differences } from '../../../runtime/model/index.ts';
import type { Manifest } from '../../manifests/manifest.ts';
import { keyOf } from '../objects/places.ts';
import type { Observed } from '../steps/step.ts';

export interface ProofOptions {
  readonly namespace: string;
  readonly mode: ResourceMode;
}

/**
 * Whether what will be in the cluster, objects that others made included, says what the ConfigMap says: what differs, in an
 * operator's words, or nothing. Passwords are compared and never told.
 *
 * @param manifests - what takes the place of the objects of the same name
 */
export function provenDifferences(
  config: Config,
  manifests: readonly Manifest[],
  observed: Pick<Observed, 'objects'>,
  options: ProofOptions,
): readonly string[] {
  const all = new Map(observed.objects);
  for (const manifest of manifests) {
    const metadata = { ...manifest.metadata, namespace: options.namespace };
    all.set(keyOf(manifest), { ...manifest, metadata });
  }
  const every = [...all.values()];
  const isSecret = (object: Json): boolean => member(object, 'kind') === 'Secret';
  const secrets = new Map(
    every
      .filter(isSecret)
      .map((one) => [text(member(member(one, 'metadata'), 'name')), content(one)]),
  );
  const objects = every.filter((object) => !isSecret(object));
  const reading = readResources({ objects, secrets }, options);
  if (reading.kind === 'refused') {
    return reading.problems.map(({ message, object }) => {
      return `the resources cannot be used: ${object === undefined ? '' : `${object.kind} "${object.name}": `}${message}`;
    });
  }
  return differences(config, reading.config, ['the ConfigMap', 'the resources']);
}

function content(secret: Json): SecretContent {
  const encoded = text(member(member(secret, 'data'), 'password'));
  const type = text(member(secret, 'type'));
  if (encoded === '') return { type };
  return { type, password: new Secret(Buffer.from(encoded, 'base64').toString('utf8')) };
}
