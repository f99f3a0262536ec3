import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ADVERTISEMENT_FRAME,
  type DropReason,
  announcement,
  judge,
  senderOf,
  solicitedNodeGroup,
  writeAdvertisement,
} from '../../src/runtime/ndp/index.ts';
import { decodeAdvertisement, encodeAdvertisement } from '../../src/runtime/ndp/message.ts';
import { targetOf } from '../../src/runtime/ndp/responder.ts';
import {
  BROADCAST,
  type IpAddress,
  type MacAddress,
  UNSPECIFIED,
  ipFromBytes,
  ipToBytes,
  macToBytes,
} from '../../src/runtime/net/index.ts';
import { asker, askerLinkLocal, solicit, us, usLinkLocal, vip6 } from '../support/frames.ts';

const station = { mac: macToBytes(us), linkLocal: ipToBytes(usLinkLocal) };
const owns = (frame: Uint8Array, offset: number): boolean =>
  ipFromBytes(frame.subarray(offset, offset + 16)) === vip6;
const verdictOn = (frame: Uint8Array): string => judge(frame, frame.length, station, owns);
const ip = (text: string): IpAddress => text as IpAddress;

/** A solicitation with these octets of options instead of its own, checksum made right. */
function withOptions(options: readonly number[]): Uint8Array {
  const frame = Uint8Array.of(...solicit().subarray(0, 78), ...options);
  frame[19] = 24 + options.length;
  return withChecksum(frame);
}

/** The one's complement sum, written differently than the product does. RFC 1071 */
function withChecksum(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset);
  view.setUint16(56, 0);
  const length = view.getUint16(18);
  let sum = BigInt(length + 58);
  for (let i = 22; i < 54 + length; i += 2) sum += BigInt(view.getUint16(i));
  view.setUint16(56, Number(0xffffn - (sum % 0xffffn)));
  return frame;
}

