import { Secret, goQuote } from '../../runtime/model/index.ts';
import type { PeerSpec } from '../objects/kinds.ts';
import type { Place } from '../objects/place.ts';
import type { SecretContent } from '../resources.ts';

const BASIC_AUTH = 'kubernetes.io/basic-auth';

export interface PasswordFacts {
  readonly namespace: string;
  /** Of that namespace, by name; where a reference says otherwise it is passed over. */
  readonly secrets: ReadonlyMap<string, SecretContent>;
}

/** The password of a peer, written out or in a Secret; nothing for none, and where it is wrong. crd.md §2.6 */
export function parsePassword(
  { name, spec }: { readonly name: string; readonly spec: PeerSpec },
  place: Place,
  { namespace, secrets }: PasswordFacts,
): Secret | undefined {
  const { password = '', passwordSecret } = spec;
  const wanted = passwordSecret?.name ?? '';
  if (wanted === '') return password === '' ? undefined : new Secret(password);
  const peer = `${goQuote(namespace)}/${goQuote(name)}`;
  if (password !== '') {
    const message = `can not have both password and secret ref set in peer config ${peer}`;
    place.at('password').refuse({ reason: 'password-and-secret', message });
    return undefined;
  }
  const at = place.at('passwordSecret', 'name');
  const secret = secrets.get(wanted);
  const named = `${goQuote(namespace)}/${goQuote(wanted)}`;
  if (secret === undefined) {
    const message = `secret ref not found for peer config ${peer}`;
    const hint = `there is no Secret ${named}`;
    at.refuse({ reason: 'secret-not-found', message, hint, transient: true });
    return undefined;
  }
  if (secret.type !== BASIC_AUTH) {
    const message = `secret type mismatch on ${named}, type ${goQuote(BASIC_AUTH)} is expected `;
    at.refuse({ reason: 'secret-wrong-type', message });
    return undefined;
  }
  if (secret.password === undefined) {
    const message = `password not specified in the secret ${named}`;
    at.refuse({ reason: 'secret-missing-password', message });
  }
  return secret.password?.equals(NO_PASSWORD) === true ? undefined : secret.password;
}

const NO_PASSWORD = new Secret('');
