/** An object as JSON has it; the store only looks at what every object has. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly [member: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

export interface StoredEvent {
  readonly version: number;
  readonly resource: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: ApiObject;
  /** What the object was before, which decides whether a selector saw it. */
  readonly before: ApiObject | undefined;
}

/** Why the store refuses; becomes a `Status`. */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

export interface Page {
  readonly items: readonly ApiObject[];
  readonly version: string;
  readonly continue: string;
}

export type Filter = (object: ApiObject) => boolean;

/** Every object there is, with one version counter and a history that can be compacted, as etcd keeps them. */
export class ObjectStore {
  #version = 1000;
  #compacted = 0;
  #tokens = 0;
  readonly #collections = new Map<string, Map<string, ApiObject>>();
  readonly #snapshots = new Map<string, { items: readonly ApiObject[]; version: string }>();
  #history: StoredEvent[] = [];
  readonly #subscribers = new Set<(event: StoredEvent) => void>();

  get version(): number {
    return this.#version;
  }

  get(resource: string, key: string): ApiObject | undefined {
    return this.#collection(resource).get(key);
  }

  list(resource: string): readonly ApiObject[] {
    return [...this.#collection(resource).values()];
  }

  create(resource: string, object: ApiObject): ApiObject {
    const key = keyOf(object);
    if (this.get(resource, key)) {
      throw new Refusal(
        409,
        'AlreadyExists',
        `${resource} "${object.metadata.name}" already exists`,
      );
    }
    const uid = object.metadata.uid ?? `uid-${this.#version + 1}`;
    const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + this.#version * 1000).toISOString();
    const metadata = { creationTimestamp, ...object.metadata, uid };
    return this.#store('ADDED', resource, { ...object, metadata });
  }

  /** Replaces an object whose version, if given, must be the stored one. */
  replace(resource: string, object: ApiObject): ApiObject {
    const { resourceVersion, uid } = object.metadata;
    if (!this.get(resource, keyOf(object))) {
      // So does a real one: a uid that nothing has is a conflict, and a Service may be created by PUT.
      if (uid !== undefined) throw new Refusal(409, 'Conflict', 'Precondition failed: UID');
      if (resource === 'services') return this.create(resource, object);
    }
    const stored = this.#require(resource, keyOf(object));
    if (resourceVersion !== undefined && resourceVersion !== stored.metadata.resourceVersion) {
      const message = `${resource} "${object.metadata.name}": the object has been modified`;
      throw new Refusal(409, 'Conflict', message);
    }
    if (uid !== undefined && uid !== stored.metadata.uid) {
      throw new Refusal(409, 'Conflict', `${resource} "${object.metadata.name}": uid mismatch`);
    }
    const metadata = {
      ...object.metadata,
      uid: stored.metadata.uid,
      creationTimestamp: stored.metadata['creationTimestamp'],
    };
    const next = { ...object, metadata: { ...metadata, resourceVersion: '' } };
    const now = { ...stored, metadata: { ...stored.metadata, resourceVersion: '' } };
    // A write that changes nothing is none: the version stays.
    if (canonical(next) === canonical(now)) return stored;
    return this.#store('MODIFIED', resource, { ...object, metadata } as ApiObject);
  }

  /** Replaces the status and the metadata; the spec stays as stored. */
  replaceStatus(resource: string, object: ApiObject): ApiObject {
    const spec = this.get(resource, keyOf(object))?.['spec'] ?? object['spec'];
    return this.replace(resource, { ...object, spec });
  }

  delete(resource: string, key: string): void {
    this.#require(resource, key);
    const object = this.get(resource, key)!;
    this.#collection(resource).delete(key);
    this.#append('DELETED', resource, object, object);
  }

  /** One page of a consistent list; pages after the first come from the same moment. */
  page(resource: string, filter: Filter, limit: number, token: string): Page {
    const snapshot =
      token === ''
        ? { items: this.list(resource).filter(filter), version: String(this.#version) }
        : this.#snapshots.get(token);
    if (snapshot === undefined) {
      throw new Refusal(410, 'Expired', 'The provided continue parameter is too old');
    }
    const { items, version } = snapshot;
    if (limit <= 0 || items.length <= limit) return { items, version, continue: '' };
    this.#tokens += 1;
    const next = `token-${this.#tokens}`;
    this.#snapshots.set(next, { items: items.slice(limit), version });
    return { items: items.slice(0, limit), version, continue: next };
  }

  /** What happened after `version`; refuses what was compacted away. */
  since(version: number): readonly StoredEvent[] {
    if (version < this.#compacted) {
      throw new Refusal(
        410,
        'Expired',
        `too old resource version: ${version} (${this.#compacted})`,
      );
    }
    return this.#history.filter((event) => event.version > version);
  }

  /** Forgets history and page tokens, as etcd does every five minutes. */
  compact(): void {
    this.#version += 1;
    this.#compacted = this.#version;
    this.#history = [];
    this.#snapshots.clear();
  }

  subscribe(subscriber: (event: StoredEvent) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  #require(resource: string, key: string): ApiObject {
    const object = this.get(resource, key);
    if (!object) throw new Refusal(404, 'NotFound', `${resource} "${key}" not found`);
    return object;
  }

  #store(type: 'ADDED' | 'MODIFIED', resource: string, object: ApiObject): ApiObject {
    const before = this.get(resource, keyOf(object));
    const stored = this.#append(type, resource, object, before);
    this.#collection(resource).set(keyOf(object), stored);
    return stored;
  }

  #append(
    type: StoredEvent['type'],
    resource: string,
    object: ApiObject,
    before: ApiObject | undefined,
  ): ApiObject {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const stored = { ...object, metadata };
    const event = { version: this.#version, resource, type, object: stored, before };
    this.#history.push(event);
    for (const subscriber of this.#subscribers) subscriber(event);
    return stored;
  }

  #collection(resource: string): Map<string, ApiObject> {
    const found = this.#collections.get(resource) ?? new Map<string, ApiObject>();
    this.#collections.set(resource, found);
    return found;
  }
}

export function keyOf({ metadata }: ApiObject): string {
  const { namespace, name } = metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
