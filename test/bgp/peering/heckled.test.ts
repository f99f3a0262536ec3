import { expect, test } from 'vitest';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import { HeckledMachine } from '../../support/bgp/heckled-machine.ts';
import { HeckledSession } from '../../support/bgp/heckled-session.ts';
import { mutatedMessages } from '../../support/bgp/mutated-messages.ts';
import { PEER_OPEN, SETTINGS } from '../../support/bgp/peering-scene.ts';
import { SeededRandom } from '../../support/seeded-random.ts';

const STATES = ['openSent', 'openConfirm', 'established'];
const TYPES = ['open', 'update', 'notification', 'keepalive', 'routeRefresh'];
const ALL = STATES.flatMap((state) => TYPES.map((type) => `${state} ${type}`));

test('whatever a peer says in whatever state, the state machine goes on', () => {
  const random = new SeededRandom(4271);
  const machine = new HeckledMachine(SETTINGS, PEER_OPEN, random);
  const messages = mutatedMessages(random);
  for (let count = 0; count < 8_000; count += 1) {
    machine.hear(decodeMessage(messages.next().value, machine.dialect));
  }

  const least = [...ALL, ...STATES.map((state) => `${state} malformed`)];
  expect(least.filter((name) => machine.heard.of(name) < 5)).toEqual([]);
  expect(machine.done.of('up')).toBeGreaterThan(400);
});

test('whatever a peer sends in whatever pieces, the session refuses it by its name and calls again', () => {
  const random = new SeededRandom(7606);
  const peer = new HeckledSession(SETTINGS, PEER_OPEN, random);
  const messages = mutatedMessages(random);
  for (let count = 0; count < 4_000; count += 1) peer.hear(messages.next().value);

  expect(ALL.filter((name) => peer.heard.of(name) === 0)).toEqual([]);
  expect(peer.states.of('established')).toBeGreaterThan(400);
  const codes = ['1/1', '1/2', '1/3', '2/1', '2/4', '3/1', '3/9', '5/1', '5/2', '5/3', '7/1'];
  expect(codes.filter((code) => peer.sent.of(code) === 0)).toEqual([]);
  expect(peer.clock.pending).toBeLessThan(6);
});
