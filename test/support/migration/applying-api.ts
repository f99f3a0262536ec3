import {
  type ApiCall,
  type ApiClient,
  ApiError,
  type Json,
} from '../../../src/runtime/kube/index.ts';

type Tree = Record<string, unknown>;

/** The command was killed: nothing that it sends arrives any more. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const PARTS = ['spec', 'data', 'type'];

/** Objects by path behind the client's interface, with server-side apply, preconditions and rehearsals as served. */
export class ApplyingApi implements ApiClient {
  readonly objects: Map<string, Tree> = new Map<string, Tree>();
  /** Writes that took effect, as in `PATCH /api/v1/...`. */
  readonly writes: string[] = [];
  /** Rights that are missing, as in `delete secrets`. */
  readonly missing: Set<string> = new Set<string>();
  /** The Events that programs have written. */
  events: () => readonly Json[] = () => [];
  /** Looks at each request before it is served; what it throws is the answer. */
  refuse: (call: ApiCall) => void = () => {};
  #left = Infinity;
  #version = 100;

  /** The command is killed when so many more writes have taken effect, before it hears of the last one. */
  killAfter(writes: number): void {
    this.#left = writes;
  }

  /** Another command has been started. */
  revive(): void {
    this.#left = Infinity;
    this.writes.length = 0;
  }

  put(path: string, object: object, manager = 'kubectl'): void {
    const metadata = (object as Tree)['metadata'] as Tree;
    this.#store(path, {
      ...object,
      metadata: { ...metadata, managedFields: [fieldsOf(object as Tree, manager)] },
    });
  }

  /** Every object to the last octet, the server's bookkeeping left out. */
  state(): Record<string, string> {
    const entries = [...this.objects].map(([path, object]) => {
      const { name, namespace, labels, annotations } = object['metadata'] as Tree;
      return [
        path,
        JSON.stringify({ ...object, metadata: { name, namespace, labels, annotations } }),
      ] as const;
    });
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async request(call: ApiCall): Promise<Json> {
    if (this.#left <= 0) throw new Killed('killed');
    this.refuse(call);
    const { method, path, query = {} } = call;
    if (path === REVIEWS) {
      return { status: { allowed: !this.missing.has(rightIn(call.body as Tree)) } };
    }
    if (method === 'GET') return this.#read(path);
    const rehearsal = query['dryRun'] === 'All' ? new Map(this.objects) : undefined;
    const answer = this.#write(call);
    if (rehearsal !== undefined) {
      this.objects.clear();
      for (const [key, object] of rehearsal) this.objects.set(key, object);
      return answer;
    }
    this.writes.push(`${method} ${path}`);
    this.#left -= 1;
    if (this.#left <= 0) throw new Killed('killed');
    return answer;
  }

  watch(): Promise<AsyncIterable<string>> {
    return Promise.reject(new Error('nothing to watch'));
  }

  #read(path: string): Json {
    if (path.endsWith('/events')) return { metadata: {}, items: this.events() };
    const found = this.objects.get(path);
    if (found !== undefined) return found;
    this.#demandKind(path);
    if (!(path.split('/').at(-1) ?? '').endsWith('s') || path.startsWith(`${DEFINITIONS}/`)) {
      throw absent(path);
    }
    const inside = [...this.objects].filter(([key]) => isIn(key, path)).map(([, object]) => object);
    return { metadata: { resourceVersion: String(this.#version) }, items: inside };
  }

  #write(call: ApiCall): Json {
    const { method, path, query = {} } = call;
    const body = call.body as Tree;
    this.#demandKind(path);
    switch (method) {
      case 'POST':
        return this.#create(`${path}/${nameOf(body)}`, body, query['fieldManager'] ?? '');
      case 'DELETE':
        return this.#delete(path, body);
      case 'PUT':
        return this.#replace(path, body, query['fieldManager'] ?? '');
      default:
        return call.contentType === 'application/apply-patch+yaml'
          ? this.#apply(path, body, query)
          : this.#merge(path, body);
    }
  }

  #create(path: string, body: Tree, manager: string): Json {
    if (this.objects.has(path)) throw new ApiError(409, 'AlreadyExists', `${path} already exists`);
    this.put(path, body, manager);
    return this.objects.get(path);
  }

  #delete(path: string, body: Tree | undefined): Json {
    const found = this.#demand(path);
    const { uid } = (body?.['preconditions'] ?? {}) as Tree;
    if (uid !== undefined && uid !== (found['metadata'] as Tree)['uid']) throw conflict(path);
    this.objects.delete(path);
    return {};
  }

  #replace(path: string, body: Tree, manager: string): Json {
    const before = this.#demand(path)['metadata'] as Tree;
    const metadata = body['metadata'] as Tree;
    if (metadata['resourceVersion'] !== before['resourceVersion']) throw conflict(path);
    const { uid } = before;
    this.#store(path, {
      ...body,
      metadata: { ...metadata, uid, managedFields: [fieldsOf(body, manager)] },
    });
    return this.objects.get(path);
  }

  /** One manager owns an object, or several that say the same. */
  #apply(path: string, body: Tree, query: Readonly<Record<string, string>>): Json {
    const manager = query['fieldManager'] ?? '';
    const found = this.objects.get(path);
    if (found === undefined) {
      this.put(path, body, manager);
      return this.objects.get(path);
    }
    const metadata = found['metadata'] as Tree;
    const others = (metadata['managedFields'] as Tree[]).filter(
      (one) => one['manager'] !== manager,
    );
    const same = PARTS.every((part) => body[part] === undefined || equal(body[part], found[part]));
    if (!same && others.length > 0 && query['force'] !== 'true') throw conflict(path);
    const managedFields = [...(same ? others : []), fieldsOf(body, manager)];
    const own = body['metadata'] as Tree;
    const annotations = { ...(metadata['annotations'] as Tree), ...(own['annotations'] as Tree) };
    const kept = {
      ...metadata,
      ...own,
      ...(Object.keys(annotations).length > 0 && { annotations }),
    };
    this.#store(path, { ...found, ...body, metadata: { ...kept, managedFields } });
    return this.objects.get(path);
  }

  #merge(path: string, body: Tree): Json {
    const found = this.#demand(path);
    const { resourceVersion, annotations } = body['metadata'] as Tree;
    const metadata = found['metadata'] as Tree;
    if (resourceVersion !== metadata['resourceVersion']) throw conflict(path);
    const merged = { ...(metadata['annotations'] as Tree), ...(annotations as Tree) };
    const left = Object.entries(merged).filter(([, value]) => value !== null);
    const kept: Tree = { ...metadata, annotations: Object.fromEntries(left) };
    if (left.length === 0) delete kept['annotations'];
    const data = { ...(found['data'] as Tree | undefined), ...(body['data'] as Tree | undefined) };
    const more = body['data'] === undefined ? {} : { data };
    this.#store(path, { ...found, ...more, metadata: kept });
    return this.objects.get(path);
  }

  #store(path: string, object: Tree): void {
    this.#version += 1;
    const metadata = object['metadata'] as Tree;
    const uid = metadata['uid'] ?? `uid-${this.#version}`;
    const stored = {
      ...object,
      metadata: { ...metadata, uid, resourceVersion: String(this.#version) },
    };
    const conditions = [{ type: 'Established', status: 'True' }];
    this.objects.set(
      path,
      path.startsWith(DEFINITIONS) ? { ...stored, status: { conditions } } : stored,
    );
  }

  #demand(path: string): Tree {
    const found = this.objects.get(path);
    if (found === undefined) throw absent(path);
    return found;
  }

  /** Objects of `metallb.io` are served where there is a definition of them. */
  #demandKind(path: string): void {
    const [, plural] =
      /^\/apis\/metallb\.io\/[^/]+\/(?:namespaces\/[^/]+\/)?([^/]+)/.exec(path) ?? [];
    if (plural !== undefined && !this.objects.has(`${DEFINITIONS}/${plural}.metallb.io`)) {
      throw absent(path);
    }
  }
}

