import { describe, expect, test } from 'vitest';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { ringMember } from '../../support/fake-ring.ts';
import { MembershipScene, speakerPod } from '../../support/membership-scene.ts';
import { type PodView, PodsForbidden } from '../../../src/runtime/speaker/index.ts';

const bravo = ringMember('bravo', 2);
const charlie = ringMember('charlie', 3);
const three = [speakerPod('alpha', 1), speakerPod('bravo', 2), speakerPod('charlie', 3)];

describe('a speaker takes part', () => {
  test('only once it is able to announce', async () => {
    const scene = new MembershipScene({ pods: three });
    await scene.pass(30);
    expect([scene.rings, scene.lists]).toEqual([0, 0]);
    await scene.begin();
    expect(scene.ring.phase).toBe('running');
    await scene.stop();
  });

  test('with all that its Pods lead to, and decides when they have answered', async () => {
    const scene = new MembershipScene({ pods: three });
    scene.ring.willing = [bravo, charlie];
    await scene.begin();
    expect(scene.ring.attempts).toEqual([['192.0.2.2', '192.0.2.3']]);
    expect(scene.told).toHaveLength(1);
    expect(scene.members).toBe('alpha,bravo,charlie');
    expect(scene.lines('memberlist join')).toEqual([
      [
        'info',
        {
          op: 'Member detection',
          'number of other nodes': 2,
          msg: 'memberlist join succesfully',
        },
      ],
    ]);
    await scene.stop();
  });

  test('alone at once where there is no other Pod, and without a word', async () => {
    const scene = new MembershipScene({
      pods: [speakerPod('alpha', 1), speakerPod('bravo', undefined)],
    });
    await scene.begin();
    expect(scene.members).toBe('alpha');
    expect(scene.ring.attempts).toEqual([]);
    expect(scene.lines('join')).toEqual([]);
    await scene.stop();
  });

  test.each<[name: string, pods: readonly PodView[]]>([
    ['its own Pod is not listed yet', [speakerPod('bravo', 2)]],
    ['its own Pod has no address yet', [speakerPod('alpha', undefined), speakerPod('bravo', 2)]],
    ['its own Pod bears another node name', [speakerPod('zulu', 1), speakerPod('bravo', 2)]],
    [
      'Pods that ended are still listed beside those that replace them',
      [...three.slice(0, 2), { ...speakerPod('alpha', 9), ready: false }, speakerPod('bravo', 2)],
    ],
  ])('with the others alone, each once, where %s', async (_name, pods) => {
    const scene = new MembershipScene({ pods });
    scene.ring.willing = [bravo];
    await scene.begin();
    expect(scene.ring.attempts).toEqual([['192.0.2.2']]);
    expect(scene.members).toBe('alpha,bravo');
    await scene.stop();
  });

  test('after the suspicion time alone, where there are others and none answers', async () => {
    const scene = new MembershipScene({ pods: three });
    await scene.begin();
    await scene.pass(3.9);
    expect(scene.told).toEqual([]);
    await scene.pass(0.2);
    expect(scene.members).toBe('alpha');
    expect(scene.lines('partial join').filter(([level]) => level === 'error')).toEqual([
      [
        'error',
        {
          op: 'memberDiscovery',
          joined: 0,
          expected: 2,
          error: 'connection refused',
          msg: 'partial join',
        },
      ],
    ]);
    await scene.stop();
  });

  test('with those that answer a later try within the suspicion time', async () => {
    const scene = new MembershipScene({ pods: three });
    await scene.begin();
    scene.ring.willing = [bravo];
    await scene.pass(1.1);
    expect(scene.members).toBe('alpha,bravo');
    await scene.stop();
  });

  test('half a second after somebody answered, however long another Pod keeps it waiting', async () => {
    const scene = new MembershipScene({ pods: three });
    scene.ring.delay = () => new Promise(() => undefined);
    await scene.begin();
    scene.ring.come(bravo);
    await scene.pass(0.4);
    expect(scene.told).toEqual([]);
    await scene.pass(0.2);
    expect(scene.members).toBe('alpha,bravo');
  });

  test('half a second after somebody found it, also while the API does not answer', async () => {
    const scene = new MembershipScene({ pods: 'hangs' });
    await scene.begin();
    await scene.pass(10);
    scene.ring.come(bravo);
    await scene.pass(0.6);
    expect(scene.members).toBe('alpha,bravo');
    await scene.stop();
  });

  test('not later than after the suspicion time, however slowly the Pods of dead nodes fail', async () => {
    const scene = new MembershipScene({ pods: three });
    scene.ring.delay = (within = seconds(10)) =>
      new Promise((resolve) => scene.clock.after(within, resolve));
    await scene.begin();
    await scene.pass(3.9);
    expect(scene.told).toEqual([]);
    await scene.pass(0.1);
    expect(scene.members).toBe('alpha');
    expect(scene.ring.bounds).toEqual([seconds(2), seconds(1)]);
    await scene.stop();
  });

  test('without announcing anew to those that were there before', async () => {
    const scene = new MembershipScene({ pods: three });
    scene.ring.willing = [bravo, charlie];
    await scene.begin();
    expect(scene.said).toEqual(['members alpha,bravo,charlie']);
    await scene.stop();
  });

  test('with those that find it, where Pods may not be listed', async () => {
    const scene = new MembershipScene({ pods: new PodsForbidden('pods is forbidden') });
    await scene.begin();
    expect(scene.told).toEqual([]);
    scene.ring.come(bravo);
    await scene.pass(1.1);
    expect(scene.members).toBe('alpha,bravo');
    expect(scene.lines('failed to get pod IPs')).toHaveLength(1);
    await scene.stop();
  });

  test('with the nodes of endpoints for want of better, where Pods may not be listed and none finds it', async () => {
    const scene = new MembershipScene({ pods: new PodsForbidden('pods is forbidden') });
    await scene.begin();
    await scene.pass(5);
    expect(scene.members).toBe('unknown');
    scene.ring.come(bravo);
    expect(scene.members).toBe('alpha,bravo');
    await scene.stop();
  });

  test('or not at all where its address cannot be had', async () => {
    const scene = new MembershipScene({ pods: three });
    scene.ring.bindFault = new Error('bind EADDRINUSE 192.0.2.1:7946');
    await scene.begin();
    await expect(scene.ended).rejects.toThrow('EADDRINUSE');
    expect(scene.lines('failed to create memberlist')).toEqual([
      ['error', expect.objectContaining({ op: 'startup' })],
    ]);
  });
});

