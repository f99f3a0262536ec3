import type { SecretContent } from '../../config-crd/index.ts';
import { type Json, coreResource, member, pathOf, text } from '../../runtime/kube/index.ts';
import { Secret } from '../../runtime/model/index.ts';
import type { Reader } from './reader.ts';

/** Each Secret that a BGPPeer names, and no other. crd.md §1.4 */
export async function readSecrets(
  reader: Reader,
  namespace: string,
  resources: readonly Json[],
): Promise<ReadonlyMap<string, SecretContent>> {
  const names = resources
    .map((object) => text(member(member(member(object, 'spec'), 'passwordSecret'), 'name')))
    .filter((name) => name !== '');
  return await readNamed(reader, namespace, names);
}

/** The Secrets of these names that are there. */
export async function readNamed(
  reader: Reader,
  namespace: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, SecretContent>> {
  const secrets = new Map<string, SecretContent>();
  for (const name of [...new Set(names)].sort()) {
    const found = await reader.get(pathOf(coreResource('secrets', namespace), name), {
      what: `Secret ${namespace}/${name}`,
      consequence: 'the password in it is not known',
    });
    if (found !== undefined) secrets.set(name, contentOf(found));
  }
  return secrets;
}

function contentOf(object: Json): SecretContent {
  const encoded = member(member(object, 'data'), 'password');
  const type = text(member(object, 'type'));
  if (typeof encoded !== 'string') return { type };
  return { type, password: new Secret(Buffer.from(encoded, 'base64').toString('utf8')) };
}
