import type { Event, Service } from 'kubernetes-types/core/v1.d.ts';
import type { ApiClient } from './api-client.ts';
import { eventually } from './eventually.ts';

/** What differs from a plain Service of type LoadBalancer with one TCP port 80. */
export interface ServiceWish {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ports?: readonly (readonly ['TCP' | 'UDP', number])[];
  readonly spec?: object;
}

/** The Services of one namespace, as their owner handles them. */
export class Services {
  readonly #admin: ApiClient;
  readonly #path: string;
  readonly #namespace: string;

  constructor(admin: ApiClient, namespace = 'default') {
    this.#admin = admin;
    this.#namespace = namespace;
    this.#path = `/api/v1/namespaces/${namespace}/services`;
  }

  async create(name: string, wish: ServiceWish = {}): Promise<Service> {
    return await this.#admin.create(this.#path, loadBalancer(name, wish));
  }

  async get(name: string): Promise<Service> {
    return await this.#admin.get(`${this.#path}/${name}`);
  }

  /** A JSON merge patch of the Service. */
  async change(name: string, change: object): Promise<void> {
    await this.#admin.patch(`${this.#path}/${name}`, change);
  }

  async delete(name: string): Promise<void> {
    await this.#admin.delete(`${this.#path}/${name}`);
  }

  /** The addresses of every Service, by name. */
  async addresses(): Promise<Map<string, string[]>> {
    const services = await this.#admin.list<Service>(this.#path);
    return new Map(services.map((service) => [service.metadata?.name ?? '', addressesOf(service)]));
  }

  /** Waits until the Service has an address, or the one expected. */
  async assigned(name: string, ...expected: readonly string[]): Promise<string[]> {
    return await eventually(`${name} gets ${expected.join(', ') || 'an address'}`, async () => {
      const found = addressesOf(await this.get(name));
      const right = expected.length === 0 ? found.length > 0 : same(found, expected);
      if (!right && found.length > 0) throw new Error(`it has ${found.join(', ')}`);
      return right ? found : undefined;
    });
  }

  async pending(name: string): Promise<void> {
    await eventually(`${name} has no address`, async () => {
      return addressesOf(await this.get(name)).length === 0 || undefined;
    });
  }

  /** Waits for an Event about a Service. */
  async event(name: string, reason: string): Promise<Event> {
    return await eventually(`an Event ${reason} about ${name}`, async () =>
      (await this.events(name)).findLast((event) => event.reason === reason),
    );
  }

  /** The Events about the Service that has this name now, not about earlier ones. */
  async events(name: string): Promise<Event[]> {
    const { metadata } = await this.get(name);
    const events = await eventsAbout(this.#admin, this.#namespace, name);
    return events.filter(({ involvedObject }) => involvedObject.uid === metadata?.uid);
  }

  /** Deletes every Service but the API server's own. */
  async clear(): Promise<void> {
    for (const name of (await this.addresses()).keys()) {
      if (name !== 'kubernetes') await this.delete(name);
    }
  }
}

export async function eventsAbout(
  admin: ApiClient,
  namespace: string,
  name: string,
): Promise<Event[]> {
  const selector = `fieldSelector=involvedObject.name%3D${name}`;
  return await admin.list<Event>(`/api/v1/namespaces/${namespace}/events?${selector}`);
}

export function addressesOf({ status }: Service): string[] {
  return (status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip);
}

export function loadBalancer(name: string, { annotations, ports, spec }: ServiceWish): object {
  const listed = (ports ?? [['TCP', 80]]).map(([protocol, port]) => ({
    name: `${protocol.toLowerCase()}-${port}`,
    protocol,
    port,
  }));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...(annotations !== undefined && { annotations }) },
    spec: { type: 'LoadBalancer', selector: { app: name }, ports: listed, ...spec },
  };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address, index) => address === b[index]);
}
