import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningProgram, startControllerPod } from '../../cluster/index.ts';
import { allHeard, heard, valuesIn, valuesThatAre } from './journal.ts';
import { tellsOfAllocation } from './log/allocation.ts';
import { tellsOfOwnership } from './log/ownership.ts';
import { tellsOfRefusal } from './log/refusal.ts';
import { tellsOfRelease } from './log/release.ts';
import { Scene } from './log/scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.open();
});

afterAll(async () => {
  await scene.close();
});

// One life of one install, in this order.
tellsOfAllocation(() => scene);
tellsOfRelease(() => scene);
tellsOfRefusal(() => scene);
tellsOfOwnership(() => scene);

test('a port that another program has is told of, and otherwise ignored', async () => {
  const second = await startControllerPod(scene.stage.plane, { host: scene.stage.home });
  await heard([second], {
    op: 'listenAndServe',
    level: 'error',
    msg: 'cannot listen and serve',
  });
  expect(second.ending).toBeUndefined();
  expect(await second.stop()).toEqual({ code: 0, signal: null });
});

describe('of the values that people filter on', () => {
  const all = (): RunningProgram[] => [...scene.controllers, ...scene.speakers];

  test('every one that needs no BGP peer was seen', () => {
    const seen = valuesIn(all());
    expect(valuesThatAre('seen').filter((value) => !seen.has(value))).toEqual([]);
  });

  test('those of BGP peers, of older releases and of nothing here were not', () => {
    const seen = valuesIn(all());
    const early = valuesThatAre('bgp', 'older', 'never');
    expect(early.filter((value) => seen.has(value))).toEqual([]);
  });

  test('no address is null and no place is made up', () => {
    expect(allHeard(all(), { event: 'serviceWithdrawn', ips: null })).toEqual([]);
    expect(allHeard(all(), { caller: 'level.go:63' })).toEqual([]);
  });
});
