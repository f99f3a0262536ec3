import { execFileSync } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { eventually, never } from '../../cluster/index.ts';
import { Peers, agree } from '../../gossip/peers/peers.ts';

const started: Peers[] = [];

async function kept(starting: Promise<Peers>): Promise<Peers> {
  const peers = await starting;
  started.push(peers);
  return peers;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((peers) => peers.stop()));
});

const PLACES = { one: '127.0.1.1', two: '127.0.1.2', three: '127.0.1.3' };
const NAMES = Object.keys(PLACES);

const left = (peers: Peers): boolean => peers.lines.some(({ event }) => event === 'leave');

test('a ring of ours changes its key step by step, and nobody is lost', async () => {
  const ours = await kept(Peers.ours(PLACES, { secret: 'old' }));
  for (const name of ['two', 'three']) await ours.tell(name, 'join', PLACES.one);
  await agree([ours], NAMES);
  for (const keys of [['old', 'new'], ['new', 'old'], ['new']]) {
    for (const name of NAMES) await ours.tell(name, 'keys', ...keys);
    await never('a member is lost', () => left(ours), 3_000);
  }
  await agree([ours], NAMES);
  for (const name of NAMES) {
    const { count } = await ours.tell(name, 'count');
    expect(count).not.toHaveProperty('decryption');
  }
  const stranger = await kept(Peers.ours({ late: '127.0.1.4' }, { secret: 'old' }));
  expect(await stranger.tell('late', 'join', PLACES.one)).toMatchObject({ joined: 0 });
  const friend = await kept(Peers.ours({ friend: '127.0.1.5' }, { secret: 'new' }));
  await friend.tell('friend', 'join', PLACES.one);
  await agree([ours, friend], [...NAMES, 'friend']);
});

test('a ring with keys of 32 octets, as MetalLB has from v0.16 on, takes nobody with 16', async () => {
  const secret = 'a secret that is longer than thirty-two octets';
  const flat = secret.replaceAll(' ', '-');
  const ours = await kept(Peers.ours(PLACES, { secret: flat, keyBytes: 32 }));
  for (const name of ['two', 'three']) await ours.tell(name, 'join', PLACES.one);
  await agree([ours], NAMES);
  const short = await kept(Peers.ours({ short: '127.0.1.4' }, { secret: flat }));
  expect(await short.tell('short', 'join', PLACES.one)).toMatchObject({ joined: 0 });
  expect(await ours.members('one')).toHaveLength(3);
});

test('a ring with a label takes nobody of another, nor a speaker of the original', async () => {
  const ours = await kept(Peers.ours(PLACES, { label: 'blue' }));
  for (const name of ['two', 'three']) await ours.tell(name, 'join', PLACES.one);
  await agree([ours], NAMES);
  const red = await kept(Peers.ours({ red: '127.0.1.4' }, { label: 'red' }));
  expect(await red.tell('red', 'join', PLACES.one)).toMatchObject({ joined: 0 });
  const go = await kept(Peers.go({ go: '127.0.1.5' }));
  expect(await go.tell('go', 'join', PLACES.one)).toMatchObject({ joined: 0 });
  await eventually('they are counted', async () => {
    const { count = {} } = await ours.tell('one', 'count');
    return (count['label'] ?? 0) > 0;
  });
  await agree([ours], NAMES);
});

test('members share a ring over IPv6, with speakers of the original too', async () => {
  const loopback = ['2001:db8::1', '2001:db8::2', '2001:db8::3'];
  for (const address of loopback) {
    execFileSync('ip', ['address', 'replace', `${address}/128`, 'dev', 'lo', 'nodad']);
  }
  const [one = '', two = '', three = ''] = loopback;
  const ours = await kept(Peers.ours({ one, two }));
  const go = await kept(Peers.go({ go: three }));
  await ours.tell('one', 'join', two, three);
  await agree([ours, go], ['go', 'one', 'two']);
  await ours.tell('one', 'leave');
  await agree([go], ['go', 'two']);
  expect(go.complaints()).toEqual([]);
});

test('a crashed and restarted member of ours is found though it asks nobody', async () => {
  const ours = await kept(Peers.ours({ one: PLACES.one, two: PLACES.two }));
  const third = await kept(Peers.ours({ three: PLACES.three }));
  await ours.tell('two', 'join', PLACES.one);
  await third.tell('three', 'join', PLACES.one);
  await agree([ours, third], NAMES);
  await third.stop();
  await agree([ours], ['one', 'two']);
  const again = await kept(Peers.ours({ three: PLACES.three }));
  await agree([ours, again], NAMES, 3_000);
});
