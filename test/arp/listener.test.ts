import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { announcements, announces, hear, probe } from '../../src/runtime/arp/index.ts';
import { decodeArp } from '../../src/runtime/arp/packet.ts';
import {
  BROADCAST,
  type IpAddress,
  type MacAddress,
  UNSPECIFIED,
  ipToBytes,
  macFromBytes,
} from '../../src/runtime/net/index.ts';
import { asker, us, vip, whoHas } from '../support/frames.ts';

const host = '192.0.2.2' as IpAddress;
const nobody = '0.0.0.0' as IpAddress;
const ours = Buffer.from(ipToBytes(vip)).readInt32BE();

/** What is heard about {@link vip}, and from whom. */
function heard(frame: Uint8Array, length = frame.length): string | undefined {
  const claimant = new Uint8Array(6);
  const claim = hear(frame, length, (address) => address === ours, claimant);
  return claim && `${claim} ${macFromBytes(claimant)}`;
}

describe('an ARP packet about an address of ours', () => {
  test('announces it when sender and target are that address, in both forms', () => {
    for (const frame of announcements(asker, vip)) {
      expect(heard(frame)).toBe(`announcement ${asker}`);
    }
  });

  test('answers for it, to whomever: a probe as well', () => {
    const reply = (ip: IpAddress): Uint8Array =>
      whoHas({ operation: 2, sender: { mac: asker, ip: vip }, target: { mac: us, ip } }, us);
    expect([heard(reply(host)), heard(reply(nobody))]).toEqual(Array(2).fill(`reply ${asker}`));
  });

  test('uses it when it asks for something else from it', () => {
    const target = { mac: UNSPECIFIED, ip: host };
    expect(heard(whoHas({ sender: { mac: asker, ip: vip }, target }))).toBe(`reply ${asker}`);
  });

  test('probes for it when it comes from nobody, which our own question does too', () => {
    expect(heard(probe(asker, vip))).toBe(`probe ${asker}`);
  });

  test('says nothing when it only asks for it', () => {
    expect(heard(whoHas())).toBeUndefined();
    expect(announces(whoHas())).toBe(false);
    expect(announces(announcements(asker, vip)[0]!)).toBe(true);
  });

  test.each<[string, MacAddress]>([
    ['everybody', BROADCAST],
    ['nobody', UNSPECIFIED],
    ['a group', '01:00:5e:00:53:01' as MacAddress],
  ])('says nothing if it claims to come from %s', (_who, mac) => {
    const target = { mac: us, ip: host };
    expect(heard(whoHas({ operation: 2, sender: { mac, ip: vip }, target }))).toBeUndefined();
  });

  test('says nothing when it is cut short', () => {
    const [frame] = announcements(asker, vip);
    for (let length = 0; length < 42; length += 1) expect(heard(frame!, length)).toBeUndefined();
  });
});

test('a question is a probe that no neighbor learns from', () => {
  const frame = probe(us, vip);
  expect(frame).toHaveLength(60);
  expect(decodeArp(frame.subarray(14))).toEqual({
    operation: 1,
    sender: { mac: us, ip: nobody },
    target: { mac: UNSPECIFIED, ip: vip },
  });
});

test('octets at random are survived', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
      expect([undefined, 'announcement', 'reply', 'probe']).toContain(
        hear(octets, octets.length, () => true, new Uint8Array(6)),
      );
    }),
  );
});
