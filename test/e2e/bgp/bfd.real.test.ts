import { afterEach, describe, expect, test } from 'vitest';
import { BfdScene } from '../../support/bfd-scene.ts';

/** Milliseconds: far from any hold time, and enough for a busy machine. */
const AT_ONCE = 2_000;

describe.each(['frr', 'bird'] as const)('BFD with %s', (kind) => {
  let scene: BfdScene;

  afterEach(() => scene.close());

  test('ends BGP at once when the cable is pulled, and both come back', async () => {
    scene = await BfdScene.open(kind);
    scene.configure();
    await scene.up();
    scene.site.cut();
    expect(await scene.down()).toBeLessThan(AT_ONCE);
    expect(scene.reasons).toEqual(['BFD session is down']);
    expect(await scene.node.metric('metallb_bfd_session_up')).toBe(0);
    expect(await scene.node.metric('metallb_bfd_session_down_events')).toBe(1);
    scene.site.mend();
    await scene.up();
  }, 90_000);

  test.each(['ipv4', 'ipv6'] as const)(
    'ends BGP over %s at once when packets get lost, and both come back',
    async (family) => {
      scene = await BfdScene.open(kind, { family });
      scene.configure();
      await scene.up();
      scene.silence();
      expect(await scene.down()).toBeLessThan(AT_ONCE);
      expect(scene.reasons).toEqual(['BFD session is down']);
      expect(scene.changes.at(-1)).toBe('down: control detection time expired');
      scene.hear();
      await scene.up();
    },
    90_000,
  );
});
