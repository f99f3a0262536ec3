import type { LegacyOptions } from '../../config-legacy/index.ts';
import {
  type ConfigConsumer,
  type EndpointView,
  type Problem,
  type ServiceView,
  formatProblem,
} from '../model/index.ts';
import type { IpAddress } from '../net/index.ts';
import type { Clock } from '../platform/ports.ts';
import { Configuration } from './configuration.ts';
import { type Manifest, readManifests } from './manifest.ts';
import { type Picture, type PicturedService, picture } from './picture.ts';
import type { Reading } from './settle.ts';
import { StateKeeper } from './state-keeper.ts';
import { type Remembered, printState } from './state.ts';
import type { Row } from './table.ts';

/** Hears of Services as an informer would tell. */
export interface ServiceListener {
  changed(key: string, view: ServiceView | undefined): void;
  synced(): void;
}

export interface FolderClusterPorts {
  readonly clock: Clock;
  /** Replaces the remembered state in one step; rejects if it cannot be kept. */
  readonly saveState: (text: string) => Promise<void>;
  readonly listeners: readonly ServiceListener[];
  readonly endpointsChanged: (key: string) => void;
  /** In the order in which a configuration is offered to them. */
  readonly consumers: readonly ConfigConsumer[];
  readonly observer: FolderObserver;
}

/** Tells a person. */
export interface FolderObserver {
  /** The Services, or their addresses, are others than before. */
  services(rows: readonly Row[]): void;
  /** Something to know or to mend; said once, and again when it comes back. */
  remark(text: string): void;
}

/** The name of this host in Endpoints, and how the ConfigMap is read. */
export interface FolderClusterOptions extends LegacyOptions {
  readonly node: string;
}

interface GoodFile {
  readonly text: string;
  readonly manifests: readonly Manifest[];
}

/** A folder of manifests in the place of a cluster: Services and their status, endpoints and the ConfigMap. */
export class FolderCluster {
  readonly #ports: FolderClusterPorts;
  readonly #node: string;
  readonly #configuration: Configuration;
  readonly #keeper: StateKeeper;
  readonly #services: Map<string, Remembered>;
  /** Addresses on their way to the disk. */
  readonly #intended = new Map<string, readonly IpAddress[]>();
  /** The last good content of each file. */
  readonly #good = new Map<string, GoodFile>();
  #endpoints: Picture['endpoints'] = new Map();
  #remarks: ReadonlySet<string> = new Set();
  #synced = false;

  /** @param remembered - what the state file held when the program started. */
  constructor(
    ports: FolderClusterPorts,
    options: FolderClusterOptions,
    remembered: ReadonlyMap<string, Remembered>,
  ) {
    const { clock, consumers, observer } = ports;
    this.#ports = ports;
    this.#node = options.node;
    const say = (text: string): void => observer.remark(text);
    this.#configuration = new Configuration(clock, options, consumers, say);
    this.#services = new Map(remembered);
    this.#keeper = new StateKeeper(() => ports.saveState(printState(this.#state())));
  }

