import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connection, Credentials } from '../../../src/runtime/kube/index.ts';
import { type Fault, FaultPlan, type Match } from './faults.ts';
import { type ApiObject, ObjectStore, Refusal } from './object-store.ts';
import { KINDS, type Route, SERVED, type Verb, filterOf, parseRoute } from './routes.ts';
import { WatchStream } from './watch-stream.ts';

/** A request as it was answered. */
export interface SeenRequest extends Route {
  /** What was sent; a watch counts as answered when it opens. */
  readonly status: number;
}

/** A Kubernetes API server in memory, over real HTTP on loopback, that fails when and how a test wants it to. */
export class FakeApiServer {
  readonly store: ObjectStore = new ObjectStore();
  /** Every request that was answered, in order. */
  readonly seen: SeenRequest[] = [];
  readonly #faults = new FaultPlan();
  readonly #denied = new Set<string>();
  readonly #unserved = new Set<string>();
  readonly #watches = new Set<WatchStream>();
  #http = http.createServer();
  #port = 0;
  #token = 'first-token';

  static async start(): Promise<FakeApiServer> {
    const server = new FakeApiServer();
    server.store.subscribe((event) => {
      for (const watch of server.#watches) {
        if (watch.resource === event.resource) watch.send(event);
      }
    });
    await server.#listen();
    return server;
  }

