import { describe, expect, test } from 'vitest';
import { seconds } from '../../src/runtime/platform/ports.ts';
import {
  MemberDiscovery,
  type Members,
  type PodView,
  PodsForbidden,
} from '../../src/runtime/speaker/index.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const LABELS = { app: 'metallb', component: 'speaker' };

function pod(nodeName: string, changes: Partial<PodView> = {}): PodView {
  const labels = {
    ...LABELS,
    'controller-revision-hash': nodeName,
    'pod-template-generation': '1',
  };
  return {
    name: `speaker-${nodeName}`,
    nodeName,
    labels,
    ready: true,
    ofDaemonSet: true,
    ...changes,
  };
}

/** A cluster whose Pods a test sets, and a discovery that looks at it from node alpha. */
class Scene {
  readonly clock = new ManualClock();
  readonly logger = new RecordingLogger();
  readonly asked: (string | undefined)[] = [];
  readonly heard: Members[] = [];
  readonly #stop = new AbortController();
  readonly discovery: MemberDiscovery;
  pods: readonly PodView[] | Error;
  /** How often it was asked whether Pods may be listed. */
  questions = 0;

  constructor(pods: readonly PodView[] | Error, podSelector = '') {
    this.pods = pods;
    const listPods = async (selector?: string): Promise<readonly PodView[]> => {
      this.asked.push(selector);
      if (this.pods instanceof Error) throw this.pods;
      return this.pods;
    };
    const { clock, logger } = this;
    const changed = (members: Members): void => void this.heard.push(members);
    const mayListPods = async (): Promise<boolean> => {
      this.questions += 1;
      return !(this.pods instanceof Error);
    };
    const ports = {
      pods: { listPods, mayListPods },
      clock,
      logger,
      random: new SeededRandom(),
      changed,
    };
    this.discovery = new MemberDiscovery(ports, { node: 'alpha', podSelector });
    void this.discovery.run(this.#stop.signal);
  }

  pass(duration: number): Promise<void> {
    return this.clock.advanceAsync(seconds(duration));
  }

  nodes(): unknown {
    const last = this.heard.at(-1);
    return last?.kind === 'known' ? [...last.nodes].sort() : last?.kind;
  }

  stop(): void {
    this.#stop.abort();
  }
}

test('the selector given finds the speakers; those not ready or not placed do not count', async () => {
  const unplaced: PodView = { name: 'golf', labels: LABELS, ready: true, ofDaemonSet: true };
  const scene = new Scene(
    [pod('bravo'), pod('charlie', { ready: false }), unplaced],
    'app=metallb',
  );
  await scene.pass(0);
  expect(scene.asked).toEqual(['app=metallb']);
  expect(scene.nodes()).toEqual(['alpha', 'bravo']);
  scene.stop();
});

test('without a selector the labels of the own Pod find the others, whatever their revision', async () => {
  const controller = pod('bravo', {
    name: 'controller',
    labels: { app: 'metallb' },
    ofDaemonSet: false,
  });
  const stranger = pod('delta', { labels: { app: 'other' } });
  const scene = new Scene([pod('alpha'), pod('charlie'), controller, stranger]);
  await scene.pass(0);
  expect(scene.asked).toEqual([undefined]);
  expect(scene.nodes()).toEqual(['alpha', 'charlie']);
  scene.stop();
});

test.each<[name: string, pods: readonly PodView[]]>([
  ['is not among those listed', [pod('bravo')]],
  ['cannot be told from another', [pod('alpha'), pod('alpha', { labels: { app: 'other' } })]],
])('members are unknown where the own Pod %s', async (_name, pods) => {
  const scene = new Scene(pods);
  await scene.pass(0);
  expect(scene.nodes()).toBe('unknown');
  scene.stop();
});

test('the list is asked for again every 8 to 12 s once nothing changes, and only a change is told', async () => {
  const scene = new Scene([pod('alpha')], 'app=metallb');
  await scene.pass(32);
  const before = scene.asked.length;
  await scene.pass(60);
  expect(scene.asked.length - before).toBeGreaterThanOrEqual(5);
  expect(scene.asked.length - before).toBeLessThanOrEqual(8);
  expect(scene.heard).toHaveLength(1);
  scene.pods = [pod('alpha'), pod('bravo')];
  await scene.pass(12);
  expect(scene.nodes()).toEqual(['alpha', 'bravo']);
  scene.stop();
});

test('after a change others are looked for every two seconds, for half a minute', async () => {
  const scene = new Scene([pod('alpha')], 'app=metallb');
  await scene.pass(1);
  scene.pods = [pod('alpha'), pod('bravo')];
  await scene.pass(3);
  expect(scene.nodes()).toEqual(['alpha', 'bravo']);
  await scene.pass(35);
  const calm = scene.asked.length;
  await scene.pass(12);
  expect(scene.asked.length - calm).toBeLessThanOrEqual(2);
  scene.stop();
});

test('many speakers look less often, so that the API server is not asked too much', async () => {
  const scene = new Scene(
    Array.from({ length: 80 }, (_, index) => pod(`node-${index}`)),
    'app=metallb',
  );
  await scene.pass(30);
  expect(scene.asked.length).toBeLessThanOrEqual(6);
  scene.stop();
});

describe('a speaker that runs but is not ready', () => {
  const STARTED = '2026-01-01T00:00:00Z';
  const starting = (name: string): PodView => pod(name, { ready: false, started: STARTED });

  test('competes from its start on, until its probes had a minute to find it ready', async () => {
    const scene = new Scene([pod('alpha'), starting('bravo')], 'app=metallb');
    await scene.pass(1);
    expect(scene.nodes()).toEqual(['alpha', 'bravo']);
    await scene.pass(45);
    expect(scene.nodes()).toEqual(['alpha', 'bravo']);
    await scene.pass(30);
    expect(scene.nodes()).toEqual(['alpha']);
    scene.stop();
  });

  test('does not compete once it was ready, until it starts anew', async () => {
    const ready = pod('bravo', { started: STARTED });
    const scene = new Scene([pod('alpha'), ready], 'app=metallb');
    await scene.pass(1);
    scene.pods = [pod('alpha'), { ...ready, ready: false }];
    await scene.pass(3);
    expect(scene.nodes()).toEqual(['alpha']);
    scene.pods = [pod('alpha'), { ...ready, ready: false, started: '2026-01-01T00:05:00Z' }];
    await scene.pass(3);
    expect(scene.nodes()).toEqual(['alpha', 'bravo']);
    scene.stop();
  });

  test('does not compete while its container waits to be started again', async () => {
    const scene = new Scene([pod('alpha'), pod('bravo', { ready: false })], 'app=metallb');
    await scene.pass(1);
    expect(scene.nodes()).toEqual(['alpha']);
    scene.stop();
  });
});

test('a trigger looks at once, and again if it comes during a look', async () => {
  const scene = new Scene([pod('alpha')], 'app=metallb');
  await scene.pass(1);
  scene.discovery.trigger();
  await settle();
  expect(scene.asked).toHaveLength(2);
  scene.discovery.trigger();
  scene.discovery.trigger();
  await settle();
  expect(scene.asked).toHaveLength(3);
  scene.stop();
});

test('the last good list stays while the API fails, and the log says so', async () => {
  const scene = new Scene([pod('alpha'), pod('bravo')], 'app=metallb');
  await scene.pass(1);
  scene.pods = new Error('pods is forbidden');
  await scene.pass(30);
  expect(scene.heard).toHaveLength(1);
  expect(scene.logger.lines).toContainEqual({
    level: 'error',
    fields: { op: 'memberDiscovery', error: 'pods is forbidden', msg: 'failed to get pod IPs' },
  });
  scene.stop();
});

test('without a first list members are unknown after three tries, and known once the API answers', async () => {
  const scene = new Scene(new Error('connect ECONNREFUSED'), 'app=metallb');
  await scene.pass(1);
  expect(scene.heard).toEqual([]);
  await scene.pass(2);
  expect(scene.nodes()).toBe('unknown');
  scene.pods = [pod('bravo')];
  await scene.pass(12);
  expect(scene.nodes()).toEqual(['alpha', 'bravo']);
  scene.stop();
});

describe('a missing right to list Pods', () => {
  test('is said once, asked about by ever rarer questions, and never tried', async () => {
    const scene = new Scene(new PodsForbidden('pods is forbidden'), 'app=metallb');
    await scene.pass(0);
    expect(scene.nodes()).toBe('unknown');
    scene.discovery.trigger();
    await scene.pass(600);
    expect(scene.asked).toHaveLength(1);
    expect(scene.questions).toBeGreaterThanOrEqual(5);
    expect(scene.questions).toBeLessThanOrEqual(9);
    expect(scene.logger.lines.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        fields: { op: 'memberDiscovery', error: 'pods is forbidden', msg: 'failed to get pod IPs' },
      },
    ]);
    scene.stop();
  });

  test('that is granted again gives the members within four minutes', async () => {
    const scene = new Scene(new PodsForbidden('pods is forbidden'), 'app=metallb');
    await scene.pass(600);
    scene.pods = [pod('alpha'), pod('bravo')];
    await scene.pass(216);
    expect(scene.nodes()).toEqual(['alpha', 'bravo']);
    await scene.pass(60);
    expect(scene.asked.length).toBeGreaterThanOrEqual(5);
    scene.stop();
  });

  test('that is taken away leaves the last good list in force', async () => {
    const scene = new Scene([pod('alpha'), pod('bravo')], 'app=metallb');
    await scene.pass(1);
    scene.pods = new PodsForbidden('pods is forbidden');
    await scene.pass(300);
    expect(scene.nodes()).toEqual(['alpha', 'bravo']);
    expect(scene.asked).toHaveLength(2);
    scene.stop();
  });
});
