import type { BfdState, ControlPacket, SessionSettings } from '../../src/runtime/bfd/index.ts';
import { millis } from '../../src/runtime/platform/ports.ts';
import { End, MILLISECOND, eager } from './bfd-link.ts';
import { ManualClock } from './manual-clock.ts';

/** What a peer at 100 ms with a multiplier of 3 says. */
function saying(state: BfdState, rest: Partial<ControlPacket> = {}): ControlPacket {
  return {
    ...{ diagnostic: 0, state, poll: false, final: false },
    ...{ controlPlaneIndependent: false, demand: false, detectMultiplier: 3 },
    ...{ myDiscriminator: 0x2002, yourDiscriminator: 0x1001 },
    ...{ desiredMinTx: 100 * MILLISECOND, requiredMinRx: 100 * MILLISECOND, requiredMinEchoRx: 0 },
    ...rest,
  };
}

/** A session and a peer of which a test decides every packet. */
export class Bench {
  readonly clock: ManualClock = new ManualClock();
  readonly end: End;

  constructor(settings: SessionSettings = eager) {
    this.end = new End(this.clock, 0x1001, settings);
    this.end.take({ type: 'tick' });
  }

  hear(state: BfdState, rest: Partial<ControlPacket> = {}): void {
    this.end.take({ type: 'received', packet: saying(state, rest) });
  }

  /** Hears the same every 50 ms for so many milliseconds. */
  keepHearing(duration: number, state: BfdState, rest: Partial<ControlPacket> = {}): void {
    for (let passed = 0; passed < duration; passed += 50) {
      this.pass(50);
      this.hear(state, rest);
    }
  }

  pass(duration: number): void {
    this.clock.advance(millis(duration));
  }

  reach(state: BfdState): this {
    if (state === 'adminDown') this.end.take({ type: 'adminDown' });
    if (state === 'init' || state === 'up') this.hear('down');
    if (state === 'up') this.hear('init');
    if (this.end.state !== state) throw new Error(`is ${this.end.state}`);
    return this;
  }

  get last(): ControlPacket {
    return this.end.sent.at(-1)!.packet;
  }
}
