import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeAdvertisement } from '../../src/runtime/ndp/message.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { asker, solicit, us, usLinkLocal, vip, vip6, whoHas } from '../support/frames.ts';
import { Host, Tap } from '../support/link-lab.ts';
import { Namespace, connect } from '../support/netns.ts';

let host: Host;
let tap: Tap;
let ours: Namespace;
let theirs: Namespace;

beforeAll(async () => {
  ours = new Namespace('ours');
  theirs = new Namespace('theirs');
  connect(
    { namespace: ours, link: 'eth0', mac: us },
    { namespace: theirs, link: 'eth0', mac: asker },
  );
  host = await Host.start(ours);
  tap = await Tap.start(theirs, 'eth0');
  await host.logged('createARPResponder', 'eth0');
  await host.logged('createNDPResponder', 'eth0');
});

afterAll(async () => {
  await host.stop();
  await tap.stop();
  ours.delete();
  theirs.delete();
});

const isArpReplyTo = (frame: Buffer): boolean =>
  frame.readUInt16BE(12) === 0x0806 && frame[21] === 2 && frame.subarray(0, 6).equals(macOf(asker));
const isAdvertisementToAsker = (frame: Buffer): boolean =>
  frame.readUInt16BE(12) === 0x86dd &&
  frame[54] === 136 &&
  frame.subarray(0, 6).equals(macOf(asker));
const macOf = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');
const elsewhere = '192.0.2.99' as IpAddress;

describe('on a real link', () => {
  test('a broadcast request is answered octet for octet as the original answers', async () => {
    await host.tell({ op: 'set', service: 'default/web', addresses: [vip] });
    const { frame } = await tap.ask(whoHas(), isArpReplyTo);
    expect(frame.toString('hex')).toBe(
      '00005e005302' + // destination: who asked
        '00005e005301' + // source: our link
        '0806' +
        '0001080006040002' +
        '00005e005301c000020a' + // sender: our link has the service address
        '00005e005302c0000202' + // target: who asked
        '00'.repeat(18),
    );
  });

  test('a solicitation is answered with S=1 O=0 from the link-local address', async () => {
    await host.tell({ op: 'set', service: 'default/web6', addresses: [vip6] });
    const { frame } = await tap.ask(solicit(), isAdvertisementToAsker);
    expect(decodeAdvertisement(frame)).toEqual({
      destinationMac: asker,
      sourceMac: us,
      source: usLinkLocal,
      destination: 'fe80::200:5eff:fe00:5302',
      target: vip6,
      router: false,
      solicited: true,
      override: false,
      linkLayerAddress: us,
    });
  });

  test('answers stop at once when the address is withdrawn, and damaged frames are survived', async () => {
    const mine = '192.0.2.30' as IpAddress;
    const ask = (ip: IpAddress): Uint8Array => whoHas({ target: { mac: us, ip } });
    await host.tell({ op: 'set', service: 'default/kept', addresses: [vip] });
    await host.tell({ op: 'set', service: 'default/gone', addresses: [mine] });
    await tap.ask(ask(mine), isArpReplyTo);
    await host.tell({ op: 'delete', service: 'default/gone' });
    const start = tap.transcript.lines.length;
    tap.send(ask(mine));
    tap.send(ask(elsewhere));
    tap.send(whoHas().subarray(0, 30));
    tap.send(solicit().subarray(0, 60));
    tap.send(solicit().map((octet, index) => (index === 60 ? octet ^ 1 : octet)));
    await tap.ask(whoHas(), isArpReplyTo);
    const replies = tap.transcript.lines
      .slice(start)
      .map(({ frame }) => Buffer.from(frame, 'hex'))
      .filter((frame) => isArpReplyTo(frame) || isAdvertisementToAsker(frame));
    expect(replies.map((frame) => frame.toString('hex', 28, 32))).toEqual(['c000020a']);
  });

  test('requests are answered within milliseconds while the main loop is blocked', async () => {
    await host.tell({ op: 'set', service: 'default/web', addresses: [vip] });
    const blocked = host.tell({ op: 'block', forMillis: 2000 });
    const delays: number[] = [];
    for (let i = 0; i < 50; i += 1) delays.push((await tap.ask(whoHas(), isArpReplyTo)).after);
    expect(delays.toSorted((a, b) => a - b)[25]).toBeLessThan(10);
    await blocked;
  });

  test('requests and answers are counted once each', async () => {
    const counted = '192.0.2.40' as IpAddress;
    await host.tell({ op: 'set', service: 'default/counted', addresses: [counted] });
    const request = whoHas({ target: { mac: us, ip: counted } });
    for (let i = 0; i < 3; i += 1) await tap.ask(request, isArpReplyTo);
    expect(await host.counted('request', counted)).toBe(3);
    expect(await host.counted('response', counted)).toBe(3);
  });
});
