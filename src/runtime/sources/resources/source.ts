import type { SecretContent } from '../../../config-crd/index.ts';
import { type ApiClient, Informer, type Json, coreResource, identify } from '../../kube/index.ts';
import type { ObjectReference } from '../../model/index.ts';
import { type Clock, type Logger, type Random, type Task, millis } from '../../platform/ports.ts';
import { kindSources } from './kinds.ts';
import {
  type ObservedResource,
  SECRETS_OF_PEERS,
  configuresAlike,
  extrasText,
  observe,
  secretContent,
  sightingText,
} from './observed.ts';
import type { ResourceReader } from './reader.ts';
import { Sighted } from './sighted.ts';

export interface ResourceSourceOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly reader: ResourceReader;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Objects are applied one after the other: read is what is there when none has come for so long. */
const QUIET = millis(100);
/** But no longer than this after the first. */
const LONGEST_WAIT = millis(1000);
/** Objects whose versions one text tells. */
const MOST_VERSIONS = 20;

/**
 * Watches the v0.13 resources, and the Secrets that they name, and has them read whenever they have changed. Where the
 * API server has no such kinds, or the right to them is missing, there are none: that is asked for, never tried, and
 * asked again every few minutes. A server that does not answer is waited for. product.md §2
 */
export class ResourceSource implements Task {
  readonly name = 'resources';
  readonly #options: ResourceSourceOptions;
  /** The kind that must be there; nothing else is asked for before it is. */
  readonly #pools: Sighted<ObservedResource>;
  readonly #others: readonly Sighted<ObservedResource>[];
  readonly #ofKind: ReadonlyMap<string, Sighted<ObservedResource>>;
  readonly #extras: Sighted<string>;
  readonly #secrets: Sighted<SecretContent>;
  #changed: ObjectReference | undefined;
  #due: Disposable | undefined;
  /** When the first change came that has not been read. */
  #since: number | undefined;
  #saidAbsent = false;
  /** Whether the reader has been given anything yet. */
  #saidSomething = false;
  /** What the log says cannot be read. */
  #saidUnread = '';

