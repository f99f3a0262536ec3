import { describe, expect, test } from 'vitest';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { isMinority } from '../../../src/runtime/speaker/ring/isolation.ts';
import { ringMember } from '../../support/fake-ring.ts';
import { MembershipScene, link, speakerPod } from '../../support/membership-scene.ts';

const bravo = ringMember('bravo', 2);
const charlie = ringMember('charlie', 3);
const three = [speakerPod('alpha', 1), speakerPod('bravo', 2), speakerPod('charlie', 3)];

async function member(
  withdrawsInMinority = false,
  bearing: readonly string[] = ['192.0.2.1'],
): Promise<MembershipScene> {
  const scene = new MembershipScene({ pods: three, withdrawsInMinority });
  scene.ring.willing = [bravo, charlie];
  scene.membership.linksChanged([link('eth0', true, bearing)]);
  await scene.begin();
  await scene.pass(10);
  scene.said.length = 0;
  scene.ring.attempts.length = 0;
  scene.ring.willing = [];
  return scene;
}

describe('a speaker gives up its addresses', () => {
  test('when the link of the ring loses its carrier, before anything else, and says so', async () => {
    const scene = await member();
    scene.links(false, [link('eth1', true)]);
    expect(scene.said).toEqual([
      'gauge carrier',
      'suspend',
      'event Node alpha speakerIsolated',
      'members isolated',
    ]);
    expect(scene.lines('cut off from the other speakers')).toEqual([
      ['warn', expect.objectContaining({ event: 'isolated', reason: 'carrier' })],
    ]);
    await scene.stop();
  });

  test.each([
    ['is gone', []],
    ['is down and lost its address with that', [{ ...link('eth0', false), up: false }]],
  ])('when that link %s, whatever others there are', async (_name, links) => {
    const scene = await member();
    scene.membership.linksChanged([...links, link('eth1', true), link('lo', true, ['127.0.0.1'])]);
    expect(scene.members).toBe('isolated');
    await scene.stop();
  });

  test('where no link bears the address of the ring, only when none has a carrier', async () => {
    const scene = await member(false, []);
    scene.membership.linksChanged([link('eth0', false), link('eth1', true)]);
    expect(scene.said).toEqual([]);
    scene.membership.linksChanged([link('eth0', false), link('eth1', false)]);
    expect(scene.members).toBe('isolated');
    await scene.stop();
  });

  test('when it stood still for longer than the others wait for it', async () => {
    const scene = await member();
    scene.membership.stoodStill();
    expect(scene.said).toContain('gauge paused');
    expect(scene.members).toBe('isolated');
    await scene.stop();
  });
});

describe('a speaker keeps its addresses', () => {
  test('while the address of its link is renewed, or moves to another link', async () => {
    const scene = await member();
    scene.membership.linksChanged([link('eth0', true)]);
    scene.membership.linksChanged([link('eth0', false), link('eth1', true, ['192.0.2.1'])]);
    expect(scene.said).toEqual([]);
    await scene.stop();
  });

  test('when it hears nobody any more: the others may be gone', async () => {
    const scene = await member();
    scene.ring.lose('bravo');
    scene.ring.lose('charlie');
    await scene.pass(60);
    expect(scene.members).toBe('alpha');
    expect(scene.said).not.toContain('suspend');
    await scene.stop();
  });

  test.each<[name: string, happens: (scene: MembershipScene) => void]>([
    ['its link loses the carrier', (scene) => scene.links(false)],
    ['it stands still', (scene) => scene.membership.stoodStill()],
  ])('when %s and there was nobody else before', async (_name, happens) => {
    const scene = new MembershipScene({ pods: [speakerPod('alpha', 1)] });
    scene.links(true);
    await scene.begin();
    happens(scene);
    expect(scene.members).toBe('alpha');
    expect(scene.said).not.toContain('suspend');
    await scene.stop();
  });

  test('and the link thread that fell silent by itself answers again, where nobody could take over', async () => {
    const scene = new MembershipScene({ pods: [speakerPod('alpha', 1)] });
    await scene.begin();
    scene.membership.stoodStill();
    expect(scene.said.at(-1)).toBe('resume');
    await scene.stop();
  });
});