  /** Takes the folder's content. A file that cannot be read keeps the content it had, even from an earlier run. */
  contents(files: ReadonlyMap<string, Reading>): void {
    const remarks = this.#readFiles(files);
    const unknown = new Set([...files.keys()].filter((file) => !this.#good.has(file)));
    const good = new Map([...this.#good].map(([file, { manifests }]) => [file, manifests]));
    const now = picture(good, this.#node);
    this.#takeServices(now, unknown);
    this.#takeEndpoints(now);
    const textOf = (file: string): string => this.#good.get(file)?.text ?? '';
    const missing = this.#configuration.take(now.configs, textOf);
    if (!this.#synced) this.#ports.listeners.forEach((listener) => listener.synced());
    this.#synced = true;
    this.#say([...remarks, ...now.remarks, ...missing]);
    this.#show();
  }

  /** A Service with an Endpoints manifest has those endpoints; any other counts as ready on this node. */
  endpointsOf(key: string): readonly EndpointView[] {
    return this.#endpoints.get(key) ?? [{ addresses: ['::'], ready: true, nodeName: this.#node }];
  }

  /** The Service as it is now. */
  service(key: string): ServiceView | undefined {
    return this.#services.get(key)?.view;
  }

  /**
   * Gives a Service its addresses, on disk before anybody hears of it. `conflict`: `view` is not what the Service
   * is now. Rejects if the state cannot be kept; then nothing has changed.
   */
  async publish(
    view: ServiceView,
    addresses: readonly IpAddress[],
  ): Promise<'written' | 'conflict' | 'gone'> {
    const { key } = view;
    const before = this.#services.get(key);
    if (before === undefined) return 'gone';
    if (!sameView(before.view, view)) return 'conflict';
    this.#intended.set(key, addresses);
    try {
      await this.#keeper.save();
    } finally {
      this.#intended.delete(key);
    }
    const now = this.#services.get(key);
    if (now === undefined) return 'gone';
    this.#put(key, withAddresses(now, addresses));
    this.#show();
    return 'written';
  }

  /** Tells every listener of a Service as it is now. */
  refresh(key: string): Promise<void> {
    this.#tell(key, this.service(key));
    return Promise.resolve();
  }

  close(): void {
    this.#configuration.close();
  }

  /** What the disk should hold: the Services with the addresses on their way. */
  #state(): ReadonlyMap<string, Remembered> {
    const state = new Map(this.#services);
    for (const [key, addresses] of this.#intended) {
      const service = state.get(key);
      if (service !== undefined) state.set(key, withAddresses(service, addresses));
    }
    return state;
  }

  #readFiles(files: ReadonlyMap<string, Reading>): readonly string[] {
    for (const file of this.#good.keys()) if (!files.has(file)) this.#good.delete(file);
    return [...files].flatMap(([file, reading]) => this.#readFile(file, reading));
  }

  #readFile(file: string, reading: Reading): readonly string[] {
    const stays = this.#good.has(file) ? '; its previous content stays in force' : '';
    if (reading.kind !== 'text') {
      return [`${file}: ${reading.kind === 'failed' ? reading.message : 'gone'}${stays}`];
    }
    const found = readManifests(reading.text);
    if (found.kind === 'broken') return [`${at(file, found.problem)}${stays}`];
    this.#good.set(file, { text: reading.text, manifests: found.manifests });
    return found.problems.map((problem) => at(file, problem));
  }

  #takeServices(now: Picture, unknown: ReadonlySet<string>): void {
    for (const [key, { file }] of this.#services) {
      if (now.services.has(key) || unknown.has(file)) continue;
      this.#services.delete(key);
      this.#tell(key, undefined);
    }
    for (const [key, pictured] of now.services) this.#put(key, this.#remember(pictured));
    // What was remembered and nobody has heard of yet.
    if (!this.#synced) {
      for (const [key, { view }] of this.#services) this.#tell(key, view);
    }
    void this.#keeper.save().catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
      this.#ports.observer.remark(`the state cannot be saved: ${error.message}`);
    });
  }

  /** A Service of the folder with what is remembered of it; its first addresses may come from the manifest. */
  #remember({ file, clusterIP, view }: PicturedService): Remembered {
    const before = this.#services.get(view.key)?.view;
    const { ingress, hasLoadBalancerStatus } = before ?? view;
    const created = view.createdAt === '' ? before?.createdAt : view.createdAt;
    const createdAt = created ?? this.#timestamp();
    return { file, clusterIP, view: { ...view, createdAt, ingress, hasLoadBalancerStatus } };
  }

  #put(key: string, now: Remembered): void {
    const before = this.#services.get(key);
    this.#services.set(key, now);
    const changed = before === undefined || !sameView(before.view, now.view);
    if (changed && this.#synced) this.#tell(key, now.view);
  }

  #tell(key: string, view: ServiceView | undefined): void {
    for (const listener of this.#ports.listeners) listener.changed(key, view);
  }

  #takeEndpoints({ endpoints }: Picture): void {
    const before = this.#endpoints;
    this.#endpoints = endpoints;
    for (const key of new Set([...before.keys(), ...endpoints.keys()])) {
      const same = JSON.stringify(before.get(key)) === JSON.stringify(endpoints.get(key));
      if (!same) this.#ports.endpointsChanged(key);
    }
  }

  #say(remarks: readonly string[]): void {
    for (const remark of new Set(remarks)) {
      if (!this.#remarks.has(remark)) this.#ports.observer.remark(remark);
    }
    this.#remarks = new Set(remarks);
  }

  #show(): void {
    this.#ports.observer.services([...this.#services.values()]);
  }

  /** Whole seconds, as the API server stamps them. */
  #timestamp(): string {
    const moment = new Date(this.#ports.clock.epochMillis());
    return moment.toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

function withAddresses(service: Remembered, ingress: readonly IpAddress[]): Remembered {
  const hasLoadBalancerStatus = ingress.length > 0;
  return { ...service, view: { ...service.view, ingress, hasLoadBalancerStatus } };
}

function sameView(a: ServiceView, b: ServiceView): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function at(file: string, { line, column, ...rest }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${formatProblem(rest)}`;
}
