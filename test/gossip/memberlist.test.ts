import { beforeEach, describe, expect, test } from 'vitest';
import { Keyring, deriveKey } from '../../src/runtime/gossip/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { Secret } from '../../src/runtime/model/index.ts';
import { millis, seconds } from '../../src/runtime/platform/ports.ts';
import { TestMember, TestRing } from '../support/gossip-ring.ts';

const keyring = (...secrets: readonly string[]): Keyring =>
  new Keyring(secrets.map((secret) => deriveKey(new Secret(secret), 16)));

const target = (address: string): { endpoint: { address: IpAddress; port: number } } => ({
  endpoint: { address: address as IpAddress, port: 7946 },
});

describe('a member of a ring', () => {
  let ring: TestRing;
  let one: TestMember;
  let two: TestMember;

  beforeEach(() => {
    ring = new TestRing();
    one = ring.member('node-1');
    two = ring.member('node-2');
  });

  const joined = async (): Promise<void> => {
    await ring.join(two, one.target);
    expect([one.members, two.members]).toEqual([
      ['node-1', 'node-2'],
      ['node-1', 'node-2'],
    ]);
  };

  test('counts itself, and those it joins, who count it too', async () => {
    expect(await ring.join(two, one.target)).toEqual({ joined: 1, expected: 1, error: undefined });
    expect(one.events).toEqual(['join node-1', 'join node-2']);
    expect(two.events).toEqual(['join node-2', 'join node-1']);
    expect(one.counted('members')).toBe(2);
    expect([one.counted('streams in'), two.counted('streams out')]).toEqual([1, 1]);
  });

  test('is not delayed by a dead address beyond two seconds', async () => {
    ring.network.cut.add('192.0.2.77');
    const began = ring.clock.now();
    const report = await ring.join(two, target('192.0.2.77'), one.target);
    expect(report).toEqual({ joined: 1, expected: 2, error: undefined });
    expect(ring.clock.now() - began).toBeLessThanOrEqual(2_020);
  });

  test('says why it joined nobody, as the original words it', async () => {
    ring.network.cut.add('192.0.2.77');
    const { joined, error } = await ring.join(two, target('192.0.2.77'), target('192.0.2.78'));
    expect(joined).toBe(0);
    expect(error).toBe(
      '2 errors occurred:\n' +
        '\t* Failed to join 192.0.2.77: i/o timeout\n' +
        '\t* Failed to join 192.0.2.78: dial tcp 192.0.2.78:7946: connect: connection refused\n\n',
    );
  });

  test('finds by itself whoever is expected and comes later', async () => {
    two.list.expect([target('192.0.2.3')]);
    await ring.pass(seconds(3));
    const three = ring.member('node-3');
    await ring.until('found', () => two.members.includes('node-3'), seconds(3));
    await ring.until('both ways', () => three.members.includes('node-2'), seconds(1));
    expect(three.members).toEqual(['node-2', 'node-3']);
  });

  test('says that it leaves when it is to end, so others know at once, and frees its address', async () => {
    await joined();
    two.leave();
    await ring.until('gone', () => !one.members.includes('node-2'), millis(500));
    let ended = false;
    void two.ended.then(() => (ended = true));
    await ring.until('ended', () => ended, seconds(1));
    expect(one.events.at(-1)).toBe('leave node-2');
    expect(two.logger.lines.filter(({ fields }) => fields['op'] === 'shutdown')).toMatchObject([
      { fields: { msg: 'leaving memberlist cluster' } },
      { fields: { msg: 'left memberlist cluster', error: null } },
      { fields: { msg: 'memberlist shutdown', error: null } },
    ]);
    expect(ring.network.at({ address: two.address, port: 7946 })).toBeUndefined();
  });

  test('is known, once it joined again, to who remembers its former life and missed its datagrams', async () => {
    await joined();
    two.leave();
    const place = { address: two.address, port: 7946 };
    await ring.until('gone', () => ring.network.at(place) === undefined, seconds(1));
    expect(one.members).toEqual(['node-1']);
    const again = new TestMember({ node: 'node-2', address: two.address }, ring, {});
    ring.network.deaf.add(one.address);
    await ring.join(again, one.target);
    expect(one.members).toEqual(['node-1', 'node-2']);
    expect(again.counted('streams out')).toBe(2);
  });

  test('ends at once where nobody else is', async () => {
    await ring.pass(millis(10));
    one.leave();
    let ended = false;
    void one.ended.then(() => (ended = true));
    await ring.until('ended', () => ended, millis(20));
    expect(await ring.join(one, two.target)).toMatchObject({ joined: 0 });
  });

  test('fails to run where its address is taken', async () => {
    await ring.pass(millis(10));
    const rival = new TestMember({ node: 'rival', address: one.address }, ring, {});
    await expect(rival.ended).rejects.toThrow('address already in use');
    expect(await ring.join(rival, two.target)).toMatchObject({ joined: 0 });
    expect(rival.members).toEqual([]);
  });

  test('gives up a member that falls silent after the suspicion time, and counts failed probes', async () => {
    await joined();
    ring.network.cut.add(two.address);
    const began = ring.clock.now();
    await ring.until('given up', () => !one.members.includes('node-2'), seconds(10));
    expect(ring.clock.now() - began).toBeGreaterThanOrEqual(one.list.suspicionTime);
    expect(one.counted('failed probes')).toBeGreaterThan(0);
    ring.network.cut.clear();
    await ring.until('found again', () => one.members.includes('node-2'), seconds(2));
  });

  test('thinks worse of itself when it stood still, and gives up nobody for that', async () => {
    await joined();
    await ring.pass(seconds(3));
    expect(one.awareness).toBe(0);
    one.skipped += 30_000;
    await ring.pass(millis(200));
    expect(one.awareness).toBeGreaterThan(0);
    await ring.pass(seconds(10));
    expect(one.members).toEqual(['node-1', 'node-2']);
    expect(one.events).not.toContain('leave node-2');
  });

  test('knows when it last heard another member', async () => {
    await ring.pass(seconds(1));
    expect(one.list.lastHeard).toBeUndefined();
    await joined();
    await ring.pass(seconds(5));
    expect(ring.clock.now() - (one.list.lastHeard ?? 0)).toBeLessThan(2_000);
  });

  describe('with keys', () => {
    test('stays apart from those that have others, and counts what it cannot read', async () => {
      const mine = ring.member('mine', { keys: keyring('a secret of this ring') });
      const theirs = ring.member('theirs', { keys: keyring('another') });
      const { joined, error } = await ring.join(theirs, mine.target, one.target);
      expect(joined).toBe(0);
      expect(error).toContain('No installed keys could decrypt the message');
      await ring.pass(seconds(3));
      expect([mine.members, theirs.members, one.members]).toEqual([
        ['mine'],
        ['theirs'],
        ['node-1'],
      ]);
      expect(mine.counted('decryption')).toBe(1);
      expect(JSON.stringify(mine.logger.lines)).not.toContain('a secret');
    });

    test('changes them while all stay together', async () => {
      const first = ring.member('first', { keys: keyring('old') });
      const second = ring.member('second', { keys: keyring('old') });
      await ring.join(second, first.target);
      const rotation = [keyring('old', 'new'), keyring('new', 'old'), keyring('new')];
      for (const keys of rotation) {
        first.list.useKeys(keys);
        await ring.pass(seconds(8));
        second.list.useKeys(keys);
        await ring.pass(seconds(8));
      }
      expect(first.members).toEqual(['first', 'second']);
      expect([first.counted('decryption'), second.counted('decryption')]).toEqual([0, 0]);
      expect(
        [first.events, second.events].flat().filter((event) => event.startsWith('leave')),
      ).toEqual([]);
    });
  });

  test('stays apart from those of another label', async () => {
    const blue = ring.member('blue', { label: 'blue' });
    const azure = ring.member('azure', { label: 'blue' });
    const red = ring.member('red', { label: 'red' });
    expect(await ring.join(azure, blue.target)).toMatchObject({ joined: 1 });
    expect(await ring.join(red, blue.target, one.target)).toMatchObject({ joined: 0 });
    expect(blue.members).toEqual(['azure', 'blue']);
    expect(blue.counted('label')).toBeGreaterThan(0);
  });
});
