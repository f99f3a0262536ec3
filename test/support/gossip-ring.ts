import {
  type JoinReport,
  type JoinTarget,
  type Keyring,
  Memberlist,
  type MemberEvent,
} from '../../src/runtime/gossip/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { type Clock, type Duration, millis, seconds } from '../../src/runtime/platform/ports.ts';
import { FakeNetwork } from './gossip-transport.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { RecordingLogger } from './recording-logger.ts';
import { SeededRandom } from './seeded-random.ts';

export interface MemberSpec {
  readonly keys?: Keyring;
  readonly label?: string;
}

/** A member of a {@link TestRing}, and all that it told. */
export class TestMember {
  readonly list: Memberlist;
  readonly node: string;
  readonly address: IpAddress;
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly events: string[] = [];
  readonly counts: Map<string, number> = new Map<string, number>();
  awareness = 0;
  /** Time that passed while it stood still. */
  skipped = 0;
  readonly #end = new AbortController();
  readonly ended: Promise<void>;

  constructor(place: { node: string; address: IpAddress }, ring: TestRing, spec: MemberSpec) {
    this.node = place.node;
    this.address = place.address;
    const clock: Clock = {
      now: () => millis(ring.clock.now() + this.skipped),
      epochMillis: () => ring.clock.epochMillis(),
      after: (delay, fire) => ring.clock.after(delay, fire),
    };
    this.list = new Memberlist(
      {
        ...{ clock, logger: this.logger, transport: ring.network },
        random: new SeededRandom(place.node.length + Number(place.address.split('.')[3])),
        observer: {
          datagram: (direction) => this.#count(`datagrams ${direction}`),
          stream: (direction) => this.#count(`streams ${direction}`),
          dropped: (reason) => this.#count(reason),
          members: (count) => this.counts.set('members', count),
          probeFailed: () => this.#count('failed probes'),
          awareness: (score) => (this.awareness = score),
        },
        changed: ({ type, node }: MemberEvent) => this.events.push(`${type} ${node}`),
      },
      {
        ...{ node: place.node, bindAddress: place.address, bindPort: 7946 },
        ...{ keys: spec.keys, label: spec.label ?? '', features: { fast: false, macs: [] } },
      },
    );
    this.ended = this.list.run(this.#end.signal);
  }

  get target(): JoinTarget {
    return { endpoint: { address: this.address, port: 7946 } };
  }

  get members(): readonly string[] {
    return this.list
      .members()
      .map(({ node }) => node)
      .toSorted();
  }

  counted(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  said(text: string): number {
    return this.logger.lines.filter(({ fields }) => String(fields['msg']).includes(text)).length;
  }

  leave(): void {
    this.#end.abort();
  }

  #count(what: string): void {
    this.counts.set(what, this.counted(what) + 1);
  }
}

/** Whole members on a network in memory, by a clock that a test winds. */
export class TestRing {
  readonly clock: ManualClock = new ManualClock();
  readonly network: FakeNetwork = new FakeNetwork(this.clock);
  #made = 0;

  member(node: string, spec: MemberSpec = {}): TestMember {
    this.#made += 1;
    const address = `192.0.2.${this.#made}` as IpAddress;
    return new TestMember({ node, address }, this, spec);
  }

  /** Lets time pass until it is so. */
  async until(what: string, isSo: () => boolean, within: Duration = seconds(60)): Promise<void> {
    const end = this.clock.now() + within;
    while (!isSo()) {
      if (this.clock.now() >= end) throw new Error(`not within ${within} ms: ${what}`);
      await this.pass(millis(10));
    }
  }

  async pass(duration: Duration): Promise<void> {
    const end = this.clock.now() + duration;
    while (this.clock.now() < end) {
      for (let turn = 0; turn < 4; turn += 1) await settle();
      this.clock.advance(millis(Math.min(10, end - this.clock.now())));
    }
    for (let turn = 0; turn < 4; turn += 1) await settle();
  }

  /** Resolves with a join's report, however long it takes on this clock. */
  async join(member: TestMember, ...targets: readonly JoinTarget[]): Promise<JoinReport> {
    let report: JoinReport | undefined;
    void member.list.join(targets).then((made) => (report = made));
    await this.until('the join ends', () => report !== undefined);
    if (report === undefined) throw new Error('no report');
    return report;
  }
}
