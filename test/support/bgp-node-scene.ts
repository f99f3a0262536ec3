import { type BgpParts, makeBgp } from '../../src/runtime/bin/daemon/bgp/speaking.ts';
import type { LocalInterface } from '../../src/runtime/bin/daemon/bgp/interfaces.ts';
import type { BfdEvents } from '../../src/runtime/bfd/index.ts';
import type { BgpRules } from '../../src/runtime/bgp/index.ts';
import { Registry, bfdMetrics, bgpMetrics } from '../../src/runtime/metrics/index.ts';
import type { BfdProfile, Peer } from '../../src/runtime/model/index.ts';
import { type Duration, millis } from '../../src/runtime/platform/ports.ts';
import { advertisedPool, advertisement, announced } from './bgp.ts';
import { FakeDialer, type FakeLine } from './bgp/fake-dialer.ts';
import { PEER_OPEN } from './bgp/peering-scene.ts';
import { FakeBfdLayer } from './fake-bfd-layer.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { RecordingEvents } from './recording-events.ts';
import { RecordingLogger } from './recording-logger.ts';
import { SeededRandom } from './seeded-random.ts';
import { ip } from './views.ts';

export const FAST: BfdProfile = {
  name: 'fast',
  receiveIntervalMs: 50,
  transmitIntervalMs: 50,
  detectMultiplier: 3,
  echoIntervalMs: 50,
  echoMode: false,
  passiveMode: false,
  minimumTTL: 254,
};

/** One that can die. */
export class MortalBfdLayer extends FakeBfdLayer {
  die: (error: Error) => void = () => undefined;
  isRunning = false;

  override async run(events: BfdEvents, signal: AbortSignal): Promise<void> {
    const death = new Promise<never>((_resolve, reject) => {
      this.die = reject;
    });
    this.isRunning = true;
    await Promise.race([super.run(events, signal), death]).finally(() => {
      this.isRunning = false;
    });
  }
}

interface NodeSceneSettings {
  readonly rules?: BgpRules;
  /** Milliseconds. */
  readonly gracefulRestart?: number;
  /** Milliseconds. */
  readonly drain?: number;
  /** As the kernel tells them. */
  readonly interfaces?: readonly LocalInterface[];
}

const NATIVE: BgpRules = { compat: 'v0.12', mode: 'native' };
const POOL = advertisedPool('lan', ['198.51.100.0/24', '2001:db8:1::/64'], advertisement());

/** All BGP of a node as the program puts it together, in a world of one manual clock, whose peers do what a test says. */
export class BgpNodeScene {
  readonly clock: ManualClock = new ManualClock();
  readonly dialer: FakeDialer = new FakeDialer();
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly events: RecordingEvents = new RecordingEvents();
  readonly layers: MortalBfdLayer[] = [];
  readonly bgp: BgpParts;
  #denial: string | undefined;
  readonly #register = new Registry();
  readonly #end = new AbortController();
  readonly #farewell = new AbortController();
  readonly #running: Promise<unknown>;
  readonly #parting: Promise<unknown>;

  constructor(settings: NodeSceneSettings = {}) {
    const { rules = NATIVE, interfaces = [] } = settings;
    const series = bgpMetrics(this.#register, rules);
    const flags = {
      gracefulRestart: millis(settings.gracefulRestart ?? 0),
      ttlSecurity: 0,
      drain: millis(settings.drain ?? 0),
    };
    this.bgp = makeBgp(
      { ...rules, node: 'alpha', flags },
      {
        clock: this.clock,
        random: new SeededRandom(),
        logger: this.logger,
        events: this.events,
        dialer: this.dialer,
        makeBfd: () => this.#layer(),
        interfaces: () => interfaces,
        observe: (session) => series.of(session),
        bfdObserver: bfdMetrics(this.#register, rules),
        withheld: () => undefined,
      },
    );
    this.#running = Promise.all(this.bgp.tasks.map((task) => task.run(this.#end.signal)));
    this.#parting = Promise.all(this.bgp.farewell.map((task) => task.run(this.#farewell.signal)));
    this.bgp.placed({ name: 'alpha', labels: {}, networkUnavailable: false });
  }

  configure(...peers: readonly Peer[]): void {
    this.bgp.speaker.configure({ pools: [POOL], peers, bfdProfiles: [FAST] });
  }

  /** All Services: one with each of these addresses. */
  announce(...addresses: readonly string[]): void {
    for (const address of addresses) {
      this.bgp.speaker.announce(announced(`default/${address}`, 'lan', address));
    }
    this.bgp.speaker.settle();
    this.pass(1000);
  }

  /** The peer takes the latest call, or this one, and agrees. */
  greet(
    line: FakeLine = this.dialer.line,
    capabilities: typeof PEER_OPEN.capabilities = PEER_OPEN.capabilities,
  ): void {
    line.accept('192.0.2.10');
    line.say({ ...PEER_OPEN, capabilities }, { type: 'keepalive' });
    this.pass(1);
  }

  /** @param time - milliseconds */
  pass(time: number): void {
    this.clock.advance(millis(time));
  }

  /** The next attempt is begun. */
  retry(): void {
    const calls = this.dialer.lines.length;
    while (this.dialer.lines.length === calls) this.clock.advance(millis(100));
  }

  /** The rows of the page whose names begin so. */
  async rows(start = 'metallb_'): Promise<readonly string[]> {
    await this.bgp.report();
    const page = await this.#register.metrics();
    return page.split('\n').filter((row) => row.startsWith(start));
  }

  logged(field: string): readonly unknown[] {
    return this.logger.lines.flatMap(({ fields }) =>
      fields[field] === undefined ? [] : [fields[field]],
    );
  }

  /** Threads of BFD that begin from now on cannot have their sockets, for this reason. */
  denyBfd(reason: string): void {
    this.#denial = reason;
  }

  /** The current thread of BFD, once it runs. */
  async bfd(): Promise<MortalBfdLayer> {
    await settle();
    const layer = this.layers.at(-1);
    if (layer === undefined) throw new Error('there is no thread of BFD');
    return layer;
  }

  /** The program is told to stop: the drain, and then the rest. Returns how many milliseconds each took. */
  async stop(): Promise<{ readonly drain: number; readonly rest: number }> {
    this.#farewell.abort();
    const drain = await this.#timeOf(this.#parting);
    this.#end.abort();
    return { drain, rest: await this.#timeOf(this.#running) };
  }

  async #timeOf(work: Promise<unknown>): Promise<number> {
    const begun: Duration = this.clock.now();
    const progress = { isOver: false };
    void work.then(() => (progress.isOver = true));
    await settle();
    for (let turn = 0; turn < 2000 && !progress.isOver; turn += 1) {
      await this.clock.advanceAsync(millis(10));
    }
    if (!progress.isOver) throw new Error('it does not end');
    return this.clock.now() - begun;
  }

  #layer(): MortalBfdLayer {
    const layer = new MortalBfdLayer();
    if (this.#denial !== undefined) layer.deny(LOCAL, this.#denial);
    this.layers.push(layer);
    return layer;
  }
}

/** Says that it restarts gracefully. RFC 4724 §3 */
export const RESTARTS = {
  kind: 'gracefulRestart',
  restarted: false,
  notification: false,
  restartTime: 120,
  families: [],
} as const;

const LOCAL = ip('192.0.2.10');
