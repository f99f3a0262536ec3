import { afterEach, expect, test } from 'vitest';
import type { Update } from '../../../src/runtime/bgp/wire/message.ts';
import { SystemClock } from '../../../src/runtime/platform/index.ts';
import { type Clock, type Duration, millis } from '../../../src/runtime/platform/ports.ts';
import { eventually } from '../../cluster/index.ts';
import { AnnouncingNode } from '../../support/bgp-peers/announcing-node.ts';
import { type Caller, ScriptedPeer } from '../../support/bgp-peers/scripted-peer.ts';

const STUCK = '192.0.2.11';
const SOUND = '192.0.2.12';
const ROUTES = 10_000;
const ROUNDS = 10;
const QUIET_ROUNDS = 5;
const MOST_ROUNDS = 60;
const LONG = 100_000;
const HURRY = 16;

/** The time of this machine, where waits of minutes take seconds. */
class HurriedClock implements Clock {
  readonly #clock = new SystemClock();

  now(): Duration {
    return this.#clock.now();
  }

  epochMillis(): number {
    return this.#clock.epochMillis();
  }

  after(delay: Duration, fire: () => void): Disposable {
    return this.#clock.after(delay > LONG ? millis(delay / HURRY) : delay, fire);
  }
}

let node: AnnouncingNode;
const peers: ScriptedPeer[] = [];

afterEach(async () => {
  await node.stop();
  for (const peer of peers.splice(0)) peer.stop();
});

/** @param community - which all routes bear */
function configure(community: string): void {
  node.configure(`
peers:
- {peer-address: ${STUCK}, peer-asn: 64513, my-asn: 64512}
- {peer-address: ${SOUND}, peer-asn: 64513, my-asn: 64512}
address-pools:
- name: default
  protocol: bgp
  addresses: [198.18.0.0/16]
  bgp-advertisements: [{communities: ['${community}']}]
`);
}

test('a peer that falls silent is told after the hold time, to the second', async () => {
  const peer = await ScriptedPeer.start(SOUND, async (caller) => {
    await caller.hears('open');
    caller.open('0003');
    caller.confirm();
    await caller.hears('update');
  });
  peers.push(peer);
  node = new AnnouncingNode();
  node.announce('default/web', ['198.18.0.1']);
  configure('64512:0');
  const caller = await eventually('it has called', () => peer.caller);
  expect(await caller.hears('notification')).toMatchObject({ code: 4, subcode: 0 });
  const passed = performance.now() - caller.since;
  expect(passed).toBeGreaterThan(2990);
  expect(passed).toBeLessThan(4000);
  expect(node.logged('sessionDown')).toMatchObject([{ reason: 'nothing heard for 3 s' }]);
});

test('a peer that lives and reads nothing is given up, and nothing piles up for it', async () => {
  let calls = 0;
  const stuck = await ScriptedPeer.start(
    STUCK,
    async (caller) => {
      calls += 1;
      await caller.establish();
      if (calls === 1) caller.stopReading();
    },
    4096,
  );
  const sound = await ScriptedPeer.start(SOUND, (caller) => caller.establish());
  peers.push(stuck, sound);
  node = new AnnouncingNode({ clock: new HurriedClock() });
  for (let index = 0; index < ROUTES; index += 1) {
    node.announce(`default/web-${index}`, [`198.18.${index >> 8}.${index & 255}`]);
  }
  configure('64512:0');
  const heard = await eventually('both have called', () =>
    stuck.callers.length + sound.callers.length === 2 ? sound.caller : undefined,
  );
  let round = 0;
  const follow = async (): Promise<void> => {
    configure(`64512:${round}`);
    await eventually('the sound one follows', () => told(heard, `64512:${round}`) === ROUTES);
  };
  await follow();
  // Until whatever lies between the two is full, which takes nothing for some rounds then.
  for (let [sent, quiet] = [0, 0]; quiet < QUIET_ROUNDS;) {
    round += 1;
    expect(round).toBeLessThan(MOST_ROUNDS);
    await follow();
    const now = await updatesTo(STUCK);
    quiet = now === sent ? quiet + 1 : 0;
    sent = now;
  }
  const full = await updatesTo(STUCK);
  for (const end = round + ROUNDS; round < end;) {
    round += 1;
    await follow();
  }
  expect(await updatesTo(STUCK)).toBe(full);

  await eventually('it is given up', () => node.logged('sessionDown').length === 1, 45_000);
  expect(node.logged('sessionDown')).toMatchObject([
    { peer: `${STUCK}:179`, reason: 'peer took nothing for 480 s' },
  ]);
  const again = await eventually('it is called again', () => stuck.callers[1]);
  await eventually(
    'it has what is true by then',
    () => told(again, `64512:${round}`) === ROUTES && updates(again).length <= ROUTES / 500,
  );
  expect(await valueOf('metallb_bgp_announced_prefixes_total', STUCK)).toBe(ROUTES);
  expect(await valueOf('metallb_bgp_session_up', SOUND)).toBe(1);
  expect(sound.callers).toHaveLength(1);
}, 90_000);

/** How many prefixes the peer was told of with this community. */
function told(caller: Caller, community: string): number {
  return updates(caller)
    .filter(({ attributes }) => attributes?.communities[0] === community)
    .reduce((sum, { announced }) => sum + announced.length, 0);
}

function updates({ heard }: Caller): readonly Update[] {
  return heard.filter((message) => message.type === 'update');
}

function updatesTo(address: string): Promise<number> {
  return valueOf('metallb_bgp_updates_total', address);
}

async function valueOf(name: string, address: string): Promise<number> {
  const row = `${name}{peer="${address}:179"} `;
  const found = (await node.metrics()).split('\n').find((line) => line.startsWith(row));
  return Number(found?.slice(row.length));
}
