import {
  type ApiClient,
  ApiError,
  type Json,
  coreResource,
  createSecret,
  member,
  pathOf,
  text,
} from '../../kube/index.ts';
import { Secret } from '../../model/index.ts';
import type { CertificateBundle } from './bundle.ts';
import type { Permits } from './permits.ts';

/** The name is the original's, in manifests and chart alike. crd.md §2.10 */
export const SECRET_NAME = 'webhook-server-cert';

/** What was found: the four keys, each empty where it is not there. */
export interface FoundBundle {
  readonly bundle: CertificateBundle;
  /** The `resourceVersion` that a write has to meet. */
  readonly version: string;
}

/** Where the certificate outlives us and is shared with other replicas. */
export interface BundleStore {
  /** What is stored; `absent` where there is no such object, `forbidden` where it may not be read. */
  read(signal: AbortSignal): Promise<FoundBundle | 'absent' | 'forbidden'>;
  /** Writes over what was found, unless somebody else was quicker. */
  write(
    bundle: CertificateBundle,
    over: FoundBundle | 'absent',
    signal: AbortSignal,
  ): Promise<'written' | 'conflict' | 'forbidden'>;
}

/** The Secret of our namespace; nothing of it but the four keys is touched. */
export class SecretStore implements BundleStore {
  readonly #client: ApiClient;
  readonly #permits: Permits;
  readonly #namespace: string;

  constructor(client: ApiClient, permits: Permits, namespace: string) {
    this.#client = client;
    this.#permits = permits;
    this.#namespace = namespace;
  }

  async read(signal: AbortSignal): Promise<FoundBundle | 'absent' | 'forbidden'> {
    const right = this.#right('get', SECRET_NAME);
    if (!(await this.#permits.has(right, signal))) return 'forbidden';
    try {
      const path = pathOf(coreResource('secrets', this.#namespace), SECRET_NAME);
      const found = await this.#permits.using(right, () =>
        this.#client.request({ method: 'GET', path, signal }),
      );
      return readSecret(found);
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return 'absent';
      throw error;
    }
  }

  async write(
    bundle: CertificateBundle,
    over: FoundBundle | 'absent',
    signal: AbortSignal,
  ): Promise<'written' | 'conflict' | 'forbidden'> {
    const right = over === 'absent' ? this.#right('create') : this.#right('patch', SECRET_NAME);
    if (!(await this.#permits.has(right, signal))) return 'forbidden';
    return this.#permits.using(right, () =>
      over === 'absent' ? this.#create(bundle) : this.#patch(bundle, over, signal),
    );
  }

  async #create(bundle: CertificateBundle): Promise<'written' | 'conflict'> {
    const made = await createSecret(this.#client, this.#namespace, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: SECRET_NAME, namespace: this.#namespace },
      data: dataOf(bundle),
    });
    return made === 'created' ? 'written' : 'conflict';
  }

  async #patch(
    bundle: CertificateBundle,
    { version }: FoundBundle,
    signal: AbortSignal,
  ): Promise<'written' | 'conflict'> {
    try {
      await this.#client.request({
        method: 'PATCH',
        path: pathOf(coreResource('secrets', this.#namespace), SECRET_NAME),
        contentType: 'application/merge-patch+json',
        body: { metadata: { resourceVersion: version }, data: dataOf(bundle) },
        signal,
      });
      return 'written';
    } catch (error) {
      // Gone since it was read is changed since it was read.
      if (error instanceof ApiError && (error.code === 409 || error.code === 404)) {
        return 'conflict';
      }
      throw error;
    }
  }

  #right(verb: 'get' | 'create' | 'patch', name?: string) {
    const where = { group: '', resource: 'secrets', namespace: this.#namespace };
    return { verb, ...where, ...(name !== undefined && { name }) };
  }
}

function readSecret(secret: Json): FoundBundle {
  const data = member(secret, 'data');
  const decoded = (key: string): string =>
    Buffer.from(text(member(data, key)), 'base64').toString('utf8');
  return {
    bundle: {
      caCertificate: decoded('ca.crt'),
      caKey: new Secret(decoded('ca.key')),
      certificate: decoded('tls.crt'),
      key: new Secret(decoded('tls.key')),
    },
    version: text(member(member(secret, 'metadata'), 'resourceVersion')),
  };
}

function dataOf(bundle: CertificateBundle): Readonly<Record<string, string>> {
  const encoded = (content: string): string => Buffer.from(content, 'utf8').toString('base64');
  return {
    'ca.crt': encoded(bundle.caCertificate),
    'ca.key': encoded(bundle.caKey.reveal()),
    'tls.crt': encoded(bundle.certificate),
    'tls.key': encoded(bundle.key.reveal()),
  };
}
