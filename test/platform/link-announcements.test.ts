import { expect, test } from 'vitest';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { AnnouncementQueue } from '../../src/runtime/platform/link/announcements.ts';

const addresses = Array.from({ length: 40 }, (_, i) => `192.0.2.${i}` as IpAddress);

test('a long list is sent in slices, every address once, and a short one beside it is not kept waiting', () => {
  const queue = new AnnouncementQueue<string>();
  queue.add({ responder: 'eth0', addresses });
  queue.add({ responder: 'eth0', addresses });
  queue.add({ responder: 'eth1', addresses: addresses.slice(0, 1) });
  const slices: string[][] = [];
  while (!queue.isEmpty) {
    const slice: string[] = [];
    queue.sendSlice((responder, address) => slice.push(`${responder} ${address}`) > 0);
    slices.push(slice);
  }
  expect(slices.map(({ length }) => length)).toEqual([17, 16, 8]);
  expect(slices[0]).toContain('eth1 192.0.2.0');
  expect(slices.flat().filter((each) => each.startsWith('eth0'))).toEqual(
    addresses.map((address) => `eth0 ${address}`),
  );
});

test('a link that takes nothing now is tried again, not for ever, and holds up nobody else', () => {
  const queue = new AnnouncementQueue<string>();
  queue.add({ responder: 'full', addresses: addresses.slice(0, 2) });
  queue.add({ responder: 'eth0', addresses: addresses.slice(0, 2) });
  const sent: string[] = [];
  let tries = 0;
  let turns = 0;
  for (; !queue.isEmpty && turns < 1000; turns += 1) {
    queue.sendSlice((responder) => {
      if (responder === 'full') tries += 1;
      else sent.push(responder);
      return responder !== 'full';
    });
  }
  expect(sent).toHaveLength(2);
  expect(tries).toBeGreaterThan(10);
  expect(turns).toBeLessThan(1000);
});

test('what is dropped while it is sent is sent no further', () => {
  const queue = new AnnouncementQueue<string>();
  queue.add({ responder: 'eth0', addresses });
  let sent = 0;
  queue.sendSlice((responder) => {
    sent += 1;
    if (sent === 3) queue.drop(responder);
    return true;
  });
  expect(sent).toBe(3);
  expect(queue.isEmpty).toBe(true);
});
