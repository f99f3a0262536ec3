import { describe, expect, test } from 'vitest';
import { AdjRibOut, type Outgoing } from '../../../src/runtime/bgp/rib/adj-rib-out.ts';
import type { Family } from '../../../src/runtime/net/index.ts';
import { attributesWith, hostRoutes, prefixOf } from '../../support/bgp-routes.ts';

const red = attributesWith('64512:1');
const blue = attributesWith('64512:2');
const web = prefixOf('198.51.100.7/32');
const mail = prefixOf('198.51.100.8/32');
const web6 = prefixOf('2001:db8::7/128');

/** All that waits, one text for each: `+` announced, `-` withdrawn, `end` of a family. */
function sent(rib: AdjRibOut): readonly string[] {
  const lines: string[] = [];
  for (let out = rib.next(); out !== undefined; out = rib.next()) lines.push(shown(out));
  return lines;
}

function shown(out: Outgoing): string {
  if (out.kind === 'endOfRib') return `end ${out.family}`;
  const { attributes, prefixes } = out.batch;
  const texts = prefixes.map(({ text }) => text).join(' ');
  return attributes === undefined ? `- ${texts}` : `+ ${texts} ${attributes.communities.join(' ')}`;
}

function upWith(...families: readonly Family[]): AdjRibOut {
  const rib = new AdjRibOut();
  rib.desire(web, red);
  rib.desire(mail, red);
  rib.established(families);
  return rib;
}

test('a new session is sent all routes, grouped by their attributes, and then the end of each family', () => {
  const rib = new AdjRibOut();
  rib.desire(web, red);
  rib.desire(web6, blue);
  rib.desire(mail, red);

  expect(sent(rib)).toEqual([]);
  rib.established(['ipv4', 'ipv6']);
  expect(sent(rib)).toEqual([
    '+ 198.51.100.7/32 198.51.100.8/32 64512:1',
    '+ 2001:db8::7/128 64512:2',
    'end ipv4',
    'end ipv6',
  ]);
});

test('a family that was not agreed on is neither sent nor ended', () => {
  const rib = upWith('ipv4');
  rib.desire(web6, red);

  expect(sent(rib)).toEqual(['+ 198.51.100.7/32 198.51.100.8/32 64512:1', 'end ipv4']);
  expect(rib.counts()).toEqual({ desired: 3, announced: 2, pending: 0 });
});

describe('after all was sent', () => {
  function quiet(): AdjRibOut {
    const rib = upWith('ipv4', 'ipv6');
    sent(rib);
    return rib;
  }

  test('a route that changes is announced anew and not withdrawn for it', () => {
    const rib = quiet();
    rib.desire(web, blue);

    expect(sent(rib)).toEqual(['+ 198.51.100.7/32 64512:2']);
  });

  test('a prefix that covers others comes before they go, so that no address is without a route in between', () => {
    const rib = quiet();
    rib.desire(web, undefined);
    rib.desire(mail, undefined);
    rib.desire(prefixOf('198.51.100.0/24'), red);

    expect(sent(rib)).toEqual(['+ 198.51.100.0/24 64512:1', '- 198.51.100.7/32 198.51.100.8/32']);
  });

  test('withdrawals wait for new prefixes, and not for those that only change', () => {
    const rib = quiet();
    rib.desire(web, blue);
    rib.desire(mail, undefined);
    rib.desire(web6, red);

    expect(sent(rib)).toEqual([
      '+ 2001:db8::7/128 64512:1',
      '- 198.51.100.8/32',
      '+ 198.51.100.7/32 64512:2',
    ]);
  });

  test('what is taken back before it left is never sent', () => {
    const rib = quiet();
    rib.desire(web6, red);
    rib.desire(web6, undefined);
    rib.desire(web, blue);
    rib.desire(web, red);
    rib.desire(mail, undefined);
    rib.desire(mail, { ...red });

    expect(sent(rib)).toEqual([]);
    expect(rib.counts()).toEqual({ desired: 2, announced: 2, pending: 0 });
  });

  test('a refresh sends the family again, and what was withdrawn meanwhile is withdrawn', () => {
    const rib = quiet();
    rib.refresh('ipv4');
    rib.desire(mail, undefined);

    expect(sent(rib)).toEqual(['- 198.51.100.8/32', '+ 198.51.100.7/32 64512:1']);
  });

  test('after a loss all is sent again, and what went away meanwhile is not spoken of', () => {
    const rib = quiet();
    rib.lost();
    rib.desire(mail, undefined);

    expect(rib.counts()).toEqual({ desired: 1, announced: 0, pending: 0 });
    rib.established(['ipv4']);
    expect(sent(rib)).toEqual(['+ 198.51.100.7/32 64512:1', 'end ipv4']);
  });

  test('a family can be given up and taken up again while the session stays', () => {
    const rib = quiet();
    rib.serve('ipv4', false);
    expect(sent(rib)).toEqual(['- 198.51.100.7/32 198.51.100.8/32']);
    rib.serve('ipv4', true);
    expect(sent(rib)).toEqual(['+ 198.51.100.7/32 198.51.100.8/32 64512:1']);
  });

  test('a drain sends all again with GRACEFUL_SHUTDOWN, and so what comes later', () => {
    const rib = quiet();
    rib.drain();
    rib.desire(web6, blue);

    expect(sent(rib)).toEqual([
      '+ 2001:db8::7/128 64512:2 65535:0',
      '+ 198.51.100.7/32 198.51.100.8/32 64512:1 65535:0',
    ]);
    rib.drain();
    expect(sent(rib)).toEqual([]);
  });
});

test('a drain takes the preference away where there is one, and keeps communities in order', () => {
  const rib = new AdjRibOut();
  rib.desire(web, { ...attributesWith('1:1', '65535:65281'), asPath: [], localPref: 200 });
  rib.drain();
  rib.established(['ipv4']);

  expect(rib.next()).toMatchObject({
    batch: {
      attributes: {
        text: 'origin incomplete, AS path empty, next hop of the session, local preference 0, communities 1:1 65535:0 65535:65281',
        localPref: 0,
        communities: ['1:1', '65535:0', '65535:65281'],
      },
    },
  });
});

test('the end of a family waits until all routes are known', () => {
  const rib = new AdjRibOut(false);
  rib.desire(web, red);
  rib.established(['ipv4']);
  expect(sent(rib)).toEqual(['+ 198.51.100.7/32 64512:1']);
  rib.desire(mail, red);
  rib.settle();

  expect(sent(rib)).toEqual(['+ 198.51.100.8/32 64512:1', 'end ipv4']);
});

test('a batch keeps to the octets it is given, and holds one prefix at least', () => {
  const rib = new AdjRibOut();
  for (const prefix of hostRoutes(5)) rib.desire(prefix, red);
  rib.established(['ipv4']);
  const sizes = [10, 14, 1].map((octets) => {
    const out = rib.next(octets);
    return out?.kind === 'routes' ? out.batch.prefixes.length : 0;
  });

  expect(sizes).toEqual([2, 2, 1]);
});