  constructor(options: ResourceSourceOptions) {
    this.#options = options;
    const { namespace } = options;
    const kinds = kindSources(namespace);
    const [pools, ...others] = kinds.map(({ kind, apiVersion, resource }) => {
      return this.#sighted<ObservedResource>(
        (listener) =>
          new Informer({
            ...options,
            resource,
            optional: true,
            project: observe(apiVersion, kind),
            listener,
          }),
        (now, before) => {
          if (configuresAlike(now, before)) return false;
          this.#changed = referenceTo((now ?? before)?.object);
          return true;
        },
      );
    });
    if (pools === undefined) throw new TypeError('there are no kinds');
    this.#pools = pools;
    this.#others = others;
    const sighted = [pools, ...others];
    this.#ofKind = new Map(sighted.map((one, index) => [kinds[index]?.kind ?? '', one]));
    const query = { fieldSelector: 'metadata.name=bgpextras' };
    const configMaps = coreResource('configmaps', namespace);
    this.#extras = this.#sighted<string>((listener) => {
      const project = extrasText;
      const resource = configMaps;
      return new Informer({ ...options, resource, query, optional: true, project, listener });
    });
    const secrets = coreResource('secrets', namespace);
    this.#secrets = this.#sighted((listener) => {
      const asked = { resource: secrets, query: SECRETS_OF_PEERS, project: secretContent };
      return new Informer({ ...options, ...asked, optional: true, listener });
    }, isOtherContent);
  }

  async run(signal: AbortSignal): Promise<void> {
    const all = [this.#pools, ...this.#others, this.#extras, this.#secrets];
    this.#pools.need();
    await Promise.all(all.map((one) => one.run(signal)));
    this.#due?.[Symbol.dispose]();
  }

  /** What programs say about an object, as it was last seen. */
  statusOf({ kind, namespace, name }: ObjectReference): Json {
    return this.#ofKind.get(kind)?.get(`${namespace}/${name}`)?.status;
  }

  #sighted<T>(
    informer: ConstructorParameters<typeof Sighted<T>>[0],
    matters?: (now: T | undefined, before: T | undefined) => boolean,
  ): Sighted<T> {
    return new Sighted<T>(informer, () => this.#look(), matters);
  }

  /** Something was heard: reads soon, together with what else comes. */
  #look(): void {
    if (this.#pools.state === 'available') {
      for (const one of [...this.#others, this.#extras]) one.need();
    }
    const { clock } = this.#options;
    this.#since ??= clock.now();
    this.#due?.[Symbol.dispose]();
    const left = this.#since + LONGEST_WAIT - clock.now();
    // What was listed first is whole: nothing more is on its way.
    const pause = this.#saidSomething ? Math.min(QUIET, left) : 0;
    this.#due = clock.after(millis(Math.max(0, pause)), () => this.#read());
  }

  #read(): void {
    this.#since = undefined;
    const { reader, logger } = this.#options;
    if (this.#pools.state === 'unavailable') {
      if (!this.#saidAbsent) logger.info({ ...ABSENT, reason: this.#pools.obstacle });
      this.#saidAbsent = true;
      this.#saidSomething = true;
      reader.nothing();
      return;
    }
    if ([this.#pools, ...this.#others, this.#extras].some(({ state }) => state === 'pending')) {
      return;
    }
    this.#saidAbsent = false;
    const observed = [this.#pools, ...this.#others].flatMap((one) => [...one.values()]);
    if (observed.some(namesSecret)) this.#secrets.need();
    if (this.#secrets.state === 'pending') return;
    this.#saidSomething = true;
    const unread = this.#unread(observed);
    this.#tellUnread(unread);
    reader.picture({
      objects: observed.map(({ object }) => object),
      secrets: this.#secretsByName(),
      bgpExtras: [...this.#extras.values()].join(''),
      versions: versionsText(observed),
      unread,
      ...(this.#changed !== undefined && { changed: this.#changed }),
    });
  }

  #tellUnread(unread: readonly string[]): void {
    const reason = unread.join('; ');
    if (reason !== '' && reason !== this.#saidUnread) {
      this.#options.logger.warn({ ...UNREAD, reason });
    }
    this.#saidUnread = reason;
  }

  #secretsByName(): ReadonlyMap<string, SecretContent> {
    const prefix = `${this.#options.namespace}/`;
    return new Map(
      [...this.#secrets.entries()].map(([key, content]) => [key.slice(prefix.length), content]),
    );
  }

  #unread(observed: readonly ObservedResource[]): readonly string[] {
    const kinds = this.#others.filter(({ uncertain }) => uncertain);
    const secrets = observed.some(namesSecret) && this.#secrets.state === 'unavailable';
    return [...kinds, ...(secrets ? [this.#secrets] : [])].map(({ obstacle }) => obstacle);
  }
}

const UNREAD = {
  op: 'configSource',
  msg: 'some v0.13 resources cannot be read: what was known of them counts, and they are looked for again every few minutes',
};

const ABSENT = {
  op: 'configSource',
  msg: 'there are no v0.13 resources to read, they are looked for again every few minutes',
};

function isOtherContent(
  now: SecretContent | undefined,
  before: SecretContent | undefined,
): boolean {
  if (now?.type !== before?.type) return true;
  return now?.password === undefined
    ? before?.password !== undefined
    : !now.password.equals(before?.password);
}

function namesSecret({ object }: ObservedResource): boolean {
  const { kind, spec } = object;
  const { passwordSecret } = (spec ?? {}) as { passwordSecret?: { name?: unknown } };
  return kind === 'BGPPeer' && typeof passwordSecret?.name === 'string';
}

function versionsText(observed: readonly ObservedResource[]): string {
  const texts = observed.slice(0, MOST_VERSIONS).map(sightingText);
  const more = observed.length - texts.length;
  return texts.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function referenceTo(object: Json): ObjectReference | undefined {
  const identity = identify(object);
  if (identity === undefined) return undefined;
  const { apiVersion = '', kind = '' } = object as { apiVersion?: string; kind?: string };
  const { namespace, name, uid } = identity;
  return { apiVersion, kind, namespace, name, uid };
}
