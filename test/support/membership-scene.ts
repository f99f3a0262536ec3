import type { MemberEvent } from '../../src/runtime/gossip/index.ts';
import { parseIp } from '../../src/runtime/net/index.ts';
import { type Link, seconds } from '../../src/runtime/platform/ports.ts';
import {
  Membership,
  type Members,
  type PodView,
  Stations,
} from '../../src/runtime/speaker/index.ts';
import { macFromBytes } from '../../src/runtime/net/index.ts';
import { FakeRing } from './fake-ring.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { RecordingLogger } from './recording-logger.ts';
import { SeededRandom } from './seeded-random.ts';

/** The speaker Pod of a node, at the n-th documentation address; `undefined`: it has none yet. */
export function speakerPod(nodeName: string, n: number | undefined): PodView {
  return {
    name: `speaker-${nodeName}`,
    nodeName,
    labels: {},
    ready: true,
    ofDaemonSet: true,
    ...(n !== undefined && { podIP: `192.0.2.${n}` }),
  };
}

export interface SceneOptions {
  /** `hangs`: the API never answers. */
  readonly pods?: readonly PodView[] | Error | 'hangs';
  readonly withdrawsInMinority?: boolean;
  readonly isFast?: boolean;
}

/** The membership of alpha at 192.0.2.1, in a cluster and a ring that a test sets. */
export class MembershipScene {
  readonly clock: ManualClock = new ManualClock();
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly ring: FakeRing;
  readonly membership: Membership;
  readonly stations: Stations;
  /** What the speaker, the links and the Events heard, in order. */
  readonly said: string[] = [];
  readonly told: Members[] = [];
  pods: readonly PodView[] | Error | 'hangs';
  lists = 0;
  rings = 0;
  readonly #stop = new AbortController();
  ended: Promise<void>;

  constructor({ pods = [], withdrawsInMinority = false, isFast = false }: SceneOptions = {}) {
    this.pods = pods;
    this.ring = new FakeRing((event: MemberEvent) => this.membership.memberEvent(event));
    this.stations = new Stations(this.clock, () => new Map());
    const say = (what: string): void => void this.said.push(what);
    this.membership = new Membership(
      {
        clock: this.clock,
        random: new SeededRandom(),
        logger: this.logger,
        pods: { listPods: () => this.#list(), mayListPods: async () => false },
        makeRing: () => {
          this.rings += 1;
          return this.ring;
        },
        events: { record: ({ kind, name }, { reason }) => say(`event ${kind} ${name} ${reason}`) },
        observer: { isolated: (reason) => say(`gauge ${reason ?? 'none'}`) },
        answering: { suspend: () => say('suspend'), resume: () => say('resume') },
        stations: this.stations,
        changed: (members) => {
          this.told.push(members);
          say(`members ${nodesOf(members)}`);
        },
        joined: () => say('joined'),
      },
      {
        node: 'alpha',
        address: parseIp('192.0.2.1')!,
        port: 7946,
        podSelector: 'component=speaker',
        withdrawsInMinority,
        isFast,
      },
    );
    this.ended = this.membership.run(this.#stop.signal);
    this.ended.catch(() => undefined);
  }

  get members(): string {
    return nodesOf(this.told.at(-1) ?? { kind: 'pending' });
  }

  pass(duration: number): Promise<void> {
    return this.clock.advanceAsync(seconds(duration));
  }

  /** Able to announce. */
  async begin(): Promise<void> {
    this.membership.begin();
    await this.pass(0);
    await settle();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  /** The link of the ring and another one, as they are now. */
  links(carrier: boolean, others: readonly Link[] = []): void {
    this.membership.linksChanged([link('eth0', carrier, ['192.0.2.1']), ...others]);
  }

  lines(text: string): (readonly [string, object])[] {
    return this.logger.lines
      .filter(({ fields }) => String(fields['msg']).includes(text))
      .map(({ level, fields }) => [level, fields]);
  }

  async #list(): Promise<readonly PodView[]> {
    this.lists += 1;
    if (this.pods instanceof Error) throw this.pods;
    if (this.pods === 'hangs') return new Promise(() => undefined);
    return this.pods;
  }
}

export function link(name: string, carrier: boolean, addresses: readonly string[] = []): Link {
  return {
    index: name.charCodeAt(name.length - 1),
    name,
    mac: macFromBytes(Uint8Array.of(0, 0, 0x5e, 0, 0x53, 1)),
    up: true,
    carrier,
    broadcast: true,
    noArp: false,
    enslaved: false,
    addresses: addresses.flatMap((text) => parseIp(text) ?? []),
  };
}

function nodesOf(members: Members): string {
  return members.kind === 'known' ? [...members.nodes].sort().join(',') : members.kind;
}
