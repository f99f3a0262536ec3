import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { announcement, hear, question } from '../../src/runtime/ndp/index.ts';
import {
  decodeSolicitation,
  encodeAdvertisement,
  encodeSolicitation,
} from '../../src/runtime/ndp/message.ts';
import {
  type IpAddress,
  type MacAddress,
  ipToBytes,
  macFromBytes,
} from '../../src/runtime/net/index.ts';
import { asker, askerLinkLocal, solicit, us, usLinkLocal, vip6 } from '../support/frames.ts';

const ours = Buffer.from(ipToBytes(vip6));

/** What is heard about {@link vip6}, and from whom. */
function heard(frame: Uint8Array, length = frame.length): string | undefined {
  const claimant = new Uint8Array(6);
  const knows = (octets: Uint8Array, at: number): boolean => ours.equals(octets.slice(at, at + 16));
  const claim = hear(frame, length, knows, claimant);
  return claim && `${claim} ${macFromBytes(claimant)}`;
}

/** A neighbor's answer to us. */
const advertised = (changes: Partial<Parameters<typeof encodeAdvertisement>[0]> = {}): Uint8Array =>
  encodeAdvertisement({
    ...{ destinationMac: us, sourceMac: asker, source: askerLinkLocal, destination: usLinkLocal },
    ...{ target: vip6, router: false, solicited: true, override: false, linkLayerAddress: asker },
    ...changes,
  });

describe('a message about an address of ours', () => {
  test('announces it when it is an advertisement that nobody asked for', () => {
    expect(heard(announcement(asker, askerLinkLocal, vip6))).toBe(`announcement ${asker}`);
  });

  test('answers for it when it is a solicited one, with its option or without', () => {
    const bare = encodeAdvertisement({
      ...{ destinationMac: us, sourceMac: asker, source: askerLinkLocal, destination: usLinkLocal },
      ...{ target: vip6, router: false, solicited: true, override: false },
    });
    expect(heard(bare)).toBe(`reply ${asker}`);
    const other = '00:00:5e:00:53:77' as MacAddress;
    expect(heard(advertised({ linkLayerAddress: other }))).toBe(`reply ${other}`);
  });

  test('probes for it when nobody solicits it, as duplicate address detection does', () => {
    const { destination, destinationMac } = decodeSolicitation(solicit());
    const source = '::' as IpAddress;
    const frame = { destination, destinationMac, sourceMac: asker, source, target: vip6 };
    expect(heard(encodeSolicitation(frame))).toBe(`probe ${asker}`);
  });

  test('uses it when it solicits something else from it', () => {
    expect(heard(solicit('2001:db8::99' as IpAddress, { source: vip6 }))).toBe(`reply ${asker}`);
  });

  test('says nothing when it only solicits it, or is about another', () => {
    expect(heard(solicit())).toBeUndefined();
    expect(heard(advertised({ target: '2001:db8::99' as IpAddress }))).toBeUndefined();
  });

  test.each<[string, Uint8Array]>([
    ['from beyond the link', advertised().with(21, 254)],
    [
      'whose checksum is wrong',
      advertised().map((octet, at) => (at === 58 ? octet ^ 0x20 : octet)),
    ],
    ['of another type', advertised().with(54, 134)],
    ['that answers a group', advertised({ destination: 'ff02::1' as IpAddress })],
    ['of a group', advertised({ linkLayerAddress: '33:33:00:00:00:01' as MacAddress })],
    ['with an option of no length', advertised().with(79, 0)],
  ])('says nothing if it is one %s', (_what, frame) => {
    expect(heard(frame)).toBeUndefined();
  });

  test('says nothing when it is cut short', () => {
    const frame = advertised();
    for (let length = 0; length < frame.length; length += 1) {
      expect(heard(frame, length)).toBeUndefined();
    }
  });
});

test('a question is a solicitation with our link-layer address, which speakers of the original need', () => {
  expect(decodeSolicitation(question(us, usLinkLocal, vip6))).toMatchObject({
    ...{ sourceMac: us, source: usLinkLocal, target: vip6, linkLayerAddress: us },
    ...{ destination: 'ff02::1:ff00:a', destinationMac: '33:33:ff:00:00:0a' },
  });
});

test('octets at random are survived', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 70, maxLength: 120 }), (octets) => {
      const frame = Uint8Array.from(octets);
      frame.set([0x86, 0xdd, 0x60], 12);
      frame.set([0, 24, 58, 255], 18);
      frame.set([136, 0], 54);
      expect([undefined, 'announcement', 'reply']).toContain(
        hear(frame, frame.length, () => true, new Uint8Array(6)),
      );
    }),
  );
});
