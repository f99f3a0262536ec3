import type { Announcer } from '../../src/runtime/layer2/index.ts';
import { EVERYTHING, type Remark } from '../../src/runtime/model/index.ts';
import type { Clock, Logger } from '../../src/runtime/platform/ports.ts';
import { Speaker } from '../../src/runtime/speaker/index.ts';
import { vip, vip6 } from './frames.ts';
import { config, endpoint, node, pool, service } from './speaker-facts.ts';

export interface HostSpeakerPorts {
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly recorded: (remark: Remark) => void;
}

/** The speaker of a cluster of one node, with one Service that has {@link vip} and {@link vip6}. */
export class HostSpeaker {
  readonly #speaker: Speaker;

  constructor({ announcer, clock, logger, recorded }: HostSpeakerPorts, signal: AbortSignal) {
    const nothing = (): void => undefined;
    this.#speaker = new Speaker(
      {
        layer2: announcer,
        bgp: { configure: nothing, announce: nothing, withdraw: nothing, settle: nothing },
        clock,
        logger,
        events: { record: (_about, remark) => recorded(remark) },
        observer: {
          updated: nothing,
          updateFailed: nothing,
          announced: nothing,
          withdrawn: nothing,
        },
        endpointsOf: () => [endpoint('n1')],
      },
      { node: 'n1', compat: 'v0.13' },
    );
    void this.#speaker.run(signal);
    announcer.watchInterfaces((names) => this.#speaker.interfacesChanged(names));
    this.#speaker.serviceChanged('default/web', service({ ingress: [vip, vip6] }));
    this.#speaker.membersChanged({ kind: 'known', nodes: new Set(['n1']) });
    this.#speaker.nodeChanged('n1', node('n1'));
    this.#speaker.nodesListed();
    this.#speaker.synced();
  }

  /** Applies a configuration of one pool with an advertisement for each list of interfaces. */
  configure(name: string, lists: readonly (readonly string[])[]): void {
    const layer2 = lists.map((interfaces) => ({ nodeSelectors: [EVERYTHING], interfaces }));
    this.#speaker.apply(config(pool(name, ['192.0.2.0/24', '2001:db8::/64'], { layer2 })));
  }
}
