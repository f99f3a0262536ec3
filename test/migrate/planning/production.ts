import type {
  Acceptance,
  Config,
  EndpointView,
  NodeView,
  ServiceView,
} from '../../../src/runtime/model/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { PoolIndex, Speaker, decide } from '../../../src/runtime/speaker/index.ts';
import type { Situation } from '../../../src/migrate/planning/index.ts';
import { RunningController } from '../../controller/running-controller.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { ServiceApi } from '../../support/service-api.ts';
import { RecordingOutlets } from '../../support/speaker-outlets.ts';

/** What came of a Service: its addresses, and each node that announces it with what. */
export interface Observed {
  readonly addresses: readonly string[];
  readonly layer2: readonly string[];
  readonly bgp: readonly string[];
}

/** The programs themselves, on a situation: the real controller, and a real speaker on each node. */
export class Production {
  readonly #situation: Situation;
  readonly #clock = new ManualClock();
  readonly #api = new ServiceApi(this.#clock, new SeededRandom());
  readonly #controller: RunningController;
  #config: Config | undefined;

  constructor(situation: Situation) {
    this.#situation = situation;
    for (const view of situation.services) this.#api.put(view);
    this.#controller = this.#start();
  }

  /** Puts a configuration into force, and waits until nothing happens any more. */
  async apply(config: Config): Promise<Acceptance> {
    return await this.#applyTo(this.#controller, config);
  }

  /** Ends the controller and starts another one. */
  async restart(config: Config): Promise<Acceptance> {
    await this.#controller.controller.stop();
    return await this.#applyTo(this.#start(), config);
  }

  async observe(): Promise<ReadonlyMap<string, Observed>> {
    const views = [...this.#api.objects.values()].flatMap(({ view }) => view ?? []);
    const announced = new Map<string, readonly string[]>();
    for (const node of this.#situation.speakers ?? []) {
      announced.set(node, await this.#announcedOn(node, views));
    }
    return new Map(
      views.map(({ key, ingress }) => {
        const [layer2, bgp] = ['layer2', 'bgp'].map((protocol) =>
          [...announced].flatMap(([node, lines]) =>
            lines.includes(`${protocol} ${key}`) ? [node] : [],
          ),
        );
        return [key, { addresses: ingress, layer2: layer2 ?? [], bgp: bgp ?? [] }];
      }),
    );
  }

  #start(): RunningController {
    const { compat, lbClass } = this.#situation.rules;
    const release = { compat, lbClass };
    const running = new RunningController(this.#api, this.#clock, new SeededRandom(), release);
    for (const [name, labels] of this.#situation.namespaces ?? []) {
      running.controller.namespaceChanged(name, labels);
    }
    running.controller.synced();
    return running;
  }

  async #applyTo(running: RunningController, config: Config): Promise<Acceptance> {
    const acceptance = running.controller.apply(config);
    // Longer than addresses outside every pool are kept for.
    for (let step = 0; step < 8; step += 1) await this.#clock.advanceAsync(seconds(60));
    if (acceptance.kind === 'accepted') this.#config = config;
    return acceptance;
  }

  async #announcedOn(node: string, views: readonly ServiceView[]): Promise<readonly string[]> {
    const { rules, nodes, endpoints, speakers } = this.#situation;
    const clock = new ManualClock();
    const lines: string[] = [];
    const outlets = new RecordingOutlets().ports;
    const endpointsOf = (key: string): readonly EndpointView[] | undefined => endpoints?.get(key);
    const observer = {
      ...outlets.observer,
      announced: ({ service, protocol }: { service: string; protocol: string }) =>
        void lines.push(`${protocol} ${service}`),
    };
    const ports = { ...outlets, observer, clock, endpointsOf, logger: new RecordingLogger() };
    const { compat, lbClass, ignoreExcludeLb } = rules;
    const speaker = new Speaker(ports, { node, compat, lbClass, ignoreExcludeLb });
    const closing = new AbortController();
    const running = speaker.run(closing.signal);
    for (const [name, view] of nodes ?? []) speaker.nodeChanged(name, view);
    speaker.nodesListed();
    speaker.membersChanged({ kind: 'known', nodes: new Set(speakers) });
    for (const view of views) speaker.serviceChanged(view.key, view);
    speaker.synced();
    if (this.#config !== undefined) speaker.apply(this.#config);
    clock.advance(seconds(1));
    closing.abort();
    await running;
    return [...lines, ...views.flatMap((view) => this.#bgpOn(node, view))];
  }

  /** Speakers do not speak BGP yet: what they decide is what they will announce. */
  #bgpOn(self: string, service: ServiceView): readonly string[] {
    const { rules, nodes = new Map<string, NodeView>(), endpoints, speakers } = this.#situation;
    if (this.#config === undefined) return [];
    const decision = decide({
      ...{ compat: rules.compat, lbClass: rules.lbClass, ignoreExcludeLb: rules.ignoreExcludeLb },
      ...{ self, service, endpoints: endpoints?.get(service.key) },
      pools: new PoolIndex(this.#config),
      members: { kind: 'known', nodes: new Set(speakers) },
      nodes: { listing: 'listed', views: nodes },
    });
    const verdict = decision.kind === 'serve' ? decision.verdicts.get('bgp') : undefined;
    return verdict?.kind === 'announce' ? [`bgp ${service.key}`] : [];
  }
}