function fieldsOf(object: Tree, manager: string): Tree {
  const parts = PARTS.filter((part) => object[part] !== undefined).map((part) => [`f:${part}`, {}]);
  return { manager, operation: 'Apply', fieldsV1: Object.fromEntries(parts) as Tree };
}

/** Whether an object is in a collection, which may be that of all namespaces. */
function isIn(key: string, collection: string): boolean {
  const [, root, plural] = /^(.*)\/([^/]+)$/.exec(collection) ?? [];
  if (key.startsWith(`${collection}/`)) return !key.slice(collection.length + 1).includes('/');
  const [, keyRoot, keyPlural] = /^(.*)\/namespaces\/[^/]+\/([^/]+)\/[^/]+$/.exec(key) ?? [];
  return keyRoot === root && keyPlural === plural;
}

function rightIn(review: Tree): string {
  const { verb, resource } = (review['spec'] as Tree)['resourceAttributes'] as Record<
    string,
    string
  >;
  return `${verb} ${resource}`;
}

function nameOf(object: Tree): string {
  return String((object['metadata'] as Tree)['name']);
}

function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function absent(path: string): ApiError {
  return new ApiError(404, 'NotFound', `${path} not found`);
}

function conflict(path: string): ApiError {
  return new ApiError(409, 'Conflict', `${path} has been modified`);
}
