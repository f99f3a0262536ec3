import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NAMESPACE, createNode, createPod, eventually } from '../../cluster/index.ts';
import { Stage, doubleSince, freeAddresses } from '../../support/failover/index.ts';
import { Peers } from '../../gossip/peers/peers.ts';

const OURS = ['n1', 'n2', 'n3'];
/** On the bridge itself: they take part in the ring and the election, and answer for nothing. */
const PLACES = { go1: '192.0.2.41', go2: '192.0.2.42', go3: '192.0.2.43' };
const ADDRESSES = freeAddresses(500);
/** How long a speaker may go on answering when its successor is not heard, and some load. */
const HAND_OVER = 1300;

let stage: Stage;
let peers: Peers;
/** What is open: what one attempt left behind would be in the way of the next file. */
const closing: (() => Promise<void>)[] = [];
/** Who takes part, as the test has it. */
const ring = new Set<string>();

beforeAll(async () => {
  stage = await Stage.open({ nodes: OURS, addresses: ADDRESSES, every: 100 });
  closing.unshift(() => stage.close());
  for (const [name, address] of Object.entries(PLACES)) {
    execFileSync('ip', ['addr', 'add', `${address}/24`, 'dev', 'br0']);
    await createNode(stage.plane.admin, name, address);
    const pod = { namespace: NAMESPACE, name: `speaker-${name}`, node: name, address };
    const labels = { app: 'metallb', component: 'speaker' };
    await createPod(stage.plane.admin, { ...pod, labels, hostNetwork: true });
  }
  peers = await Peers.go(PLACES, { secret: stage.key });
  closing.unshift(() => peers.stop());
  await peers.watchOwners(ADDRESSES);
  for (const name of OURS) ring.add(name);
});

afterAll(async () => {
  for (const close of closing) await close();
});

describe('in a ring with members of the original each of 500 addresses has one owner, the one elected,', () => {
  let began = 0;
  beforeEach(() => {
    began = Date.now();
  });

  test('once they have joined', async () => {
    for (const name of peers.names) await join(name);
    await oneOwnerEach();
  });

  test('when one of them leaves, and when it is back', async () => {
    await peers.tell('go1', 'leave');
    ring.delete('go1');
    await oneOwnerEach();
    await peers.tell('go1', 'kill');
    await peers.tell('go1', 'start');
    await join('go1');
    await oneOwnerEach();
  });

  test('when one of them is killed, and when it is back', async () => {
    await peers.tell('go2', 'kill');
    ring.delete('go2');
    await oneOwnerEach();
    await peers.tell('go2', 'start');
    await join('go2');
    await oneOwnerEach();
  });

  test('when one of ours is asked to end, and when it is back', async () => {
    await stage.speaker(stage.node('n1')).stop();
    ring.delete('n1');
    await oneOwnerEach();
    await stage.start(stage.node('n1'));
    ring.add('n1');
    await oneOwnerEach();
  });

  test('when one of ours is killed, and when it is back', async () => {
    await stage.speaker(stage.node('n2')).stop('SIGKILL');
    ring.delete('n2');
    await oneOwnerEach();
    await stage.start(stage.node('n2'));
    ring.add('n2');
    await oneOwnerEach();
  });

  async function oneOwnerEach(): Promise<void> {
    await stage.settled([...ring], 40_000);
    for (const name of peers.names.filter((peer) => ring.has(peer))) await ownsItsOwn(name);
    await stage.prober.settled();
    expect(doubleSince(stage, began)).toBeLessThan(HAND_OVER);
  }
});

async function join(name: string): Promise<void> {
  const answer = await peers.tell(name, 'join', ...stage.nodes.map(({ address }) => address));
  expect(answer).toMatchObject({ joined: OURS.length });
  ring.add(name);
}

/** A member of the original counts as its own just what the election gives it. */
async function ownsItsOwn(name: string): Promise<void> {
  const elected = ADDRESSES.filter((address) => stage.elected(address, [...ring]) === name);
  await eventually(`${name} owns ${elected.length} addresses`, async () => {
    const owned = peers.owned(name);
    if (owned.join() === elected.join()) return true;
    const members = await peers.members(name);
    throw new Error(`it owns ${owned.length} and counts ${members.join(' ')}`);
  });
}
