import {
  type ApiClient,
  ApiError,
  ConnectionError,
  type Json,
  member,
  text,
} from '../../src/runtime/kube/index.ts';

type Call = Parameters<ApiClient['request']>[0];
type Tree = Record<string, unknown>;

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Objects by path behind the client's interface, with rights that can be taken away and JSON patches as served. */
export class ObjectApi implements ApiClient {
  readonly objects: Map<string, Tree> = new Map<string, Tree>();
  /** Rights that are missing, as in `patch secrets webhook-server-cert`; an empty name for all objects. */
  readonly missing: Set<string> = new Set<string>();
  /** Every request but reviews, as in `GET /api/v1/...`. */
  readonly seen: string[] = [];
  reviews = 0;
  down = false;
  #version = 0;

  put(path: string, object: Tree): void {
    this.#version += 1;
    const metadata = { ...(object['metadata'] as Tree), resourceVersion: String(this.#version) };
    this.objects.set(path, { ...object, metadata });
  }

  async request(call: Call): Promise<Json> {
    if (this.down) throw new ConnectionError('ECONNREFUSED');
    const { method, path, body } = call;
    if (path === REVIEWS) {
      this.reviews += 1;
      return { status: { allowed: !this.missing.has(rightIn(body)) } };
    }
    this.seen.push(`${method} ${path}`);
    if (method === 'POST') return this.#create(path, body as Tree);
    const found = this.objects.get(path);
    if (found === undefined) throw new ApiError(404, 'NotFound', `${path} not found`);
    if (method === 'PATCH') this.put(path, patched(found, call));
    return this.objects.get(path);
  }

  watch(): Promise<AsyncIterable<string>> {
    return Promise.reject(new Error('nothing to watch'));
  }

  #create(collection: string, body: Tree): Json {
    const path = `${collection}/${text(member(body['metadata'], 'name'))}`;
    if (this.objects.has(path)) throw new ApiError(409, 'AlreadyExists', `${path} already exists`);
    this.put(path, body);
    return this.objects.get(path);
  }
}

function rightIn(review: Json): string {
  const asked = member(member(review, 'spec'), 'resourceAttributes');
  return ['verb', 'resource', 'name'].map((field) => text(member(asked, field))).join(' ');
}

function patched(object: Tree, { contentType, body }: Call): Tree {
  const copy = structuredClone(object);
  if (contentType === 'application/json-patch+json') {
    for (const step of body as readonly Tree[]) takeStep(copy, step);
    return copy;
  }
  const { metadata, ...rest } = body as Tree;
  if (member(metadata, 'resourceVersion') !== member(object['metadata'], 'resourceVersion')) {
    throw new ApiError(409, 'Conflict', 'the object has been modified');
  }
  return { ...copy, ...rest, data: { ...(copy['data'] as Tree), ...(rest['data'] as Tree) } };
}

function takeStep(object: Tree, { op, path, value }: Tree): void {
  const parts = String(path).split('/').slice(1);
  const last = parts.pop() ?? '';
  const parent = parts.reduce<unknown>((tree, part) => (tree as Tree)[part], object) as Tree;
  if (op === 'add') parent[last] = value;
  else if (parent[last] !== value) throw new ApiError(422, 'Invalid', 'a test failed');
}
