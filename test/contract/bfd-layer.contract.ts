import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type {
  BfdCounts,
  BfdEvents,
  BfdLayer,
  BfdSessionSpec,
} from '../../src/runtime/bfd/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';

/** What `look` finds, as soon as it finds something; on a busy machine that takes a while. */
function soon<T>(look: () => T | Promise<T>): ReturnType<typeof vi.waitUntil<T>> {
  return vi.waitUntil(look, { timeout: 20_000 });
}

/** A layer at 192.0.2.1 and a peer at 192.0.2.2, which has no session at first. */
export interface BfdWorld {
  readonly layer: BfdLayer;
  /** The peer has a session with us. */
  answer(): void;
  /** Nothing comes from the peer any more. */
  cut(): void;
  /** What was cut is whole again. */
  mend(): void;
  /** The peer ends its session on purpose. */
  retire(): void;
  close(): Promise<void>;
}

export const spec: BfdSessionSpec = {
  local: '192.0.2.1' as IpAddress,
  remote: '192.0.2.2' as IpAddress,
  multihop: false,
  profile: {
    ...{ name: 'fast', receiveIntervalMs: 100, transmitIntervalMs: 100, detectMultiplier: 10 },
    ...{ echoIntervalMs: 100, echoMode: false, passiveMode: false, minimumTTL: 254 },
  },
};

/** What every BfdLayer promises, in memory or on the wire. */
export function bfdLayerContract(name: string, makeWorld: () => Promise<BfdWorld>): void {
  describe(`${name} as a BfdLayer`, () => {
    let world: BfdWorld;
    let layer: BfdLayer;
    let end: AbortController;
    let running: Promise<void>;
    let changes: string[];
    let started: string[];
    let failed: string[];
    let counts: Map<string, BfdCounts>;

    const events: BfdEvents = {
      changed: (key, state, diagnostic, remoteState) =>
        changes.push(`${key} ${state} ${diagnostic} ${remoteState}`),
      started: (key) => started.push(key),
      failed: (key, reason) => failed.push(`${key} ${reason}`),
      counted: (told) => {
        for (const each of told) counts.set(each.key, each);
      },
    };
    const ups = (): number => changes.filter((change) => change.includes(' up ')).length;
    const isUp = (): Promise<boolean> => soon(() => ups() > 0);

    beforeEach(async () => {
      changes = [];
      started = [];
      failed = [];
      counts = new Map();
      end = new AbortController();
      world = await makeWorld();
      layer = world.layer;
      layer.set('peer', spec);
      running = layer.run(events, end.signal);
    }, 20_000);

    afterEach(async () => {
      end.abort();
      await running;
      await world.close();
    }, 20_000);

    test('starts what was set before it ran, and says nothing of the state until there is a peer', async () => {
      await soon(() => started.length > 0);
      await layer.report();
      expect([started, changes]).toEqual([['peer'], []]);
    }, 30_000);

    test('tells that a peer is up', async () => {
      world.answer();
      await isUp();
      expect(changes.at(-1)).toMatch(/^peer up 0 (init|up)$/);
    }, 30_000);

    test('tells that a peer is gone, and that it is back', async () => {
      world.answer();
      await isUp();
      world.cut();
      await soon(() => changes.at(-1)?.startsWith('peer down') === true);
      expect(changes.at(-1)).toBe('peer down 1 down');
      world.mend();
      await soon(() => ups() === 2);
      await layer.report();
      expect(counts.get('peer')).toMatchObject({ state: 'up', upEvents: 2, downEvents: 1 });
    }, 30_000);

    test('tells a peer that leaves from one that fails', async () => {
      world.answer();
      await isUp();
      world.retire();
      await soon(() => changes.at(-1)?.startsWith('peer down') === true);
      expect(changes.at(-1)).toBe('peer down 3 adminDown');
    }, 30_000);

    test('takes another profile without a flap', async () => {
      world.answer();
      await isUp();
      layer.set('peer', { ...spec, profile: { ...spec.profile, transmitIntervalMs: 200 } });
      await layer.report();
      world.cut();
      await soon(() => changes.at(-1)?.startsWith('peer down') === true);
      await layer.report();
      expect(counts.get('peer')).toMatchObject({ upEvents: 1, downEvents: 1 });
    }, 30_000);

    test('counts packets and changes', async () => {
      world.answer();
      await isUp();
      await layer.report();
      const told = counts.get('peer');
      expect(told).toMatchObject({ state: 'up', upEvents: 1, downEvents: 0, echoOut: 0 });
      expect(told?.notifications).toBe(changes.length);
      expect(told?.controlIn).toBeGreaterThan(0);
      expect(told?.controlOut).toBeGreaterThan(0);
    }, 30_000);

    test('tells nothing of a session that was deleted', async () => {
      world.answer();
      await isUp();
      const before = changes.length;
      layer.delete('peer');
      world.cut();
      layer.set('again', { ...spec, remote: '192.0.2.3' as IpAddress });
      await soon(() => started.includes('again'));
      expect(changes).toHaveLength(before);
    }, 30_000);

    test('says why a session cannot be, and goes on with the others', async () => {
      layer.set('nowhere', { ...spec, local: '198.51.100.1' as IpAddress });
      await soon(() => failed.length > 0);
      expect(failed).toEqual([expect.stringContaining('nowhere')]);
      expect(failed).toEqual([expect.stringContaining('EADDRNOTAVAIL')]);
      world.answer();
      await isUp();
      expect(changes.at(-1)).toMatch(/^peer up 0/);
    }, 30_000);
  });
}
