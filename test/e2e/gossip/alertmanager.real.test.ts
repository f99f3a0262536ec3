import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, never } from '../../cluster/index.ts';
import { Alertmanager } from '../../gossip/peers/alertmanager.ts';
import { Peers, agree } from '../../gossip/peers/peers.ts';

const OURS = '127.0.1.1';
const SECOND = '127.0.1.2';
const THEIRS = '127.0.1.21';

let ours: Peers;
let theirs: Alertmanager | undefined;

beforeEach(async () => {
  ours = await Peers.ours({ ours: OURS, second: SECOND });
  await ours.tell('second', 'join', OURS);
});

afterEach(async () => {
  await theirs?.stop('SIGKILL');
  theirs = undefined;
  await ours.stop();
});

const theyCount = (...addresses: readonly string[]): Promise<boolean> =>
  eventually(`it counts ${addresses.join(' ')}`, async () => {
    const members = (await theirs?.members()) ?? [];
    return members.join(' ') === addresses.toSorted().join(' ');
  });

test('ours joins Alertmanager, stays, leaves, and is taken in again', async () => {
  theirs = await Alertmanager.start(THEIRS);
  const name = await theirs.name();
  await ours.tell('ours', 'join', THEIRS);
  await theyCount(OURS, SECOND, THEIRS);
  await agree([ours], ['ours', 'second', name]);
  await never(
    'a probe fails',
    () => ours.lines.some(({ log = '' }) => log.includes('has failed')),
    4_000,
  );
  await ours.tell('ours', 'leave');
  await theyCount(SECOND, THEIRS);
  await ours.tell('ours', 'start');
  await ours.tell('ours', 'join', THEIRS);
  await theyCount(OURS, SECOND, THEIRS);
  expect(theirs.complaints()).toEqual([]);
  expect(ours.complaints('newLife')).toEqual([]);
}, 60_000);

test('Alertmanager joins ours, and leaves', async () => {
  theirs = await Alertmanager.start(THEIRS, [OURS]);
  const name = await theirs.name();
  await theyCount(OURS, SECOND, THEIRS);
  await agree([ours], ['ours', 'second', name]);
  expect(theirs.complaints()).toEqual([]);
  await theirs.stop();
  theirs = undefined;
  await agree([ours], ['ours', 'second']);
  expect(ours.events('ours', name)).toEqual(['join', 'leave']);
}, 60_000);

test('each gives the other up when it is killed', async () => {
  theirs = await Alertmanager.start(THEIRS, [OURS]);
  await theyCount(OURS, SECOND, THEIRS);
  await ours.stop();
  await theyCount(THEIRS);
  ours = await Peers.ours({ ours: OURS, second: SECOND });
  await ours.tell('ours', 'join', SECOND, THEIRS);
  await theyCount(OURS, SECOND, THEIRS);
  await theirs.stop('SIGKILL');
  theirs = undefined;
  await agree([ours], ['ours', 'second']);
}, 60_000);
