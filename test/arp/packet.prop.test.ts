import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ArpPacket,
  type Binding,
  Operation,
  decodeArp,
  encodeArp,
} from '../../src/runtime/arp/index.ts';
import { MalformedError, ipFromBytes, macFromBytes } from '../../src/runtime/net/index.ts';

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const binding: fc.Arbitrary<Binding> = fc.record({
  mac: octets(6).map(macFromBytes),
  ip: octets(4).map(ipFromBytes),
});
const packet: fc.Arbitrary<ArpPacket> = fc.record({
  operation: fc.constantFrom(Operation.Request, Operation.Reply),
  sender: binding,
  target: binding,
});

test('decoding inverts encoding, whatever padding Ethernet adds', () => {
  fc.assert(
    fc.property(packet, fc.uint8Array({ maxLength: 18 }), (sent, padding) => {
      expect(decodeArp(Uint8Array.of(...encodeArp(sent), ...padding))).toEqual(sent);
    }),
  );
});

test('a packet damaged in one octet is refused as malformed or read as exactly what it says', () => {
  fc.assert(
    fc.property(packet, fc.nat(27), fc.nat(255), (sent, position, octet) => {
      const damaged = encodeArp(sent).with(position, octet);
      try {
        expect(encodeArp(decodeArp(damaged))).toEqual(damaged);
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        expect(position).toBeLessThan(8);
      }
    }),
  );
});
