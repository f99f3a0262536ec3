import { expect, test } from 'vitest';
import { millis } from '../../../src/runtime/platform/ports.ts';
import type { FakeLine } from '../../support/bgp/fake-dialer.ts';
import { BgpNodeScene } from '../../support/bgp-node-scene.ts';
import { peer } from '../../support/bgp.ts';
import { ip } from '../../support/views.ts';

const WEB = '198.51.100.7';
const one = peer('one');
const two = peer('two', { address: ip('192.0.2.2') });

function communitiesAt(line: FakeLine): readonly (readonly string[])[] {
  return line.received.flatMap((message) =>
    message.type === 'update' && message.attributes !== undefined
      ? [message.attributes.communities]
      : [],
  );
}

/** As a peer does that heard a NOTIFICATION. */
function hangUpWhenEnded(line: FakeLine): void {
  const end = line.end.bind(line);
  line.end = () => {
    end();
    queueMicrotask(() => line.close('connection closed'));
  };
}

test('a drain announces all anew with GRACEFUL_SHUTDOWN, and gives peers the time from then', async () => {
  const scene = new BgpNodeScene({ drain: 5000 });
  scene.configure(one);
  scene.greet();
  scene.announce(WEB);
  hangUpWhenEnded(scene.dialer.line);
  const { drain, rest } = await scene.stop();

  expect(communitiesAt(scene.dialer.line)).toEqual([[], ['65535:0']]);
  expect(drain).toBeGreaterThanOrEqual(5000);
  expect(drain).toBeLessThanOrEqual(5100);
  expect(rest).toBeLessThan(100);
  expect(scene.dialer.line.received.at(-1)).toMatchObject({ code: 6, subcode: 2 });
  expect(Buffer.from(scene.dialer.line.written.at(-1)!.subarray(22)).toString()).toBe(
    'speaker stops',
  );
});

test.each<[string, (scene: BgpNodeScene) => void]>([
  ['no peer is configured', () => undefined],
  ['no session is up', (scene) => scene.configure(one)],
  [
    'no peer has a route',
    (scene) => {
      scene.configure(one);
      scene.greet();
      scene.bgp.speaker.withdraw(`default/${WEB}`);
      scene.pass(1000);
    },
  ],
])('where %s nobody waits', async (_what, arrange) => {
  const scene = new BgpNodeScene({ drain: 5000 });
  scene.announce(WEB);
  arrange(scene);
  for (const line of scene.dialer.lines) hangUpWhenEnded(line);

  expect((await scene.stop()).drain).toBe(0);
});

test('a drain is over as soon as every session is', async () => {
  const scene = new BgpNodeScene({ drain: 5000 });
  scene.configure(one);
  scene.greet();
  scene.announce(WEB);
  const { line } = scene.dialer;
  scene.clock.after(millis(1000), () => line.close('connection reset by peer'));
  const { drain } = await scene.stop();

  expect(drain).toBeGreaterThanOrEqual(1000);
  expect(drain).toBeLessThanOrEqual(1100);
});

test('a peer that takes nothing lengthens neither the drain nor the end by more than half a second', async () => {
  const scene = new BgpNodeScene({ drain: 5000 });
  scene.configure(one, two);
  const [first, second] = scene.dialer.lines as [FakeLine, FakeLine];
  scene.greet(first);
  scene.greet(second);
  scene.announce(WEB);
  second.isWritable = false;
  scene.announce('198.51.100.8');
  hangUpWhenEnded(first);
  const { drain, rest } = await scene.stop();

  expect(communitiesAt(first).slice(-1)).toEqual([['65535:0']]);
  expect(drain).toBeGreaterThanOrEqual(5500);
  expect(drain).toBeLessThanOrEqual(5550);
  expect(rest).toBeLessThanOrEqual(500);
});

test('without the flag nothing is announced anew', async () => {
  const scene = new BgpNodeScene();
  scene.configure(one);
  scene.greet();
  scene.announce(WEB);
  hangUpWhenEnded(scene.dialer.line);
  const { drain } = await scene.stop();

  expect([drain, communitiesAt(scene.dialer.line)]).toEqual([0, [[]]]);
});
