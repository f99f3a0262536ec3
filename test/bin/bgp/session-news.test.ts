import { expect, test } from 'vitest';
import { peer } from '../../support/bgp.ts';
import { BgpNodeScene } from '../../support/bgp-node-scene.ts';
import { ip } from '../../support/views.ts';

const REFUSED = 'connect: connection refused';
const DOES_NOT = 'Warning /alpha bgpSessionDown: BGP session with 192.0.2.1:179 does not come up: ';

function opened(): BgpNodeScene {
  const scene = new BgpNodeScene();
  scene.configure(peer('one'));
  return scene;
}

function fail(scene: BgpNodeScene, times: number, reason: string): void {
  for (let attempt = 0; attempt < times; attempt += 1) {
    scene.dialer.line.close(reason);
    scene.retry();
  }
}

test('a session that ends is told with its reason, and so is its return', () => {
  const scene = opened();
  scene.greet();
  scene.dialer.line.close('read: connection reset by peer');
  scene.retry();
  scene.greet();

  expect(scene.events.lines).toEqual([
    'Warning /alpha bgpSessionDown: BGP session with 192.0.2.1:179 is down: read: connection reset by peer',
    'Normal /alpha bgpSessionUp: BGP session with 192.0.2.1:179 is up',
  ]);
});

test('a session that comes up at once is no news', () => {
  const scene = opened();
  scene.dialer.line.close(REFUSED);
  scene.retry();
  scene.greet();

  expect(scene.events.lines).toEqual([]);
});

test('a peer that is refused for long is told once, however often it is tried', () => {
  const scene = opened();
  fail(scene, 12, REFUSED);

  expect(scene.events.lines).toEqual([`${DOES_NOT}${REFUSED}`]);
});

test('another reason is told as well, but no more than five between two sessions', () => {
  const scene = opened();
  fail(scene, 3, REFUSED);
  for (let index = 0; index < 8; index += 1) fail(scene, 1, `reason ${index}`);

  expect(scene.events.lines).toEqual(
    [REFUSED, 'reason 0', 'reason 1', 'reason 2', 'reason 3'].map((text) => DOES_NOT + text),
  );
});

test('what the operator of the peer says is in the Event', () => {
  const scene = opened();
  scene.greet();
  const data = Uint8Array.of(4, ...Buffer.from('noon'));
  scene.dialer.line.say({ type: 'notification', code: 6, subcode: 2, data });

  expect(scene.events.lines).toEqual([
    'Warning /alpha bgpSessionDown: BGP session with 192.0.2.1:179 is down: Administrative Shutdown: "noon"',
  ]);
});

test('a peer in a VRF is named with it, IPv6 in brackets', () => {
  const scene = new BgpNodeScene();
  scene.configure(peer('one', { address: ip('2001:db8::1'), vrf: 'red' }));
  fail(scene, 3, REFUSED);

  expect(scene.events.lines).toEqual([
    'Warning /alpha bgpSessionDown: BGP session with [2001:db8::1]:179 in VRF red ' +
      `does not come up: ${REFUSED}`,
  ]);
});

test('a session that is closed on purpose is no news', async () => {
  const scene = opened();
  scene.greet();
  scene.configure();
  expect(scene.events.lines).toEqual([]);
  scene.configure(peer('one'));
  scene.greet();
  await scene.stop();

  expect(scene.events.lines).toEqual([]);
});
