import { expect, onTestFinished, test } from 'vitest';
import {
  BfdSession,
  type BfdState,
  type ControlPacket,
  type SessionSettings,
  decodeControl,
  decodeEcho,
  encodeControl,
  encodeEcho,
  settingsOf,
} from '../../src/runtime/bfd/index.ts';
import { BfdEngine } from '../../src/runtime/platform/bfd/engine.ts';
import type { BfdReport } from '../../src/runtime/platform/bfd/protocol.ts';
import type { AddressedMessage, Libc } from '../../src/runtime/platform/socket/libc.ts';
import { spec } from '../contract/bfd-layer.contract.ts';
import { FakeLibc } from '../support/fake-libc.ts';

/** One peer at 100 ms, ten of which may be missed, on a wire of which a test decides everything; time passes in waits. */
class Wire extends FakeLibc {
  time = 0;
  /** Garbage from the peer's address comes faster than anybody reads; the peer speaks once in so many packets of it. */
  floodsBetween = 0;
  /** When a packet left. */
  readonly departures: number[] = [];
  #garbage = 0;
  readonly #arrived: Uint8Array[] = [];
  #watched = -1;
  #nextTurnLasts = 0;

  /** The thread has no turn for so long, right behind the next look at the wire; the peer goes on meanwhile. */
  loseTurn(duration: number): void {
    this.#nextTurnLasts = duration;
  }

  say(state: BfdState): void {
    const mine = this.sent.at(-1);
    this.#arrived.push(
      encodeControl({
        ...{ diagnostic: 0, state, poll: false, final: false, controlPlaneIndependent: false },
        ...{ demand: false, detectMultiplier: 10, myDiscriminator: 9, requiredMinEchoRx: 0 },
        ...{ desiredMinTx: 100_000, requiredMinRx: 100_000 },
        yourDiscriminator: mine === undefined ? 0 : Buffer.from(mine).readUInt32BE(4),
      }),
    );
  }

  override epollControl(...[, , fd]: readonly unknown[]): number {
    this.#watched = Number(fd);
    return super.epollControl();
  }

  override epollWait(...call: readonly unknown[]): number {
    const [, events, , timeout] = call as unknown as Parameters<Libc['epollWait']>;
    if (this.#arrived.length > 0 || this.floodsBetween > 0) {
      const datum = process.arch === 'x64' ? 4 : 8;
      Buffer.from(events.buffer, events.byteOffset).writeInt32LE(this.#watched, datum);
      return 1;
    }
    this.time += timeout;
    if (timeout === 0 && this.#nextTurnLasts > 0) {
      this.time += this.#nextTurnLasts;
      this.#nextTurnLasts = 0;
      this.say('up');
    }
    return 0;
  }

  override recvfrom(...message: readonly unknown[]): number {
    const [, buffer, , , address] = message as unknown as AddressedMessage<Uint8Array>;
    const packet = this.#arrived.shift() ?? this.#flood();
    if (packet === undefined) return super.recvfrom();
    buffer.set(packet);
    address.set([192, 0, 2, 2], 4);
    return packet.length;
  }

  override send(fd: number, octets: Uint8Array): number {
    this.departures.push(this.time);
    return super.send(fd, octets);
  }

  /** Each takes ten microseconds. */
  #flood(): Uint8Array | undefined {
    if (this.floodsBetween === 0) return undefined;
    this.time += 0.01;
    this.#garbage += 1;
    if (this.#garbage % this.floodsBetween === 0) this.say('up');
    return new Uint8Array(24).fill(this.#garbage);
  }
}

/** Serves one session on `wire`; `pass` gives the thread that many turns. */
function serve(wire: Wire): { reports: BfdReport[]; pass: (turns: number) => Promise<void> } {
  const reports: BfdReport[] = [];
  const engine = new BfdEngine<ControlPacket, SessionSettings>({
    libc: wire,
    protocol: {
      settingsOf: ({ profile, multihop }) => settingsOf(profile, { multihop, forwards: false }),
      session: (identity) => new BfdSession(identity),
      decode: (octets) => {
        const decoded = decodeControl(octets);
        return decoded.kind === 'packet' ? decoded.packet : undefined;
      },
      ...{ encode: encodeControl, decodeEcho, encodeEcho },
    },
    random: { float: () => 0.5, bytes: (count) => new Uint8Array(count).fill(1) },
    forwards: () => false,
    report: (report) => reports.push(report),
    now: () => wire.time,
  });
  engine.execute({ type: 'set', key: 'peer', spec });
  engine.start();
  onTestFinished(() => engine.execute({ type: 'stop' }));
  const pass = async (turns: number): Promise<void> => {
    for (let i = 0; i < turns; i += 1) await new Promise(setImmediate);
  };
  return { reports, pass };
}

const statesIn = (reports: readonly BfdReport[]): string[] =>
  reports.flatMap((report) => (report.type === 'changed' ? [report.state] : []));

test('a peer that was heard while the thread had no turn is not missed, wherever the turn was lost', async () => {
  const wire = new Wire();
  const { reports, pass } = serve(wire);
  await pass(2);
  for (const state of ['down', 'up'] as const) {
    wire.say(state);
    await pass(3);
  }
  expect(statesIn(reports)).toEqual(['init', 'up']);
  for (let i = 0; i < 10; i += 1) {
    wire.loseTurn(1_500);
    await pass(3);
  }
  expect(statesIn(reports)).toEqual(['init', 'up']);
});

test('a flood from the address of the peer keeps nobody from being served', async () => {
  const wire = new Wire();
  const { reports, pass } = serve(wire);
  await pass(2);
  for (const state of ['down', 'up'] as const) {
    wire.say(state);
    await pass(3);
  }
  wire.departures.length = 0;
  wire.floodsBetween = 10_000;
  const start = wire.time;
  while (wire.time < start + 2_000) await pass(1);
  expect(statesIn(reports)).toEqual(['init', 'up']);
  const gaps = wire.departures.slice(1).map((at, index) => at - wire.departures[index]!);
  expect(gaps.length).toBeGreaterThanOrEqual(19);
  // 90 at most are agreed on, and a turn reads so many packets only.
  expect(Math.max(...gaps)).toBeLessThan(100);
});

test('a peer that is silent is missed when its time is over', async () => {
  const wire = new Wire();
  const { reports, pass } = serve(wire);
  await pass(2);
  for (const state of ['down', 'up'] as const) {
    wire.say(state);
    await pass(3);
  }
  const start = wire.time;
  for (let i = 0; i < 100 && !statesIn(reports).includes('down'); i += 1) await pass(1);
  expect(statesIn(reports)).toEqual(['init', 'up', 'down']);
  expect(wire.time - start).toBeLessThanOrEqual(1_001);
});
