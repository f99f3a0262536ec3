import { beforeEach, expect, test } from 'vitest';
import { type IpAddress, macToBytes } from '../../src/runtime/net/index.ts';
import { HandOvers } from '../../src/runtime/platform/link/hand-overs.ts';
import { type Account, Ledger } from '../../src/runtime/platform/link/ledger.ts';
import { SightingBook } from '../../src/runtime/platform/link/sightings.ts';
import { asker, us, vip } from '../support/frames.ts';

let ledger: Ledger;
let book: SightingBook;
const account = (address: IpAddress = vip): Account => {
  ledger.own(address, undefined);
  return ledger.find(address, 'eth0')!;
};

beforeEach(() => {
  ledger = new Ledger();
  book = new SightingBook();
});

test('a station is told once for each form, however often it was heard', () => {
  for (let i = 0; i < 1000; i += 1) {
    book.add(account(), macToBytes(asker), 'eth0', 'reply');
    book.add(account(), macToBytes(asker), 'eth0', 'announcement');
  }
  expect(book.take()).toEqual([
    { address: vip, mac: asker, interfaceName: 'eth0', form: 'reply' },
    { address: vip, mac: asker, interfaceName: 'eth0', form: 'announcement' },
  ]);
  expect([book.take(), book.isEmpty]).toEqual([[], true]);
});

test('a forger of hardware addresses fills neither one address nor all', () => {
  for (let address = 0; address < 100; address += 1) {
    const each = account(`198.51.100.${address}` as IpAddress);
    for (let i = 0; i < 100; i += 1) {
      book.add(each, Uint8Array.of(2, 0, 0, 0, 0, i), 'eth0', 'reply');
    }
  }
  const sightings = book.take();
  expect(sightings).toHaveLength(256);
  expect(sightings.filter(({ address }) => address === '198.51.100.0')).toHaveLength(4);
});

test('frames of any of our own links are known', () => {
  book.disregard([macToBytes(us)]);
  expect([book.isOwn(macToBytes(us)), book.isOwn(macToBytes(asker))]).toEqual([true, false]);
});

test('hand-overs end each at its own time, and need no look before the next', () => {
  const over: IpAddress[] = [];
  const handOvers = new HandOvers(ledger, (address) => over.push(address));
  const [early, late] = ['192.0.2.20', '192.0.2.21'] as IpAddress[];
  account(early);
  account(late);
  handOvers.begin(late!, 500, 0);
  handOvers.begin(early!, 100, 0);
  expect(handOvers.next).toBe(100);
  handOvers.tick(100);
  expect([over, handOvers.next]).toEqual([[early], 500]);
  ledger.own(late!, undefined);
  handOvers.tick(500);
  expect([over, handOvers.next, ledger.find(late!, 'eth0')?.answers]).toEqual([
    ...[[early], Infinity],
    true,
  ]);
  handOvers.begin('192.0.2.99' as IpAddress, 100, 600);
  expect(over.at(-1)).toBe('192.0.2.99');
});