describe('a member of the ring', () => {
  async function member(): Promise<MembershipScene> {
    const scene = new MembershipScene({ pods: three });
    scene.ring.willing = [bravo, charlie];
    await scene.begin();
    scene.said.length = 0;
    scene.logger.lines.length = 0;
    return scene;
  }

  test('says who joins, leaves and changes in the words that operators know', async () => {
    const scene = await member();
    scene.ring.lose('bravo');
    scene.ring.come(bravo);
    scene.ring.update(bravo);
    expect(scene.lines('node event - forcing sync').map(([, fields]) => fields)).toEqual(
      ['NodeLeave', 'NodeJoin', 'NodeUpdate'].map((event) => ({
        'node addr': '192.0.2.2',
        'node name': 'bravo',
        'node event': event,
        msg: 'node event - forcing sync',
      })),
    );
    expect(scene.said).toEqual(['members alpha,charlie', 'members alpha,bravo,charlie', 'joined']);
    await scene.stop();
  });

  test('counts one that is suspected until it is lost', async () => {
    const scene = await member();
    scene.ring.update({ ...bravo, state: 'suspect' });
    expect(scene.members).toBe('alpha,bravo,charlie');
    await scene.stop();
  });

  test('lists Pods every 4 to 6 minutes while nothing changes', async () => {
    const scene = await member();
    await scene.pass(600);
    const before = scene.lists;
    await scene.pass(3600);
    expect(scene.lists - before).toBeGreaterThanOrEqual(10);
    expect(scene.lists - before).toBeLessThanOrEqual(15);
    await scene.stop();
  });

  test('lists them within seconds after a member was lost, and then ever more rarely', async () => {
    const scene = await member();
    await scene.pass(600);
    const before = scene.lists;
    scene.ring.lose('bravo');
    await scene.pass(3);
    expect(scene.lists - before).toBe(1);
    await scene.pass(117);
    expect(scene.lists - before).toBeLessThan(12);
    await scene.stop();
  });

  test('tries every minute to join those that are missing, and asks nobody else', async () => {
    const scene = await member();
    scene.ring.lose('bravo');
    scene.ring.willing = [];
    await scene.pass(300);
    const before = scene.ring.attempts.length;
    await scene.pass(120);
    expect(scene.ring.attempts.length - before).toBeGreaterThanOrEqual(2);
    expect(new Set(scene.ring.attempts.slice(1).flat())).toEqual(new Set(['192.0.2.2']));
    expect(scene.ring.expected.at(-1)).toEqual(['192.0.2.2', '192.0.2.3']);
    await scene.stop();
  });

  test('looks for others when its Node changes, one time at once', async () => {
    const scene = await member();
    scene.ring.lose('bravo');
    scene.ring.delay = () => new Promise(() => undefined);
    scene.membership.nodeChanged();
    await scene.pass(0);
    scene.membership.nodeChanged();
    expect(scene.lines('discovery')).toEqual([
      ['info', { op: 'memberDiscovery', msg: 'triggering discovery' }],
      ['debug', { op: 'memberDiscovery', msg: 'previous discovery in progress - doing nothing' }],
    ]);
    expect(scene.ring.attempts.at(-1)).toEqual(['192.0.2.2']);
  });

  test('keeps the Pods it knows while the API does not answer', async () => {
    const scene = await member();
    scene.pods = new Error('connection refused');
    scene.ring.willing = [];
    scene.ring.lose('bravo');
    await scene.pass(60);
    expect(scene.lines('failed to get pod IPs').length).toBeGreaterThan(0);
    expect(scene.ring.attempts.at(-1)).toEqual(['192.0.2.2']);
    expect(scene.members).toBe('alpha,charlie');
    await scene.stop();
  });

  test('leaves when the speaker does, and stays quiet until the program ends', async () => {
    const scene = await member();
    await scene.membership.leave();
    expect(scene.ring.phase).toBe('left');
    let ended = false;
    void scene.ended.then(() => (ended = true));
    await scene.pass(600);
    expect([ended, scene.ring.attempts.length]).toEqual([false, 1]);
    await scene.stop();
  });

  test('leaves without waiting for an answer of the API', async () => {
    const scene = await member();
    scene.pods = 'hangs';
    scene.membership.nodeChanged();
    await scene.pass(0);
    await scene.membership.leave();
    expect(scene.ring.phase).toBe('left');
    await scene.stop();
    expect(scene.clock.pending).toBe(0);
  });

  test('says nothing to the speaker any more once it leaves', async () => {
    const scene = await member();
    const ended = scene.stop();
    scene.ring.lose('alpha');
    await ended;
    expect(scene.said).toEqual([]);
    expect(scene.clock.pending).toBe(0);
    expect(scene.lines('node event')).toHaveLength(1);
  });
});

describe('fast failover', () => {
  const fast = { features: { fast: true, macs: [] } };

  test('is said to be in force once every member runs with it, and who keeps it from being', async () => {
    const scene = new MembershipScene({ pods: three, isFast: true });
    scene.ring.present = [ringMember('alpha', 1, fast)];
    scene.ring.willing = [ringMember('bravo', 2, fast), charlie];
    await scene.begin();
    scene.ring.update({ ...charlie, incarnation: 2 });
    scene.ring.update({ ...charlie, ...fast });
    expect(scene.lines('fast failover').map(([level, fields]) => [level, fields])).toEqual([
      ['info', { op: 'memberDiscovery', msg: 'fast failover is in force' }],
      [
        'warn',
        {
          op: 'memberDiscovery',
          nodes: ['charlie'],
          msg: 'fast failover is not in force: these speakers do not run with --failover=fast',
        },
      ],
      ['info', { op: 'memberDiscovery', msg: 'fast failover is in force' }],
    ]);
    await scene.stop();
  });
});
