import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DropReason,
  MINIMUM_FRAME,
  Operation,
  announcements,
  decodeArp,
  judge,
  senderOf,
  writeReply,
} from '../../src/runtime/arp/index.ts';
import { targetOf } from '../../src/runtime/arp/responder.ts';
import {
  BROADCAST,
  type IpAddress,
  type MacAddress,
  UNSPECIFIED,
  ipToBits,
  macToBytes,
} from '../../src/runtime/net/index.ts';
import { asker, us, vip, whoHas } from '../support/frames.ts';

const mac = macToBytes(us);
const owns = (target: number): boolean => target === (Number(ipToBits(vip)) | 0);
const stranger = '00:00:5e:00:53:99' as MacAddress;
const sender = (from: MacAddress) => ({ sender: { mac: from, ip: '192.0.2.2' as IpAddress } });

function replyTo(frame: Uint8Array): Uint8Array {
  const reply = new Uint8Array(MINIMUM_FRAME);
  writeReply(reply, frame, mac);
  return reply;
}

/** Frames as hexadecimal text; everything after a # is a remark. */
function fixture(name: string): string[] {
  const text = readFileSync(new URL(`../fixtures/wire/arp/${name}`, import.meta.url), 'utf8');
  return text
    .split('\n\n')
    .map((frame) => frame.replaceAll(/#.*$/gm, '').replaceAll(/\s/g, ''))
    .filter((frame) => frame !== '');
}

describe('judge', () => {
  test.each<[name: string, frame: Uint8Array, reason: DropReason]>([
    ['a reply', whoHas({ operation: Operation.Reply }), 'notRequest'],
    ['a request unicast to another host', whoHas({}, stranger), 'notForThisHost'],
    [
      'a request to an Ethernet group',
      whoHas({}, '01:00:5e:00:00:01' as MacAddress),
      'notForThisHost',
    ],
    [
      'a request for an address that is not ours',
      whoHas({ target: { mac: UNSPECIFIED, ip: '192.0.2.11' as IpAddress } }),
      'notOwned',
    ],
    ['a request that would have its answer broadcast', whoHas(sender(BROADCAST)), 'forgedSender'],
    ['a request from nobody', whoHas(sender(UNSPECIFIED)), 'forgedSender'],
    ['a request that claims to be from us', whoHas(sender(us)), 'forgedSender'],
    ['a truncated request', whoHas().subarray(0, 41), 'malformed'],
    ['nothing', new Uint8Array(0), 'malformed'],
    ['a frame of another protocol', whoHas().with(13, 0), 'malformed'],
    ['ARP for something other than Ethernet', whoHas().with(15, 6), 'malformed'],
    ['ARP for something other than IPv4', whoHas().with(16, 0x86), 'malformed'],
    ['longer hardware addresses than Ethernet has', whoHas().with(18, 8), 'malformed'],
  ])('drops %s', (_name, frame, reason) => {
    expect(judge(frame, frame.length, mac, owns)).toBe(reason);
  });

  test.each([BROADCAST, us])('answers a request sent to %s', (destination) => {
    const frame = whoHas({}, destination);
    expect(judge(frame, frame.length, mac, owns)).toBe('answer');
    expect(targetOf(frame)).toBe(vip);
    expect(senderOf(frame)).toEqual({ mac: asker, ip: '192.0.2.2' });
  });

  test('answers a probe, whose sender has no address yet', () => {
    const frame = whoHas({ sender: { mac: asker, ip: '0.0.0.0' as IpAddress } });
    expect(judge(frame, frame.length, mac, owns)).toBe('answer');
    expect(decodeArp(replyTo(frame).subarray(14)).target).toEqual({ mac: asker, ip: '0.0.0.0' });
  });

  test('looks at no more than what was received', () => {
    expect(judge(whoHas(), 41, mac, owns)).toBe('malformed');
    expect(judge(whoHas().subarray(0, 42), 42, mac, owns)).toBe('answer');
    expect(judge(whoHas().subarray(0, 41), 60, mac, owns)).toBe('malformed');
  });

  test('never fails, and answers no noise that is not the request it seems', () => {
    fc.assert(
      fc.property(fc.nat(59), fc.nat(255), fc.nat(60), (position, octet, length) => {
        const damaged = whoHas().with(position, octet);
        const verdict = judge(damaged, length, mac, owns);
        if (verdict !== 'answer') return;
        expect(length).toBeGreaterThanOrEqual(42);
        expect(decodeArp(damaged.subarray(14)).operation).toBe(Operation.Request);
        expect(targetOf(damaged)).toBe(vip);
      }),
    );
  });
});

test('the answer is the recorded frame, padded to 60 octets', () => {
  const [request = '', reply] = fixture('request-and-reply.hex');
  expect(Buffer.from(replyTo(Buffer.from(request, 'hex'))).toString('hex')).toBe(reply);
});

test('an address is announced by the recorded request and reply', () => {
  const frames = announcements(us, vip).map((frame) => Buffer.from(frame).toString('hex'));
  expect(frames).toEqual(fixture('gratuitous.hex'));
});
