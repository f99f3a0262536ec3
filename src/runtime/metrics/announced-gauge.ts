import { Gauge, type Registry } from 'prom-client';
import type { AnnouncedAddress } from '../speaker/index.ts';

const LABELS = ['service', 'protocol', 'node', 'ip'] as const;
type Label = (typeof LABELS)[number];
type Page = Awaited<ReturnType<Gauge<Label>['get']>>;

const NONE: readonly AnnouncedAddress[] = [];

/**
 * `metallb_speaker_announced`, whose rows are made when the page is asked for: the library keeps for each a text of all its
 * labels and two objects, several megabytes for ten thousand addresses.
 */
export class AnnouncedGauge extends Gauge<Label> {
  readonly #addresses = new Map<string, readonly AnnouncedAddress[]>();

  constructor(register: Registry) {
    super({
      name: 'metallb_speaker_announced',
      help: 'Service addresses this node announces; what is wanted, not what routers have taken',
      labelNames: LABELS,
      registers: [register],
    });
  }

  add(address: AnnouncedAddress): void {
    // A list made by spreading has room for more, for each of thousands of Services.
    this.#addresses.set(address.service, this.#others(address).concat(address));
  }

  delete(address: AnnouncedAddress): void {
    const others = this.#others(address);
    if (others.length === 0) this.#addresses.delete(address.service);
    else this.#addresses.set(address.service, others);
  }

  override async get(): Promise<Page> {
    const page = await super.get();
    const values = [...this.#addresses.values()].flat().map(({ service, protocol, node, ip }) => ({
      value: 1,
      labels: { service, protocol, node, ip },
    }));
    return { ...page, values };
  }

  #others({ service, protocol, node, ip }: AnnouncedAddress): readonly AnnouncedAddress[] {
    const known = this.#addresses.get(service) ?? NONE;
    return known.filter((one) => one.protocol !== protocol || one.node !== node || one.ip !== ip);
  }
}
