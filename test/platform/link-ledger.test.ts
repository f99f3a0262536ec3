import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type IpAddress, ipFromBytes, ipToBytes } from '../../src/runtime/net/index.ts';
import { Ledger } from '../../src/runtime/platform/link/ledger.ts';

const vip = '192.0.2.10' as IpAddress;
const number = (address: IpAddress): number => Buffer.from(ipToBytes(address)).readInt32BE();

test('an IPv4 address is found by its number, high ones included', () => {
  const ledger = new Ledger();
  for (const address of ['192.0.2.10', '10.0.0.1', '0.0.0.0', '255.255.255.255'] as IpAddress[]) {
    ledger.own(address, undefined);
    expect(ledger.ipv4On('eth0')(number(address))).toBe(true);
    expect(ledger.hit?.address).toBe(address);
    ledger.disown(address);
    expect(ledger.ipv4On('eth0')(number(address))).toBe(false);
    expect(ledger.hit).toBeUndefined();
  }
});

test('IPv6 addresses that share their last 32 bits are told apart', () => {
  const octets = fc.uint8Array({ minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(fc.uniqueArray(octets.map(String), { minLength: 2, maxLength: 5 }), (prefixes) => {
      const addresses = prefixes.map((prefix) =>
        ipFromBytes(Uint8Array.of(...prefix.split(',').map(Number), 0xff, 0, 0, 1)),
      );
      const [stranger, ...ours] = addresses;
      const ledger = new Ledger();
      for (const address of ours) ledger.own(address, undefined);
      const owns = ledger.ipv6On('eth0');
      const frame = (address: IpAddress): Uint8Array => Uint8Array.of(9, 9, ...ipToBytes(address));
      for (const address of ours) {
        expect(owns(frame(address), 2)).toBe(true);
        expect(ledger.hit?.address).toBe(address);
      }
      expect(owns(frame(stranger!), 2)).toBe(false);
      ledger.disown(ours[0]!);
      expect(owns(frame(ours[0]!), 2)).toBe(false);
      for (const address of ours.slice(1)) expect(owns(frame(address), 2)).toBe(true);
    }),
  );
});

test('an address named for interfaces is found on those only', () => {
  const ledger = new Ledger();
  ledger.own(vip, ['eth1']);
  expect(ledger.ipv4On('eth0')(number(vip))).toBe(false);
  expect(ledger.find(vip, 'eth0')).toBeUndefined();
  expect(ledger.ipv4On('eth1')(number(vip))).toBe(true);
  ledger.own(vip, undefined);
  expect(ledger.find(vip, 'eth0')?.address).toBe(vip);
});

test('counts are handed out once, those of a lost address included', () => {
  const ledger = new Ledger();
  ledger.own(vip, undefined);
  const account = ledger.find(vip, 'eth0')!;
  account.requests += 2;
  ledger.touch(account);
  ledger.touch(account);
  ledger.disown(vip);
  expect(ledger.isDirty).toBe(true);
  expect(ledger.takeCounts()).toEqual([{ address: vip, requests: 2, responses: 0, gratuitous: 0 }]);
  expect(ledger.takeCounts()).toEqual([]);
});
