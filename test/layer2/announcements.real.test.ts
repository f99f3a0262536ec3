import { afterEach, beforeEach, expect, test } from 'vitest';
import { asker, us, usLinkLocal } from '../support/frames.ts';
import { Host, Tap } from '../support/link-lab.ts';
import { Namespace, connect } from '../support/netns.ts';
import { decodeAdvertisement } from '../../src/runtime/ndp/message.ts';

let host: Host;
let tap: Tap;
let ours: Namespace;
let theirs: Namespace;

beforeEach(async () => {
  ours = new Namespace('ours');
  theirs = new Namespace('theirs');
  connect(
    { namespace: ours, link: 'eth0', mac: us },
    { namespace: theirs, link: 'eth0', mac: asker },
  );
  host = await Host.start(ours);
  tap = await Tap.start(theirs, 'eth0');
  await host.logged('createNDPResponder', 'eth0');
}, 20_000);

afterEach(async () => {
  await host.stop();
  await tap.stop();
  ours.delete();
  theirs.delete();
});

const ROUNDS = [0, 1100, 2200, 3300, 4400];

test('a new IPv4 address is announced as request and reply in five rounds', async () => {
  const announced = (): typeof tap.transcript.lines =>
    tap.transcript.lines.filter(({ frame }) => frame.startsWith('ffffffffffff00005e0053010806'));
  await host.tell({ op: 'set', service: 'default/web', addresses: ['192.0.2.50'] });
  await expect.poll(() => announced().length, { timeout: 8000 }).toBe(10);
  const first = announced()[0]!.at;
  for (const [index, { at, frame }] of announced().entries()) {
    const operation = index % 2 === 0 ? '0001' : '0002';
    const packet = `000108000604${operation}00005e005301c0000232ffffffffffffc0000232`;
    expect(frame.slice(28)).toBe(packet + '00'.repeat(18));
    expect(Math.abs(at - first - ROUNDS[Math.floor(index / 2)]!)).toBeLessThan(250);
  }
  expect(await host.counted('gratuitous', '192.0.2.50')).toBe(10);
}, 20_000);

test('a new IPv6 address is advertised to all nodes in five rounds', async () => {
  const announced = (): typeof tap.transcript.lines =>
    tap.transcript.lines.filter(
      ({ frame }) =>
        frame.startsWith('33330000000100005e00530186dd') && frame.slice(108, 110) === '88',
    );
  const before = announced().length;
  await host.tell({ op: 'set', service: 'default/web', addresses: ['2001:db8::50'] });
  await expect.poll(() => announced().length - before, { timeout: 8000 }).toBe(5);
  const frame = Buffer.from(announced().at(-1)!.frame, 'hex');
  expect(decodeAdvertisement(frame)).toMatchObject({
    source: usLinkLocal,
    destination: 'ff02::1',
    target: '2001:db8::50',
    router: false,
    solicited: false,
    override: true,
    linkLayerAddress: us,
  });
}, 20_000);
