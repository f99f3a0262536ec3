import { expect, test } from 'vitest';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import { PeeringScene } from '../../support/bgp/peering-scene.ts';
import { PUBLISHED_CRASHES } from '../../support/bgp/published-crashes.ts';

/** Messages that ended other daemons, and what the RFCs have a speaker do with them. */
test.each(PUBLISHED_CRASHES)('$name', ({ octets, refusal, made }) => {
  const expected =
    refusal === undefined
      ? { type: 'update', ...made }
      : { type: 'malformed', error: { code: refusal.code, subcode: refusal.subcode } };

  expect(decodeMessage(octets, { asnOctets: 4, internal: false })).toMatchObject(expected);
});

test.each(PUBLISHED_CRASHES)('a session that hears it: $name', ({ octets, refusal }) => {
  const scene = new PeeringScene();
  if (octets[18] === 1) {
    scene.session.start();
    scene.dialer.line.accept();
  } else scene.establish();
  scene.dialer.line.data(octets);

  const last = scene.dialer.line.received.at(-1);
  if (refusal === undefined) {
    expect(scene.session.state).toBe('established');
    expect(last).toEqual({ type: 'keepalive' });
  } else {
    expect(scene.session.state).toBe('idle');
    expect(last).toMatchObject({ type: 'notification', ...refusal });
  }
});
