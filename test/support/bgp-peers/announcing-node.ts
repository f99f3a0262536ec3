import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readLegacyConfig } from '../../../src/config-legacy/index.ts';
import { localInterfaces } from '../../../src/runtime/bin/daemon/bgp/interfaces.ts';
import { type BgpParts, makeBgp } from '../../../src/runtime/bin/daemon/bgp/speaking.ts';
import type { BgpMode } from '../../../src/runtime/bgp/index.ts';
import { Registry, bfdMetrics, bgpMetrics } from '../../../src/runtime/metrics/index.ts';
import type { Compat, Config, Labels, Problem } from '../../../src/runtime/model/index.ts';
import { type IpAddress, parseIp } from '../../../src/runtime/net/index.ts';
import {
  SystemClock,
  SystemRandom,
  TcpDialer,
  WorkerBfd,
} from '../../../src/runtime/platform/index.ts';
import { type Clock, type Random, millis } from '../../../src/runtime/platform/ports.ts';
import { RecordingEvents } from '../recording-events.ts';
import { RecordingLogger } from '../recording-logger.ts';

/** With defaults of a node of v0.12 in native mode. */
export interface NodeSettings {
  readonly name?: string;
  readonly labels?: Labels;
  readonly addresses?: readonly string[];
  readonly mode?: BgpMode;
  readonly compat?: Compat;
  /** Milliseconds; none if absent. */
  readonly gracefulRestart?: number;
  /** Milliseconds; none if absent. */
  readonly drain?: number;
  /** Hops; any number if absent. */
  readonly ttlSecurity?: number;
  /** That of the machine if absent. */
  readonly clock?: Clock;
  /** That of the machine if absent. */
  readonly random?: Random;
}

/**
 * All BGP and BFD of metal-speaker, put together by the same code, in the test's process: configured by the text of a
 * ConfigMap, and told which Services to announce.
 */
export class AnnouncingNode {
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly events: RecordingEvents = new RecordingEvents();
  /** By Service: what of it is not sent though it was asked for. */
  readonly withheld: Map<string, readonly Problem[]> = new Map();
  readonly #settings: NodeSettings;
  readonly #register = new Registry();
  readonly #bgp: BgpParts;
  readonly #end = new AbortController();
  readonly #farewell = new AbortController();
  readonly #running: readonly Promise<void>[];
  readonly #parting: readonly Promise<void>[];

  constructor(settings: NodeSettings = {}) {
    this.#settings = settings;
    const { name = 'n1', mode = 'native', compat = 'v0.12' } = settings;
    const { gracefulRestart = 0, drain = 0, ttlSecurity = 0 } = settings;
    const { clock = new SystemClock(), random = new SystemRandom() } = settings;
    const rules = { mode, compat };
    const worker = resolve(process.env['PROGRAMS'] ?? 'dist', 'bfd-worker.js');
    const series = bgpMetrics(this.#register, rules);
    const flags = { gracefulRestart: millis(gracefulRestart), drain: millis(drain), ttlSecurity };
    this.#bgp = makeBgp(
      { ...rules, node: name, flags },
      {
        clock,
        random,
        logger: this.logger,
        events: this.events,
        dialer: new TcpDialer(clock),
        makeBfd: () => new WorkerBfd({ entry: pathToFileURL(worker), purpose: 'the test' }),
        interfaces: localInterfaces,
        observe: (session) => series.of(session),
        bfdObserver: bfdMetrics(this.#register, rules),
        withheld: (service, problems) => this.withheld.set(service, problems),
      },
    );
    this.#running = this.#bgp.tasks.map((task) => task.run(this.#end.signal));
    this.#parting = this.#bgp.farewell.map((task) => task.run(this.#farewell.signal));
    this.place(settings.labels, settings.addresses);
  }

  /** The own Node is like this. */
  place(labels: Labels = {}, addresses: readonly string[] = []): void {
    const name = this.#settings.name ?? 'n1';
    const known = addresses.map((text) => addressOf(text));
    this.#bgp.placed({ name, labels, networkUnavailable: false, addresses: known });
  }

  /** @param text - what stands under the key `config` of a ConfigMap */
  configure(text: string): void {
    const { mode = 'native', compat = 'v0.12' } = this.#settings;
    const reading = readLegacyConfig(text, { compat, mode });
    if (reading.kind === 'refused') throw new Error(reading.message);
    this.apply(reading.config);
  }

  apply(config: Config): void {
    this.#bgp.speaker.configure(config);
  }

  /** @param service - `namespace/name` */
  announce(service: string, addresses: readonly string[], pool = 'default'): void {
    this.#bgp.speaker.announce({
      service,
      pool,
      addresses: addresses.map((text) => addressOf(text)),
    });
  }

  withdraw(service: string): void {
    this.#bgp.speaker.withdraw(service);
  }

  /** Every Service was told. */
  settle(): void {
    this.#bgp.speaker.settle();
  }

  /** The page of metrics, as a scrape reads it. */
  async metrics(): Promise<string> {
    await this.#bgp.report();
    return this.#register.metrics();
  }

  /** One row of the page; `undefined`: it is not there. */
  async metric(name: string): Promise<number | undefined> {
    const rows = (await this.metrics()).split('\n').filter((row) => !row.startsWith('#'));
    const row = rows.find((each) => each.startsWith(`${name}{`) || each.startsWith(`${name} `));
    return row === undefined ? undefined : Number(row.slice(row.lastIndexOf(' ')));
  }

  /** The lines of the log about one event, in their order. */
  logged(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.logger.lines.map(({ fields }) => fields).filter((each) => each['event'] === event);
  }

  /** Ends as the program does at SIGTERM. */
  async stop(): Promise<void> {
    this.#farewell.abort();
    await Promise.all(this.#parting);
    this.#end.abort();
    await Promise.all(this.#running);
  }
}

function addressOf(text: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}
