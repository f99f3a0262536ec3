import { expect, test } from 'vitest';
import { encodeMessage } from '../../../src/runtime/bgp/wire/encode.ts';
import { millis, seconds } from '../../../src/runtime/platform/ports.ts';
import { PeeringScene, updateOf } from '../../support/bgp/peering-scene.ts';

const KEEPALIVE = { type: 'keepalive' } as const;
const UPDATE_OCTETS = 4000;
/** Of IPv4. RFC 4724 §2 */
const END_OF_RIB = updateOf(23);

test('no more is queued than a peer takes, and the rest follows when it takes more', () => {
  const scene = new PeeringScene();
  const { dialer, outlet, clock, heard } = scene;
  outlet.stock = Array.from({ length: 100 }, () => updateOf(UPDATE_OCTETS));
  scene.establish();
  dialer.line.isWritable = false;
  clock.advance(seconds(60));
  expect(heard.updates).toBe(1);
  for (let turn = 0; turn < 200 && outlet.stock.length > 0; turn += 1) {
    dialer.line.drain();
    dialer.line.isWritable = false;
    clock.advance(millis(0));
  }
  expect(heard.updates).toBe(100);
});

test('keepalives do not pile up before a peer that takes nothing', () => {
  const scene = new PeeringScene();
  const { dialer, outlet, clock } = scene;
  outlet.stock = [updateOf(UPDATE_OCTETS)];
  scene.establish();
  dialer.line.isWritable = false;
  clock.advance(millis(0));
  const before = dialer.line.written.length;
  for (let minute = 0; minute < 5; minute += 1) {
    clock.advance(seconds(60));
    dialer.line.say(KEEPALIVE);
  }
  expect(dialer.line.written).toHaveLength(before);
});

test('a peer that takes nothing for eight minutes is given up', () => {
  const scene = new PeeringScene();
  const { dialer, outlet, clock, heard } = scene;
  outlet.stock = [updateOf(UPDATE_OCTETS)];
  scene.establish();
  dialer.line.isWritable = false;
  for (let minute = 0; minute < 8; minute += 1) {
    expect(heard.isUp).toBe(true);
    clock.advance(seconds(60));
    if (heard.isUp) dialer.line.say(KEEPALIVE);
  }
  expect(heard.reasons).toMatchObject([{ text: 'peer took nothing for 480 s' }]);
});

test('much to send leaves in turns, between which others have theirs', () => {
  const scene = new PeeringScene();
  const { outlet, clock, heard } = scene;
  outlet.stock = Array.from({ length: 100 }, () => updateOf(UPDATE_OCTETS));
  scene.establish();
  let others = 0;
  clock.after(millis(0), () => (others = heard.updates));
  clock.advance(millis(0));
  expect(others).toBeLessThanOrEqual(17);
  expect(heard.updates).toBe(100);
});

test('a flood of messages is taken in turns, and nothing is read meanwhile', () => {
  const scene = new PeeringScene();
  const { dialer, clock, heard } = scene;
  scene.establish();
  dialer.line.data(Buffer.concat(Array.from({ length: 3000 }, () => END_OF_RIB)));
  expect(heard.received).toBeLessThan(1000);
  expect(dialer.line.isPaused).toBe(true);
  clock.advance(millis(0));
  expect(heard.received).toBe(3000);
  expect(dialer.line.isPaused).toBe(false);
});

test('a NOTIFICATION behind a flood counts, though the connection has ended since', () => {
  const scene = new PeeringScene();
  const { dialer, clock, heard } = scene;
  scene.establish();
  const flood = Array.from({ length: 3000 }, () => END_OF_RIB);
  const data = new Uint8Array(0);
  const last = encodeMessage({ type: 'notification', code: 6, subcode: 4, data });
  dialer.line.data(Buffer.concat([...flood, last]));
  dialer.line.close('connection closed by the peer');
  clock.advance(millis(0));
  expect(heard.reasons).toMatchObject([{ kind: 'received', text: 'Administrative Reset' }]);
});

test('room on an earlier connection does not let a peer off that takes nothing now', () => {
  const scene = new PeeringScene();
  const { dialer, outlet, clock, heard } = scene;
  const takeNothing = (): void => {
    outlet.stock = [updateOf(UPDATE_OCTETS)];
    dialer.line.isWritable = false;
    clock.advance(millis(0));
  };
  scene.establish();
  takeNothing();
  const first = dialer.line;
  scene.session.bfdDown();
  clock.advance(seconds(2));
  scene.greet();
  takeNothing();
  first.drain();
  for (let minute = 0; minute < 8; minute += 1) {
    clock.advance(seconds(60));
    if (heard.isUp) dialer.line.say(KEEPALIVE);
  }
  expect(heard.reasons.at(-1)).toMatchObject({ text: 'peer took nothing for 480 s' });
});