describe('an isolated speaker takes its addresses back', () => {
  test('when it hears the ring after its carrier came back, and not before', async () => {
    const scene = await member();
    scene.links(false);
    scene.ring.lastHeard = scene.clock.now();
    await scene.pass(30);
    expect(scene.members).toBe('isolated');
    scene.links(true);
    await scene.pass(1);
    expect(scene.members).toBe('isolated');
    scene.said.length = 0;
    scene.ring.lastHeard = scene.clock.now();
    await scene.pass(0.1);
    expect(scene.said).toEqual([
      'gauge none',
      'resume',
      'event Node alpha speakerRejoined',
      'members alpha,bravo,charlie',
    ]);
    await scene.stop();
  });

  test('at once when it hears a member after its carrier only flapped', async () => {
    const scene = await member();
    scene.links(false);
    await scene.pass(0.5);
    scene.links(true);
    await scene.pass(0.01);
    scene.ring.lastHeard = scene.clock.now();
    await scene.pass(0.1);
    expect(scene.members).toBe('alpha,bravo,charlie');
    await scene.stop();
  });

  test('not before the one that it heard is a member again: alone it would take them all', async () => {
    const scene = await member();
    scene.links(false);
    scene.ring.lose('bravo');
    scene.ring.lose('charlie');
    await scene.pass(60);
    scene.links(true);
    await scene.pass(1);
    scene.ring.lastHeard = scene.clock.now();
    await scene.pass(0.5);
    expect(scene.members).toBe('isolated');
    scene.ring.come(bravo);
    expect(scene.members).toBe('alpha,bravo');
    await scene.stop();
  });

  test('not for what waited in its socket while it stood still', async () => {
    const scene = await member();
    scene.membership.stoodStill();
    scene.ring.lastHeard = seconds(scene.clock.now() / 1000 + 0.01);
    await scene.pass(1);
    expect(scene.members).toBe('isolated');
    scene.ring.lastHeard = scene.clock.now();
    await scene.pass(0.2);
    expect(scene.members).toBe('alpha,bravo,charlie');
    await scene.stop();
  });

  test('when it turns out that there is nobody else any more', async () => {
    const scene = await member();
    scene.links(false);
    scene.ring.lose('bravo');
    scene.ring.lose('charlie');
    await scene.pass(60);
    expect(scene.members).toBe('isolated');
    scene.links(true);
    await scene.pass(3.9);
    expect(scene.members).toBe('isolated');
    await scene.pass(0.2);
    expect(scene.members).toBe('alpha');
    await scene.stop();
  });

  test('also when all stood still at once, as machines do that are restored together', async () => {
    const scene = await member();
    scene.membership.stoodStill();
    await scene.pass(10);
    expect(scene.members).toBe('isolated');
    scene.ring.lastHeard = scene.clock.now();
    scene.ring.lose('charlie');
    expect(scene.members).toBe('alpha,bravo');
    await scene.stop();
  });

  test('after a while when none of the others wakes up with it', async () => {
    const scene = await member();
    scene.membership.stoodStill();
    await scene.pass(6);
    scene.ring.lose('bravo');
    scene.ring.lose('charlie');
    expect(scene.members).toBe('alpha');
    await scene.stop();
  });

  test('and speaks to the others by itself, so that they count it again', async () => {
    const scene = await member();
    scene.membership.stoodStill();
    await scene.pass(0);
    expect(scene.ring.attempts).toEqual([
      ['192.0.2.2', '192.0.2.3'],
      ['192.0.2.2', '192.0.2.3'],
    ]);
    await scene.stop();
  });
});

describe('with --minority=withdraw', () => {
  test('the smaller part gives up its addresses until it is larger', async () => {
    const scene = await member(true);
    scene.ring.lose('bravo');
    expect(scene.members).toBe('alpha,charlie');
    scene.ring.lose('charlie');
    expect(scene.members).toBe('isolated');
    expect(scene.said).toContain('gauge minority');
    scene.ring.come(charlie);
    expect(scene.members).toBe('alpha,charlie');
    await scene.stop();
  });

  test('a speaker whose companions were taken from the cluster announces again', async () => {
    const scene = await member(true);
    scene.ring.lose('bravo');
    scene.ring.lose('charlie');
    scene.pods = three.slice(0, 1);
    await scene.pass(5);
    expect(scene.members).toBe('alpha');
    await scene.stop();
  });

  test.each<[seen: string, known: string, minority: boolean]>([
    ['a', 'abc', true],
    ['ab', 'abc', false],
    ['ab', 'abcd', false],
    ['cd', 'abcd', true],
    ['a', 'a', false],
    ['ad', 'a', false],
  ])('%s of %s: %s', (seen, known, minority) => {
    expect(isMinority(new Set(seen), new Set(known))).toBe(minority);
  });
});
