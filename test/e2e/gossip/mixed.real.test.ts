import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../support/seeded-random.ts';
import { eventually } from '../../cluster/index.ts';
import { Peers, type Places, agree } from '../../gossip/peers/peers.ts';

const SECRET = { secret: 'q7bGmCw4bTVsZ8QkT1xYpA' };
const ADDRESSES = Array.from({ length: 500 }, (_, index) => `198.51.${index >> 8}.${index & 255}`);

const places = (prefix: string, net: number, count: number): Places =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `${prefix}-${index}`,
      `127.0.${net}.${index + 1}`,
    ]),
  );

describe('a ring of six speakers of the original and six of ours', () => {
  let go: Peers;
  /** One process each, so that one can die. */
  let ours: Map<string, Peers>;
  let names: readonly string[];

  const groups = (): readonly Peers[] => [go, ...ours.values()];
  const peersOf = (name: string): Peers => ours.get(name) ?? go;
  const addressOf = (name: string): string => peersOf(name).places[name] ?? '';

  beforeAll(async () => {
    go = await Peers.go(places('go', 2, 6), SECRET);
    ours = new Map(
      await Promise.all(
        Object.entries(places('ours', 3, 6)).map(
          async ([name, address]) => [name, await Peers.ours({ [name]: address }, SECRET)] as const,
        ),
      ),
    );
    names = groups().flatMap((group) => group.names);
    await Promise.all(names.map((name) => peersOf(name).tell(name, 'join', addressOf('go-0'))));
    await agree(groups(), names);
  }, 60_000);

  afterAll(async () => {
    await Promise.all(groups().map((group) => group.stop()));
  });

  /** Each address is owned by just one of the members, as they themselves tell. */
  async function oneOwnerEach(among: readonly string[]): Promise<void> {
    await eventually('each address has one owner', () => {
      const owned = among.flatMap((name) => peersOf(name).owned(name));
      if (owned.length !== ADDRESSES.length || new Set(owned).size !== ADDRESSES.length) {
        throw new Error(`${new Set(owned).size} addresses have ${owned.length} owners`);
      }
      return true;
    });
  }

  test('agrees on one owner of each of 500 addresses, also when members leave and come back', async () => {
    await Promise.all(groups().map((group) => group.watchOwners(ADDRESSES)));
    await oneOwnerEach(names);
    for (const gone of ['go-3', 'ours-3']) {
      await peersOf(gone).tell(gone, 'leave');
      if (gone.startsWith('go')) await peersOf(gone).tell(gone, 'kill');
      const left = names.filter((name) => name !== gone);
      await agree(groups(), left);
      await oneOwnerEach(left);
      await peersOf(gone).tell(gone, 'start');
      await peersOf(gone).tell(gone, 'join', addressOf('ours-0'));
      await agree(groups(), names);
      await oneOwnerEach(names);
    }
    expect(go.complaints('newLife')).toEqual([]);
  }, 90_000);

  /** What an hour of rolling restarts, reboots and crashes brings, without the waiting in between. */
  test('agrees after an hour of churn in a minute, and nobody complains of ours', async () => {
    const random = new SeededRandom(7946);
    const pick = <T>(among: readonly T[]): T => among[Math.floor(random.float() * among.length)]!;
    const steady = new Set(['go-0', 'ours-0']);
    const seen = (name: string, isThere: boolean): Promise<boolean> =>
      eventually(
        `${name} is ${isThere ? 'back' : 'given up'}`,
        async () => {
          for (const witness of [...steady, ...(isThere ? [name] : [])]) {
            const view = await peersOf(witness).members(witness);
            if ([...steady, name].every((each) => view.includes(each)) === isThere) continue;
            throw new Error(`${witness} counts ${view.join(' ')}`);
          }
          return true;
        },
        40_000,
      );
    /** As a speaker does, again until somebody answers. */
    const join = (name: string): Promise<boolean> =>
      eventually(`${name} joins`, async () => {
        const places = [...steady].map(addressOf);
        const { joined = 0, error } = await peersOf(name).tell(name, 'join', ...places);
        if (joined === 0) throw new Error(error);
        return true;
      });
    const restart = async (name: string): Promise<void> => {
      const end = performance.now() + 60_000;
      for (let turn = 0; turn < 12 && performance.now() < end; turn += 1) {
        const how = pick(['leave', 'leave', 'crash', 'fail'] as const);
        const own = ours.get(name);
        if (how === 'leave') await peersOf(name).tell(name, 'leave');
        else if (own !== undefined) await own.stop();
        if (own === undefined) await go.tell(name, 'kill');
        // A program that crashes is back before anybody notices, a machine that fails is not.
        if (how === 'fail') await seen(name, false);
        if (own === undefined || how === 'leave') await peersOf(name).tell(name, 'start');
        else ours.set(name, await Peers.ours({ [name]: addressOf(name) }, SECRET));
        await join(name);
        await seen(name, true);
      }
    };
    await Promise.all(names.filter((name) => !steady.has(name)).map(restart));
    await agree(groups(), names, 30_000);
    expect(go.complaints('newLife', 'killed')).toEqual([]);
    expect(peersOf('ours-0').complaints('newLife', 'killed')).toEqual([]);
  }, 180_000);
});
