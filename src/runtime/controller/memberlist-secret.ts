import { Secret } from '../model/index.ts';
import type { Logger, Random } from '../platform/ports.ts';

/** The Secret that speakers encrypt their gossip with, and what owns it. legacy.md §3.14. */
export interface MemberlistSecret {
  readonly name: string;
  /** Goes under `secretkey`. */
  readonly key: Secret;
  /** The apps/v1 Deployment that owns the Secret. */
  readonly owner: { readonly name: string; readonly uid: string };
}

/** The Secrets and Deployments of the controller's namespace. Every method rejects on API errors. */
export interface SecretStore {
  /** Lists by name: the rights of a v0.12 install do not allow a read. */
  hasSecret(name: string): Promise<boolean>;
  deploymentUid(name: string): Promise<string>;
  createSecret(secret: MemberlistSecret): Promise<'created' | 'exists'>;
}

const KEY_LENGTH = 16;

/** Creates the memberlist Secret, owned by the Deployment, unless there is one. */
export async function ensureMemberlistSecret(
  names: { readonly secret: string; readonly deployment: string },
  store: SecretStore,
  random: Random,
  log: Logger,
): Promise<void> {
  const op = 'CreateMlSecret';
  if (await store.hasSecret(names.secret)) {
    log.debug({ op, msg: 'secret already exists, nothing to do' });
    return;
  }
  const owner = { name: names.deployment, uid: await store.deploymentUid(names.deployment) };
  const key = new Secret(memberlistKey(random.bytes(KEY_LENGTH)));
  const result = await store.createSecret({ name: names.secret, key, owner });
  if (result === 'created') log.info({ op, msg: 'secret succesfully created' });
  else log.debug({ op, msg: 'secret was created by another controller meanwhile' });
}

/**
 * Standard base64 without padding: 22 characters for 16 octets.
 *
 * @internal
 */
export function memberlistKey(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64').replace(/=+$/, '');
}
