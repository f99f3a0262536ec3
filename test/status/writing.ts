import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiClient, HttpApiClient } from '../../src/runtime/kube/index.ts';
import { type Duration, millis } from '../../src/runtime/platform/ports.ts';
import { type ReadObject, Schemas, StatusWriter } from '../../src/runtime/status/index.ts';
import type { Wanted } from '../../src/runtime/status/board.ts';
import type { Claim } from '../../src/runtime/status/condition.ts';
import type { Figures } from '../../src/runtime/status/figures.ts';
import { type ApiObject, Cluster, eventually } from '../support/fake-api-server/index.ts';

export const NAMESPACE = 'metallb-system';
export const POOLS = 'ipaddresspools';
/** What marks our CRDs. */
export const OURS: object = { 'metal-lb.io/schema': 'v1' };
const HAS_STATUS = { status: {} };
export const ACCEPTED: Claim = {
  type: 'Accepted',
  status: 'True',
  reason: 'InForce',
  message: 'in force',
  observedGeneration: 1,
};

/** Of a pool of sixteen addresses. */
export function figures(assigned: number): Figures {
  return {
    assignedIPv4: assigned,
    assignedIPv6: 0,
    availableIPv4: 16 - assigned,
    availableIPv6: 0,
  };
}

/** A status writer, the server it writes to, and what it is told to write. */
export class Writing {
  readonly cluster: Cluster;
  readonly objects: ReadObject[] = [];
  readonly wanted: Map<string, Wanted> = new Map<string, Wanted>();
  readonly writer: StatusWriter;
  readonly client: HttpApiClient;
  /** Requests under way. */
  #open = 0;

  private constructor(cluster: Cluster, client: HttpApiClient) {
    this.cluster = cluster;
    this.client = client;
    const { clock, random, logger } = cluster;
    const ports = { clock, random, logger, namespace: NAMESPACE, client: this.#counting(client) };
    this.writer = new StatusWriter({
      ...ports,
      schemas: new Schemas(ports),
      wanted: ({ name }) => this.wanted.get(name),
      objects: () => this.objects,
      current: ({ kind, name }) => this.stored(name, resourceOf(kind))?.['status'],
    });
    cluster.run(this.writer);
  }

  /** With a client that has one request under way at a time, so that it shows who goes first. */
  static async start(): Promise<Writing> {
    const cluster = await Cluster.start();
    return new Writing(cluster, cluster.newClient(1));
  }

  /** Installs CRDs. */
  define(annotations: object = OURS, subresources: object = HAS_STATUS): void {
    for (const kind of ['IPAddressPool', 'BGPPeer']) {
      const versions = [{ name: 'v1alpha1' }, { name: versionOf(kind), subresources }];
      this.cluster.server.store.create('customresourcedefinitions', {
        metadata: { name: `${resourceOf(kind)}.metallb.io`, annotations },
        spec: { versions },
      });
    }
  }

  add(kind: string, name: string, status?: object): ReadObject {
    const metadata = { name, namespace: NAMESPACE, generation: 1 };
    const object: ApiObject = { metadata, spec: { kept: true }, ...(status && { status }) };
    const { uid = '' } = this.cluster.server.store.create(resourceOf(kind), object).metadata;
    const apiVersion = `metallb.io/${versionOf(kind)}`;
    const read = { apiVersion, kind, namespace: NAMESPACE, name, uid, generation: 1 };
    this.objects.push(read);
    return read;
  }

  /** Has an object say something, and lets the writer know. */
  say(object: ReadObject, assigned: number): void {
    const more = object.kind === 'IPAddressPool' ? { figures: figures(assigned) } : {};
    this.wanted.set(object.name, { claims: [ACCEPTED], ...more });
    this.writer.changed([object]);
  }

  stored(name: string, resource: string = POOLS): ApiObject | undefined {
    return this.cluster.server.store.get(resource, `${NAMESPACE}/${name}`);
  }

  get writes(): number {
    return this.cluster.server.count('patch');
  }

  /** How many requests of the writer are not answered. */
  get underWay(): number {
    return this.#open;
  }

  /** Lets time pass in steps, every request answered before the next one. */
  async pass(duration: Duration): Promise<void> {
    for (let passed = 0; passed < duration; passed += 125) {
      await this.idle();
      this.cluster.clock.advance(millis(125));
    }
    await this.idle();
  }

  /** Lets time pass all at once, as nothing was going on meanwhile. */
  async skip(duration: Duration): Promise<void> {
    this.cluster.clock.advance(duration);
    await this.idle();
  }

  /** Until nothing is under way that takes no time. */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await nextTurn();
      if (this.#open > 0) quiet = 0;
      await eventually(() => this.#open === 0);
    }
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    this.client.close();
  }

  #counting(client: HttpApiClient): ApiClient {
    return {
      request: async (call) => {
        this.#open += 1;
        try {
          return await client.request(call);
        } finally {
          this.#open -= 1;
        }
      },
      watch: (call) => client.watch(call),
    };
  }
}

function resourceOf(kind: string): string {
  return kind === 'BGPPeer' ? 'bgppeers' : POOLS;
}

function versionOf(kind: string): string {
  return kind === 'BGPPeer' ? 'v1beta2' : 'v1beta1';
}
