import {
  type BfdEvent,
  BfdSession,
  type ControlPacket,
  type SessionSettings,
} from '../../src/runtime/bfd/index.ts';
import { millis } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from './manual-clock.ts';
import { SeededRandom } from './seeded-random.ts';

export const MILLISECOND = 1000;

/** Settings of a session that sends and wants packets every 50 ms, three of which may not be missed. */
export const eager: SessionSettings = {
  desiredMinTx: 50 * MILLISECOND,
  requiredMinRx: 50 * MILLISECOND,
  detectMultiplier: 3,
  passive: false,
  echoInterval: undefined,
  requiredMinEchoRx: 0,
};

export interface Change {
  readonly at: number;
  readonly state: string;
  readonly diagnostic: number;
  readonly remoteState: string;
}

/** One end of a simulated link: a session with a clock. */
export class End {
  readonly session: BfdSession;
  readonly sent: { readonly at: number; readonly packet: ControlPacket }[] = [];
  readonly changes: Change[] = [];
  echoes = 0;
  onPacket: (packet: ControlPacket) => void = () => {};
  onEcho: (sequence: number) => void = () => {};
  readonly #clock: ManualClock;
  #timer: Disposable | undefined;

  constructor(clock: ManualClock, discriminator: number, settings: SessionSettings) {
    this.#clock = clock;
    const random = new SeededRandom(discriminator);
    this.session = new BfdSession({ discriminator, settings, random });
  }

  take(event: BfdEvent): void {
    const at = this.#clock.now();
    this.#timer?.[Symbol.dispose]();
    for (const effect of this.session.handle(event, at)) {
      switch (effect.type) {
        case 'send':
          this.sent.push({ at, packet: effect.packet });
          this.onPacket(effect.packet);
          break;
        case 'sendEcho':
          this.echoes += 1;
          this.onEcho(effect.sequence);
          break;
        case 'changed': {
          const { state, diagnostic, remoteState } = effect;
          this.changes.push({ at, state, diagnostic, remoteState });
          break;
        }
        case 'wake':
          this.#timer = this.#clock.after(effect.after, () => this.take({ type: 'tick' }));
      }
    }
  }

  get state(): string {
    return this.session.state;
  }

  /** Milliseconds between packets since `start`. */
  gapsSince(start: number): readonly number[] {
    const times = this.sent.map(({ at }) => at).filter((at) => at >= start);
    return times.slice(1).map((at, index) => at - (times[index] ?? at));
  }
}

export interface LinkOptions {
  /** Milliseconds that a packet takes, given a number from 0 to 1. */
  readonly delay?: (chance: number) => number;
  /** Whether a packet is lost, given a number from 0 to 1. */
  readonly lost?: (chance: number) => boolean;
  readonly seed?: number;
  readonly left?: SessionSettings;
  readonly right?: SessionSettings;
}

/** Two sessions joined by a link that may lose and delay; in simulated time. */
export class BfdLink {
  readonly clock: ManualClock = new ManualClock();
  readonly left: End;
  readonly right: End;
  isCut = false;

  constructor({
    delay = () => 1,
    lost = () => false,
    seed = 1,
    left = eager,
    right = eager,
  }: LinkOptions = {}) {
    const random = new SeededRandom(seed);
    this.left = new End(this.clock, 0x1001, left);
    this.right = new End(this.clock, 0x2002, right);
    const join = (from: End, to: End): void => {
      from.onPacket = (packet) => {
        const isLost = lost(random.float());
        const after = millis(delay(random.float()));
        if (isLost || this.isCut) return;
        this.clock.after(after, () => to.take({ type: 'received', packet }));
      };
    };
    join(this.left, this.right);
    join(this.right, this.left);
  }

  start(): void {
    for (const end of [this.left, this.right]) end.take({ type: 'tick' });
  }

  pass(duration: number): void {
    this.clock.advance(millis(duration));
  }
}