describe('judge', () => {
  test.each<[name: string, frame: Uint8Array, reason: DropReason]>([
    ['a truncated solicitation', solicit().subarray(0, 77), 'malformed'],
    ['nothing', new Uint8Array(0), 'malformed'],
    ['a frame that ends inside its payload', solicit().subarray(0, 84), 'malformed'],
    ['IPv4', solicit().with(13, 0), 'malformed'],
    ['another version of IP', solicit().with(14, 0x40), 'malformed'],
    ['UDP', solicit().with(20, 17), 'notSolicitation'],
    ['a fragment', solicit().with(20, 44), 'notSolicitation'],
    ['a hop-by-hop header', solicit().with(20, 0), 'notSolicitation'],
    ['an advertisement', announcement(us, usLinkLocal, vip6), 'notSolicitation'],
    ['a solicitation that was routed', solicit().with(21, 254), 'hopLimit'],
    ['our own solicitation', solicit(vip6, { source: usLinkLocal }), 'ownPacket'],
    ['a wrong checksum', solicit().with(57, 0), 'badChecksum'],
    ['a wrong code', withChecksum(solicit().with(55, 1)), 'malformed'],
    ['a group as target', withChecksum(solicit().with(62, 0xff)), 'malformed'],
    [
      'a destination that is another host',
      solicit(vip6, { destination: ip('2001:db8::b') }),
      'notForThisHost',
    ],
    [
      'the group of other addresses',
      solicit(vip6, { destination: ip('ff02::1:ff00:b') }),
      'notForThisHost',
    ],
    [
      'an Ethernet frame for another host',
      solicit(vip6, { destinationMac: asker }),
      'notForThisHost',
    ],
    ['duplicate address detection', withOptions([]), 'noSourceLinkLayerAddress'],
    ['only a nonce option', withOptions([14, 1, 1, 2, 3, 4, 5, 6]), 'noSourceLinkLayerAddress'],
    ['an option of length 0', withOptions([1, 0, 0, 0, 0, 0, 0, 0]), 'malformed'],
    ['an option that runs past the end', withOptions([1, 2, 0, 0, 0, 0, 0, 0]), 'malformed'],
    ['half an option', withOptions([1, 1, 0, 0]), 'malformed'],
    [
      'a link-layer address of 14 octets',
      withOptions([1, 2, ...Array<number>(14).fill(2)]),
      'malformed',
    ],
    ['a source that is nobody', solicit(vip6, { source: ip('::') }), 'forgedSender'],
    ['a source that is a group', solicit(vip6, { source: ip('ff02::1') }), 'forgedSender'],
    ['an answer to be broadcast', solicit(vip6, { linkLayerAddress: BROADCAST }), 'forgedSender'],
    ['an answer to nobody', solicit(vip6, { linkLayerAddress: UNSPECIFIED }), 'forgedSender'],
    ['an answer to ourselves', solicit(vip6, { linkLayerAddress: us }), 'forgedSender'],
    ['an address that is not ours', solicit(ip('2001:db8::99')), 'notOwned'],
  ])('drops %s', (_name, frame, reason) => {
    expect(verdictOn(frame)).toBe(reason);
  });

  test('answers a solicitation to the group, padded or not', () => {
    expect(verdictOn(solicit())).toBe('answer');
    expect(verdictOn(Uint8Array.of(...solicit(), 1, 2, 3))).toBe('answer');
    expect(targetOf(solicit())).toBe(vip6);
    expect(senderOf(solicit())).toEqual({ mac: asker, ip: askerLinkLocal });
  });

  test('answers the unicast solicitation by which a neighbor sees whether we are still there', () => {
    expect(verdictOn(solicit(vip6, { destination: vip6, destinationMac: us }))).toBe('answer');
  });

  test('finds the option behind others', () => {
    const nonce = [14, 1, 1, 2, 3, 4, 5, 6];
    const frame = withOptions([...nonce, 1, 1, 0, 0, 0x5e, 0, 0x53, 2]);
    expect(verdictOn(frame)).toBe('answer');
    expect(senderOf(frame).mac).toBe(asker);
  });

  test('never fails, and answers nothing that is damaged behind the Ethernet header', () => {
    fc.assert(
      fc.property(fc.nat(85), fc.integer({ min: 1, max: 255 }), (position, flip) => {
        const frame = solicit();
        const damaged = frame.with(position, (frame[position] ?? 0) ^ flip);
        const harmless = (position > 5 && position < 12) || (position > 13 && position < 18);
        // The source's Ethernet address, traffic class and flow label are nobody's concern.
        if (!harmless) expect(verdictOn(damaged)).not.toBe('answer');
        expect(verdictOn(frame)).toBe('answer');
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => {
        expect(verdictOn(noise)).not.toBe('answer');
      }),
    );
  });
});

test('the answer is unicast with R=0 S=1 O=0, from the link-local address', () => {
  const reply = new Uint8Array(ADVERTISEMENT_FRAME).fill(0xee);
  writeAdvertisement(reply, solicit(), station);
  const message = {
    destinationMac: asker,
    sourceMac: us,
    source: usLinkLocal,
    destination: askerLinkLocal,
    target: vip6,
    router: false,
    solicited: true,
    override: false,
    linkLayerAddress: us,
  };
  expect(decodeAdvertisement(reply)).toEqual(message);
  expect(reply).toEqual(encodeAdvertisement(message));
});

test('an address is announced by the recorded advertisement', () => {
  const text = readFileSync(
    new URL('../fixtures/wire/ndp/unsolicited.hex', import.meta.url),
    'utf8',
  );
  expect(Buffer.from(announcement(us, usLinkLocal, vip6)).toString('hex')).toBe(
    text.replaceAll(/#.*$/gm, '').replaceAll(/\s/g, ''),
  );
});

test.each([
  ['2001:db8::a', 'ff02::1:ff00:a'],
  ['2001:db8:1:2:3:4:abcd:ef01', 'ff02::1:ffcd:ef01'],
  ['fe80::2aa:ff:fe28:9c5a', 'ff02::1:ff28:9c5a'],
])('solicitations for %s go to %s', (address, group) => {
  expect(solicitedNodeGroup(ip(address))).toBe(group);
});

test('an address is found whatever the MAC of the neighbor', () => {
  const other = '02:00:00:00:00:01' as MacAddress;
  expect(senderOf(solicit(vip6, { linkLayerAddress: other })).mac).toBe(other);
});
