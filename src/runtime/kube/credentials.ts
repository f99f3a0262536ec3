import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { type Clock, type Duration, seconds } from '../platform/ports.ts';
import { type Json, elements, isObject, member, text } from './json.ts';

/** TLS material, as `node:tls` takes it. The object is replaced, never changed. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Where the server is and how to prove who we are. */
export interface Connection {
  /** May end in a path, as behind some proxies. */
  readonly server: string;
  readonly tls: TlsMaterial;
  readonly headers: Readonly<Record<string, string>>;
  /** A proxy's agent, where the kubeconfig names a proxy. */
  readonly agent?: Agent;
}

export interface Credentials {
  /** Cheap when nothing is due; rejects with {@link CredentialsError}. */
  current(): Promise<Connection>;
  /** The server answered 401: the next `current` reads everything again. */
  refused(): void;
}

/** Credentials cannot be had. Says which file or command is at fault, never what is in it. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** How long what was read is trusted: tokens are rotated by writing the file anew. */
const TRUSTED_FOR = seconds(60);

type Environment = Readonly<Record<string, string | undefined>>;

/** Holds what was read until it is a minute old or refused; what cannot be read anew is used on while it works. */
class Rereading implements Credentials {
  readonly #clock: Clock;
  readonly #read: () => Promise<Connection>;
  #held: Connection | undefined;
  #readAt = 0 as Duration;
  #due = true;
  #reading: Promise<Connection> | undefined;

  constructor(clock: Clock, read: () => Promise<Connection>) {
    this.#clock = clock;
    this.#read = read;
  }

  async current(): Promise<Connection> {
    const held = this.#held;
    if (held && !this.#due && this.#clock.now() - this.#readAt < TRUSTED_FOR) return held;
    this.#reading ??= this.#reread(held).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  refused(): void {
    this.#due = true;
  }

  async #reread(held: Connection | undefined): Promise<Connection> {
    this.#due = false;
    this.#readAt = this.#clock.now();
    try {
      const found = await this.#read();
      const sameTls = held && JSON.stringify(held.tls) === JSON.stringify(found.tls);
      this.#held = sameTls ? { ...found, tls: held.tls } : found;
      return this.#held;
    } catch (error) {
      if (held && error instanceof CredentialsError) return held;
      this.#due = true;
      throw error;
    }
  }
}

/**
 * The credentials of the pod's service account, read directly.
 *
 * @param folder where `token`, `ca.crt` and `namespace` are mounted
 */
export function inClusterCredentials(
  clock: Clock,
  environment: Environment,
  folder: string = SERVICE_ACCOUNT,
): Credentials {
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '';
  if (host === '' || port === '') {
    throw new CredentialsError(
      'not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
    );
  }
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return new Rereading(clock, async () => {
    const [token, ca] = await Promise.all([
      readText(`${folder}/token`),
      readText(`${folder}/ca.crt`),
    ]);
    return { server, tls: { ca }, headers: { Authorization: `Bearer ${token}` } };
  });
}

/** The namespace of the pod, or nothing outside of a cluster. */
export async function podNamespace(folder: string = SERVICE_ACCOUNT): Promise<string | undefined> {
  try {
    return await readText(`${folder}/namespace`);
  } catch (error) {
    if (error instanceof CredentialsError) return undefined;
    throw error;
  }
}

export interface KubeconfigOptions {
  /** A file; without it `$KUBECONFIG`, then `~/.kube/config`, then the pod's service account. */
  readonly path?: string;
  /** A context other than the current one. */
  readonly context?: string;
}

/** The credentials of a kubeconfig, whatever form they have: tokens, certificates, exec plugins, proxies. */
export function kubeconfigCredentials(clock: Clock, options: KubeconfigOptions = {}): Credentials {
  return new Rereading(clock, () => readKubeconfig(options));
}

async function readText(path: string): Promise<string> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (text === '') throw new CredentialsError(`${path} is empty`);
    return text;
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    throw new CredentialsError(`${path} cannot be read: ${codeOf(error)}`);
  }
}

async function loadKubeconfig({ path, context }: KubeconfigOptions): Promise<KubeConfig> {
  const client = await import('@kubernetes/client-node/dist/config.js');
  const config = new client.KubeConfig();
  const where = path ?? 'kubeconfig';
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
  } catch (error) {
    // The text of a YAML error quotes the file, passwords and all.
    throw new CredentialsError(`${where} cannot be read: ${codeOf(error)}`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  if (!config.getCurrentCluster()) {
    const name = config.getCurrentContext();
    throw new CredentialsError(`${where} has no cluster for context "${name}"`);
  }
  return config;
}

async function readKubeconfig(options: KubeconfigOptions): Promise<Connection> {
  const config = await loadKubeconfig(options);
  const cluster = config.getCurrentCluster();
  const server = cluster?.server ?? '';
  if (!URL.canParse(server)) throw new CredentialsError(`"${server}" is no server address`);
  // client-node refuses plain HTTP unless verification is off; there is nothing to verify on it.
  const plain = server.startsWith('http:');
  if (plain && cluster) config.clusters = [{ ...cluster, skipTLSVerify: true }];
  const request: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(request);
  } catch (error) {
    // Neither what a plugin printed nor what could not be parsed may be repeated: it may be the token.
    const user = config.getCurrentUser()?.name ?? '';
    const hint = `run its exec plugin, if it has one, by hand to see why (${codeOf(error)})`;
    throw new CredentialsError(`user "${user}" has no usable credentials: ${hint}`);
  }
  const agent = cluster?.proxyUrl === undefined ? undefined : (request.agent as Agent);
  const overlooked = await fileToken(config, options.path);
  const headers = { ...overlooked, ...texts(request.headers), ...basicAuth(request.auth) };
  return { server, tls: tlsOf(request), headers, ...(agent && { agent }) };
}

/** What a user's `tokenFile` holds, which client-node 1.x overlooks; its path is relative to the kubeconfig. */
async function fileToken(
  config: KubeConfig,
  kubeconfig: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const user = config.getCurrentUser()?.name;
  if (user === undefined || kubeconfig === undefined) return {};
  const { load } = await import('js-yaml');
  const users: readonly Json[] = elements(member(load(await readText(kubeconfig)), 'users'));
  const entry = users.find((one) => member(one, 'name') === user);
  const file = text(member(member(entry, 'user'), 'tokenFile'));
  if (file === '') return {};
  return { Authorization: `Bearer ${await readText(resolve(dirname(kubeconfig), file))}` };
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): TlsMaterial {
  return {
    ...(isMaterial(ca) && { ca }),
    ...(isMaterial(cert) && { cert }),
    ...(isMaterial(key) && { key }),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
}

function isMaterial(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value);
}

function texts(headers: unknown): Record<string, string> {
  const entries = Object.entries(isObject(headers) ? headers : {});
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function basicAuth(auth: string | null | undefined): Record<string, string> {
  if (typeof auth !== 'string') return {};
  return { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` };
}

/** What kind of failure it was, without the text that came with it. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return error instanceof Error ? error.name : 'unknown';
}
