import { afterEach, describe, expect, test } from 'vitest';
import { eventually, never } from '../../cluster/index.ts';
import { PORT, Peers, agree } from '../../gossip/peers/peers.ts';

const started: Peers[] = [];

/** Ends with the test. */
async function kept(starting: Promise<Peers>): Promise<Peers> {
  const peers = await starting;
  started.push(peers);
  return peers;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((peers) => peers.stop()));
});

const OURS = '127.0.1.1';
const SECOND = '127.0.1.2';
const GO = '127.0.1.11';
const OTHER_GO = '127.0.1.12';

/** From a member's last word to the leave event of others in rings of two or three. memberlist-wire.md §13 */
const DETECTION = { least: 3_500, most: 9_000 };

describe.each([
  ['encrypted as the original does', { secret: 'q7bGmCw4bTVsZ8QkT1xYpA' }],
  ['in the clear', {}],
])('a ring with speakers of the original, %s', (_, options) => {
  test('is joined by ours, left, and joined again as a new life', async () => {
    const go = await kept(Peers.go({ go: GO }, options));
    const ours = await kept(Peers.ours({ ours: OURS }, options));
    expect(await ours.tell('ours', 'join', GO)).toMatchObject({ joined: 1 });
    await agree([go, ours], ['go', 'ours'], 2_000);
    await ours.tell('ours', 'leave');
    await agree([go], ['go'], 2_000);
    await ours.tell('ours', 'start');
    expect(await ours.tell('ours', 'join', GO)).toMatchObject({ joined: 1 });
    await agree([go, ours], ['go', 'ours'], 2_000);
    expect(go.events('go', 'ours')).toEqual(['join', 'leave', 'join']);
    expect(go.complaints()).toEqual([]);
  });

  test('takes in a speaker of the original that asks ours, and lets it go', async () => {
    const ours = await kept(Peers.ours({ ours: OURS }, options));
    const go = await kept(Peers.go({ go: GO }, options));
    expect(await go.tell('go', 'join', `${OURS}:${PORT}`)).toMatchObject({ joined: 1 });
    await agree([go, ours], ['go', 'ours'], 2_000);
    await go.tell('go', 'leave');
    await agree([ours], ['ours'], 2_000);
    expect(ours.events('ours', 'go')).toEqual(['join', 'leave']);
    await go.tell('go', 'kill');
    await go.tell('go', 'start');
    await go.tell('go', 'join', `${OURS}:${PORT}`);
    await agree([go, ours], ['go', 'ours'], 2_000);
    expect(go.complaints('newLife')).toEqual([]);
    expect(ours.complaints()).toEqual([]);
  });

  test('notices when ours is killed, and takes its next life in though it begins anew', async () => {
    const go = await kept(Peers.go({ go: GO, other: OTHER_GO }, options));
    const ours = await kept(Peers.ours({ ours: OURS }, options));
    await go.tell('go', 'join', OTHER_GO);
    await ours.tell('ours', 'join', GO, OTHER_GO);
    await agree([go, ours], ['go', 'other', 'ours']);
    const killed = performance.now();
    await ours.stop();
    await agree([go], ['go', 'other']);
    expect(performance.now() - killed).toBeGreaterThan(DETECTION.least);
    expect(performance.now() - killed).toBeLessThan(DETECTION.most);
    const again = await kept(Peers.ours({ ours: OURS }, options));
    await again.tell('ours', 'join', GO);
    await agree([go, again], ['go', 'other', 'ours'], 5_000);
    expect(go.complaints('killed')).toEqual([]);
  });

  test('is watched by ours: a killed speaker of the original is gone in time, and back at once', async () => {
    const ours = await kept(Peers.ours({ ours: OURS, second: SECOND }, options));
    const go = await kept(Peers.go({ go: GO }, options));
    await ours.tell('ours', 'join', SECOND, GO);
    await agree([ours, go], ['go', 'ours', 'second']);
    const killed = performance.now();
    await go.stop();
    await agree([ours], ['ours', 'second']);
    expect(performance.now() - killed).toBeGreaterThan(DETECTION.least);
    expect(performance.now() - killed).toBeLessThan(DETECTION.most);
    const again = await kept(Peers.go({ go: GO }, options));
    // It asks nobody: ours look for whom they lost.
    await agree([ours, again], ['go', 'ours', 'second'], 5_000);
    expect(again.complaints('newLife')).toEqual([]);
  });

  test('forgives ours a pause that is shorter than the suspicion time', async () => {
    const go = await kept(Peers.go({ go: GO, other: OTHER_GO }, options));
    const ours = await kept(Peers.ours({ ours: OURS }, options));
    await go.tell('go', 'join', OTHER_GO);
    await ours.tell('ours', 'join', GO);
    await agree([go, ours], ['go', 'other', 'ours']);
    ours.signal('SIGSTOP');
    await eventually('the pause raises suspicion', () =>
      go.lines.some(({ log = '' }) => log.includes('Suspect ours has failed')),
    );
    ours.signal('SIGCONT');
    await never('ours is given up', () => go.events('go', 'ours').includes('leave'), 6_000);
    await agree([go, ours], ['go', 'other', 'ours']);
    expect(ours.events('ours', 'go')).toEqual(['join']);
    expect(go.complaints('killed')).toEqual([]);
  });

  test('is forgiven a pause by ours', async () => {
    const ours = await kept(Peers.ours({ ours: OURS, second: SECOND }, options));
    const go = await kept(Peers.go({ go: GO }, options));
    await ours.tell('ours', 'join', SECOND, GO);
    await agree([ours, go], ['go', 'ours', 'second']);
    go.signal('SIGSTOP');
    await eventually('the pause raises suspicion', () =>
      ours.lines.some(({ log = '' }) => log.includes('Suspect go has failed')),
    );
    go.signal('SIGCONT');
    await never('it is given up', () => ours.events('ours', 'go').includes('leave'), 6_000);
    await agree([ours, go], ['go', 'ours', 'second']);
    expect(go.complaints('newLife')).toEqual([]);
  });
});

describe('a ring of which ours has no key', () => {
  test.each([
    ['another key', { secret: 'quite another secret' }, 'q7bGmCw4bTVsZ8QkT1xYpA'],
    ['no key', {}, 'q7bGmCw4bTVsZ8QkT1xYpA'],
    ['a key where none is used', { secret: 'quite another secret' }, ''],
  ])('stays apart from ours with %s, and ours says so', async (_, mine, secret) => {
    const go = await kept(Peers.go({ go: GO }, { secret }));
    const ours = await kept(Peers.ours({ ours: OURS }, mine));
    const asked = await ours.tell('ours', 'join', GO);
    expect(asked.joined).toBe(0);
    expect(asked.error).toMatch(/1 error occurred:\s+\* Failed to join 127\.0\.1\.11: /);
    expect(await go.tell('go', 'join', OURS)).toMatchObject({ joined: 0 });
    const { count = {} } = await ours.tell('ours', 'count');
    const refused = ['decryption', 'encrypted', 'notEncrypted', 'broken', 'truncated'];
    expect(refused.reduce((sum, reason) => sum + (count[reason] ?? 0), 0)).toBeGreaterThan(0);
    expect(ours.complaints()).toContainEqual(expect.stringMatching(/failed to receive: /));
    expect(await ours.members('ours')).toEqual(['ours']);
    expect(await go.members('go')).toEqual(['go']);
  });
});
