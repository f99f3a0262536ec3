import { beforeEach, expect, test } from 'vitest';
import { type IpAddress, ipToBytes } from '../../src/runtime/net/index.ts';
import { echoFrame } from '../../src/runtime/platform/bfd/echo-frame.ts';
import { EchoLine } from '../../src/runtime/platform/bfd/echo-line.ts';
import type { AddressedMessage, Libc } from '../../src/runtime/platform/socket/libc.ts';
import { Poller } from '../../src/runtime/platform/socket/poller.ts';
import { spec } from '../contract/bfd-layer.contract.ts';
import { FakeLibc } from '../support/fake-libc.ts';

const STRANGER = '203.0.113.9' as IpAddress;
const SOURCE = 12;
const TARGET = 16;
const TTL = 8;
const PORT = 22;

/** A link on which a test says what comes. */
class Wire extends FakeLibc {
  readonly frames: Uint8Array[] = [];
  #watched = -1;

  override epollControl(...[, , fd]: readonly unknown[]): number {
    this.#watched = Number(fd);
    return super.epollControl();
  }

  override epollWait(...call: readonly unknown[]): number {
    const [, events] = call as unknown as Parameters<Libc['epollWait']>;
    const datum = process.arch === 'x64' ? 4 : 8;
    Buffer.from(events.buffer, events.byteOffset).writeInt32LE(this.#watched, datum);
    return this.frames.length > 0 ? 1 : 0;
  }

  override recvfrom(...message: readonly unknown[]): number {
    const [, buffer] = message as unknown as AddressedMessage<Uint8Array>;
    const frame = this.frames.shift();
    if (frame === undefined) return super.recvfrom();
    buffer.set(frame);
    return frame.length;
  }
}

let wire: Wire;
let line: EchoLine<string>;
let poller: Poller;
let said: string[];

beforeEach(() => {
  wire = new Wire();
  poller = new Poller(wire);
  said = [];
  line = new EchoLine<string>({
    ...{ libc: wire, poller, changed: () => undefined },
    ready: (member) => said.push(`${member} is there`),
    returned: (member, payload) => said.push(`${member} returns ${payload.join(' ')}`),
  });
  line.join(spec, 'peer');
});

function hear(from: IpAddress, to: IpAddress, [ttl, port]: readonly [number, number]): void {
  const frame = Buffer.from(echoFrame(spec.local, 50_000, Uint8Array.of(7)));
  frame.set(ipToBytes(from), SOURCE);
  frame.set(ipToBytes(to), TARGET);
  frame[TTL] = ttl;
  frame.writeUInt16BE(port, PORT);
  wire.frames.push(frame);
  poller.wait(0, () => undefined);
}

const CONTROL = [255, 3784] as const;
const ECHO = [254, 3785] as const;

test('nothing is sent before the peer was heard on the link, by a packet for us', () => {
  hear(spec.remote, STRANGER, CONTROL);
  hear(STRANGER, spec.local, CONTROL);
  expect(said).toEqual([]);
  expect(line.send('peer', 50_000, Uint8Array.of(7))).toBe(false);
  hear(spec.remote, spec.local, CONTROL);
  hear(spec.remote, spec.local, CONTROL);
  expect(said).toEqual(['peer is there']);
  expect(line.send('peer', 50_000, Uint8Array.of(7))).toBe(true);
  expect(wire.sent).toHaveLength(1);
});

test('only what went from us to us is an echo', () => {
  hear(spec.remote, spec.local, ECHO);
  hear(spec.local, spec.remote, ECHO);
  expect(said).toEqual([]);
  hear(spec.local, spec.local, ECHO);
  expect(said).toEqual(['peer returns 7']);
});

test('a member that left hears nothing any more', () => {
  line.leave('peer');
  hear(spec.local, spec.local, ECHO);
  expect([said, line.descriptors]).toEqual([[], []]);
});
