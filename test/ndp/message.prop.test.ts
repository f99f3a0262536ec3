import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Advertisement,
  type Solicitation,
  decodeAdvertisement,
  decodeSolicitation,
  encodeAdvertisement,
  encodeSolicitation,
} from '../../src/runtime/ndp/message.ts';
import { MalformedError, ipFromBytes, macFromBytes } from '../../src/runtime/net/index.ts';

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const mac = octets(6).map(macFromBytes);
const ip = octets(16).map(ipFromBytes);
const unicast = octets(16).map((all) => ipFromBytes(all.with(0, 0x20)));
const always = ['destinationMac', 'sourceMac', 'source', 'destination', 'target'] as const;
const addresses = {
  destinationMac: mac,
  sourceMac: mac,
  source: ip,
  destination: ip,
  target: unicast,
  linkLayerAddress: mac,
};
const solicitation: fc.Arbitrary<Solicitation> = fc.record(addresses, {
  requiredKeys: [...always],
});
const advertisement: fc.Arbitrary<Advertisement> = fc.record(
  {
    ...addresses,
    router: fc.boolean(),
    solicited: fc.boolean(),
    override: fc.boolean(),
  },
  { requiredKeys: [...always, 'router', 'solicited', 'override'] },
);

test('decoding inverts encoding, whatever padding Ethernet adds', () => {
  fc.assert(
    fc.property(solicitation, (sent) => {
      expect(decodeSolicitation(encodeSolicitation(sent))).toEqual(sent);
    }),
  );
  fc.assert(
    fc.property(advertisement, fc.uint8Array({ maxLength: 18 }), (sent, padding) => {
      const frame = Uint8Array.of(...encodeAdvertisement(sent), ...padding);
      expect(decodeAdvertisement(frame)).toEqual(sent);
    }),
  );
});

test('a message damaged in one octet behind its hop limit is refused', () => {
  const damage = fc.tuple(fc.integer({ min: 21, max: 77 }), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(advertisement, damage, (sent, [position, flip]) => {
      const frame = encodeAdvertisement(sent);
      const damaged = frame.with(position, (frame[position] ?? 0) ^ flip);
      expect(() => decodeAdvertisement(damaged)).toThrow(MalformedError);
    }),
  );
});
