import { type BgpRules, BgpSpeaker } from '../../src/runtime/bgp/index.ts';
import type { Config, Peer, Pool, Problem } from '../../src/runtime/model/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { advertisedPool, advertisement, bgpConfig } from './bgp.ts';
import { FakeBgpSessions } from './fake-bgp-sessions.ts';
import { ManualClock } from './manual-clock.ts';
import { RecordingLogger } from './recording-logger.ts';

export const NATIVE: BgpRules = { compat: 'v0.12', mode: 'native' };
export const FRR: BgpRules = { compat: 'v0.12', mode: 'frr' };
export const lan: Pool = advertisedPool(
  'lan',
  ['198.51.100.0/24', '2001:db8::/64'],
  advertisement(),
);

/** A speaker on a node without labels, whose peers a test makes. */
export class BgpSpeakerScene {
  readonly sessions: FakeBgpSessions = new FakeBgpSessions();
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly problems: [string, readonly Problem[]][] = [];
  readonly speaker: BgpSpeaker;
  readonly #clock = new ManualClock();

  /** @param turn - changes that are made before others have their turn */
  constructor(rules: BgpRules = NATIVE, turn = 8192) {
    this.speaker = new BgpSpeaker(rules, {
      open: this.sessions.open,
      clock: this.#clock,
      turn,
      logger: this.logger,
      withheld: (service, problems) => this.problems.push([service, problems]),
    });
    this.speaker.place({ labels: {}, addresses: {} });
    this.speaker.settle();
  }

  configure(
    peers: readonly Peer[],
    pools: readonly Pool[] = [lan],
    over: Partial<Config> = {},
  ): void {
    this.speaker.configure({ ...bgpConfig(pools, peers), ...over });
    this.pass();
  }

  /** Every peer is up, was told all there is, and what it heard is forgotten. */
  up(): void {
    for (const one of this.sessions.alive) one.establish();
    this.hush();
  }

  hush(): void {
    for (const one of this.sessions.all) one.heard = [];
  }

  /** Long enough for changes to leave. */
  pass(): void {
    this.#clock.advance(seconds(1));
  }

  /** By peer, the messages since the last time; those who heard nothing are not named. */
  heard(): Readonly<Record<string, readonly string[]>> {
    this.pass();
    const told = this.sessions.alive.map(
      ({ session, heard }) => [session.peer.name, heard] as const,
    );
    this.hush();
    return Object.fromEntries(told.filter(([, heard]) => heard.length > 0));
  }

  logged(...fields: readonly string[]): readonly (readonly unknown[])[] {
    return this.logger.lines.map((line) => fields.map((field) => line.fields[field]));
  }
}