  /** Ends everything at once, watches and idle connections included. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#http.closeAllConnections();
    await closed;
    this.#watches.clear();
  }

  /** Comes back on the same port after {@link stop}, with everything it had stored. */
  async restart(): Promise<void> {
    await this.#listen();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Credentials with the token that is valid when they are first asked for, and again after each refusal. */
  credentials(): Credentials {
    let connection: Connection | undefined;
    const tls = {};
    return {
      current: () => {
        const headers = { Authorization: `Bearer ${this.#token}` };
        connection ??= { server: this.url, tls, headers };
        return Promise.resolve(connection);
      },
      refused: () => (connection = undefined),
    };
  }

  /** The token in use expires: requests with it get 401. */
  rotateToken(): void {
    this.#token = `${this.#token}+`;
  }

  get token(): string {
    return this.#token;
  }

  inject(match: Match, fault: Fault, times = 1): void {
    this.#faults.inject(match, fault, times);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  deny(verb: Verb, resource: string): void {
    this.#denied.add(`${verb} ${resource}`);
  }

  permit(verb: Verb, resource: string): void {
    this.#denied.delete(`${verb} ${resource}`);
  }

  /** Stops serving a group version, as in `discovery.k8s.io/v1`. */
  withdraw(groupVersion: string): void {
    this.#unserved.add(groupVersion);
  }

  offer(groupVersion: string): void {
    this.#unserved.delete(groupVersion);
  }

  /** Sends a bookmark over every watch of a resource. */
  bookmark(resource: string): void {
    const version = String(this.store.version);
    for (const watch of this.#watches) {
      if (watch.resource === resource) watch.bookmark(version, { kind: KINDS[resource] ?? '' });
    }
  }

  /** Ends every watch in good order. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  /** Breaks every watch. */
  breakWatches(): void {
    for (const watch of this.#watches) watch.break();
  }

  /** How many watches of a resource are open. */
  watching(resource: string): number {
    return [...this.#watches].filter((watch) => watch.resource === resource).length;
  }

  /** How many requests of a kind were answered. */
  count(verb: Route['verb'], resource?: string): number {
    return this.seen.filter(
      (request) => request.verb === verb && (resource ?? request.resource) === request.resource,
    ).length;
  }

  async #listen(): Promise<void> {
    this.#http = http.createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        this.#refuse(response, parseRoute(request.method ?? '', request.url ?? ''), error);
      });
    });
    await new Promise<void>((resolve) => {
      this.#http.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = parseRoute(request.method ?? '', request.url ?? '');
    const body = await readBody(request);
    const fault = this.#faults.take(route);
    if (fault?.type === 'hold') await fault.hold.wait();
    if (fault && this.#thwart(response, route, fault)) return;
    if (request.headers.authorization !== `Bearer ${this.#token}`) {
      throw new Refusal(401, 'Unauthorized', 'Unauthorized');
    }
    if (route.verb === 'watch') {
      this.#authorize(route);
      this.#watch(response, route, fault);
      return;
    }
    const answer = this.#answer(route, body);
    if (fault?.type === 'holdReply') await fault.hold.wait();
    this.#reply(response, route, answer, fault);
  }

  /** Whether a fault kept the request from being carried out at all. */
  #thwart(response: ServerResponse, route: Route, fault: Fault): boolean {
    if (fault.type === 'reset') response.destroy();
    if (fault.type === 'status') this.#fail(response, route, fault);
    return fault.type === 'reset' || fault.type === 'status';
  }

  #answer(route: Route, body: ApiObject): unknown {
    switch (route.verb) {
      case 'discover':
        return this.#discover(route);
      case 'review':
        return this.#review(body);
      case 'list':
        return this.#list(route);
      case 'get':
        return this.#get(route);
      case 'create':
        return this.#create(route, body);
      case 'update':
        return this.#update(route, body);
      case 'patch':
        return this.#patch(route, body);
      case 'delete':
        return this.#delete(route);
      case 'watch':
      case 'unknown':
        throw new Refusal(405, 'MethodNotAllowed', 'no such verb');
      default:
        return route.verb satisfies never;
    }
  }

  #discover({ group, version }: Route): unknown {
    const groupVersion = group === '' ? version : `${group}/${version}`;
    const served = this.#unserved.has(groupVersion) ? undefined : SERVED[groupVersion];
    if (!served) throw new Refusal(404, 'NotFound', 'the server could not find it');
    const resources = served.map((name) => ({ name, kind: KINDS[name] }));
    return { kind: 'APIResourceList', groupVersion, resources };
  }

  #review(body: ApiObject): unknown {
    const spec = body['spec'] as { resourceAttributes: { verb: string; resource: string } };
    const { verb, resource } = spec.resourceAttributes;
    return { ...body, status: { allowed: !this.#denied.has(`${verb} ${resource}`) } };
  }

  #list(route: Route): unknown {
    this.#authorize(route);
    const limit = Number(route.query.get('limit') ?? '0');
    const token = route.query.get('continue') ?? '';
    const { items, version, ...rest } = this.store.page(
      route.resource,
      filterOf(route),
      limit,
      token,
    );
    const metadata = {
      resourceVersion: version,
      ...(rest.continue && { continue: rest.continue }),
    };
    // As a real one does, the items leave out what they are.
    const bare = items.map((item) => ({ ...item, kind: undefined, apiVersion: undefined }));
    return { kind: `${KINDS[route.resource] ?? ''}List`, metadata, items: bare };
  }

  #get(route: Route): ApiObject {
    this.#authorize(route);
    const found = this.store.get(route.resource, keyIn(route));
    if (!found) throw new Refusal(404, 'NotFound', `${route.resource} "${route.name}" not found`);
    return found;
  }

  #create(route: Route, body: ApiObject): ApiObject {
    this.#authorize(route);
    const { namespace } = route;
    const metadata = { ...body.metadata, ...(namespace !== '' && { namespace }) };
    return this.store.create(route.resource, { ...body, metadata });
  }

  #update(route: Route, sent: ApiObject): ApiObject {
    this.#authorize(route);
    const { namespace } = route;
    const body = { ...sent, metadata: { ...sent.metadata, ...(namespace && { namespace }) } };
    return route.subresource === 'status'
      ? this.store.replaceStatus(route.resource, body)
      : this.store.replace(route.resource, body);
  }

  #patch(route: Route, body: ApiObject): ApiObject {
    this.#authorize(route);
    const stored = this.store.get(route.resource, keyIn(route));
    if (!stored) throw new Refusal(404, 'NotFound', `${route.resource} "${route.name}" not found`);
    const patched = mergePatch(stored, { ...body, metadata: stored.metadata }) as ApiObject;
    return route.subresource === 'status'
      ? this.store.replaceStatus(route.resource, patched)
      : this.store.replace(route.resource, patched);
  }

  #delete(route: Route): unknown {
    this.#authorize(route);
    this.store.delete(route.resource, keyIn(route));
    return { kind: 'Status', status: 'Success' };
  }

  #watch(response: ServerResponse, route: Route, fault: Fault | undefined): void {
    const version = Number(route.query.get('resourceVersion') ?? '0');
    const missed = this.store.since(version);
    const watched = { resource: route.resource, filter: filterOf(route) };
    this.seen.push({ ...route, status: 200 });
    const watch = new WatchStream(response, watched, fault);
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
    for (const event of missed) if (event.resource === route.resource) watch.send(event);
  }

  #authorize({ verb, group, version, resource }: Route): void {
    const groupVersion = group === '' ? version : `${group}/${version}`;
    if (this.#unserved.has(groupVersion) || !SERVED[groupVersion]?.includes(resource)) {
      throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
    }
    if (this.#denied.has(`${verb} ${resource}`)) {
      throw new Refusal(403, 'Forbidden', `${resource} is forbidden: may not ${verb}`);
    }
  }

  #reply(response: ServerResponse, route: Route, answer: unknown, fault: Fault | undefined): void {
    this.seen.push({ ...route, status: route.verb === 'create' ? 201 : 200 });
    if (fault?.type === 'silence') return;
    const text = JSON.stringify(answer);
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    };
    response.writeHead(route.verb === 'create' ? 201 : 200, headers);
    if (fault?.type === 'cut') {
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    } else {
      response.end(text);
    }
  }

  #fail(response: ServerResponse, route: Route, fault: Fault & { type: 'status' }): void {
    const { retryAfterSeconds } = fault;
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds);
    this.#refuse(response, route, new Refusal(fault.code, '', 'as told by the test'));
  }

  #refuse(response: ServerResponse, route: Route, { code, reason, message }: Refusal): void {
    this.seen.push({ ...route, status: code });
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
    response.writeHead(code, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(status));
  }
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...(target as object | undefined) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, name);
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

function keyIn({ namespace, name }: Route): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

async function readBody(request: IncomingMessage): Promise<ApiObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return (text === '' ? { metadata: { name: '' } } : JSON.parse(text)) as ApiObject;
}
