import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { type AnnouncedService, BgpSpeaker, routesFor } from '../../../src/runtime/bgp/index.ts';
import type { Config, Labels } from '../../../src/runtime/model/index.ts';
import { familyOf } from '../../../src/runtime/net/index.ts';
import { seconds } from '../../../src/runtime/platform/ports.ts';
import { advertisedPool, advertisement, bgpConfig, internalPeer, peer } from '../../support/bgp.ts';
import { FakeBgpSessions } from '../../support/fake-bgp-sessions.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { labeled } from '../../support/pools.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { ip } from '../../support/views.ts';

/** Of pools that meet in the middle of a /24 and a /64, so that their aggregates do. */
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  lan: ['198.51.100.1', '198.51.100.2', '198.51.101.3', '2001:db8::4'],
  wan: ['198.51.100.200', '2001:db8:0:0:8000::5'],
};
const RULES = { compat: 'v0.12', mode: 'frr' } as const;
const NODE = { ipv4: ip('192.0.2.10'), ipv6: ip('2001:db8:ff::10') };
const MOVED = { ipv4: ip('192.0.2.20'), ipv6: ip('2001:db8:ff::20') };

const advertisements = fc
  .record({
    aggregationLength: fc.constantFrom(24, 32),
    aggregationLengthV6: fc.constantFrom(64, 128),
    nodeSelectors: fc.constantFrom([], [labeled({ rack: 'x' })]),
    localPref: fc.constantFrom(0, 50),
    communities: fc.uniqueArray(fc.constantFrom('1:1', '9:1')),
    peers: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
  })
  .map(advertisement);
const peers = fc
  .record({
    names: fc.subarray(['a', 'b', 'c']),
    hold: fc.constantFrom(90, 30),
    keepalive: fc.constantFrom(5, 10),
    picky: fc.boolean(),
  })
  .map(({ names, hold, keepalive, picky }) =>
    [
      peer('a', { holdTimeSeconds: hold }),
      internalPeer('b', { keepaliveTimeSeconds: keepalive }),
      peer('c', {
        address: ip('2001:db8:1::1'),
        nodeSelectors: picky ? [labeled({ rack: 'x' })] : [],
      }),
    ].filter(({ name }) => names.includes(name)),
  );
const configs: fc.Arbitrary<Config> = fc
  .tuple(
    fc.array(advertisements, { maxLength: 3 }),
    fc.array(advertisements, { maxLength: 2 }),
    peers,
  )
  .map(([lan, wan, some]) =>
    bgpConfig(
      [
        advertisedPool('lan', ['198.51.100.0/25', '198.51.101.0/24', '2001:db8::/65'], ...lan),
        advertisedPool('wan', ['198.51.100.128/25', '2001:db8:0:0:8000::/65'], ...wan),
      ],
      some,
    ),
  );
const services: fc.Arbitrary<AnnouncedService> = fc.constantFrom('lan', 'wan').chain((pool) =>
  fc.record({
    service: fc.constantFrom('s/1', 's/2', 's/3'),
    pool: fc.constant(pool),
    addresses: fc.uniqueArray(fc.constantFrom(...(ADDRESSES[pool] ?? []).map(ip)), {
      minLength: 1,
    }),
  }),
);

type Step =
  | { readonly do: 'configure'; readonly config: Config }
  | { readonly do: 'announce'; readonly announced: AnnouncedService }
  | { readonly do: 'withdraw'; readonly service: string }
  | { readonly do: 'label'; readonly labels: Labels }
  | { readonly do: 'move'; readonly addresses: typeof NODE }
  | { readonly do: 'establish' | 'fail'; readonly session: number }
  | { readonly do: 'pass' };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('configure' as const), config: configs }),
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('announce' as const), announced: services }),
    },
    fc.record({
      do: fc.constant('withdraw' as const),
      service: fc.constantFrom('s/1', 's/2', 's/3'),
    }),
    fc.record({
      do: fc.constant('label' as const),
      labels: fc.constantFrom<Labels>({ rack: 'x' }, {}),
    }),
    fc.record({ do: fc.constant('move' as const), addresses: fc.constantFrom(NODE, MOVED) }),
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('establish' as const, 'fail' as const),
        session: fc.nat(2),
      }),
    },
    fc.record({ do: fc.constant('pass' as const) }),
  ),
  { maxLength: 30 },
);

test.prop([configs, steps, fc.constantFrom(1, 4, 8192)])(
  'whatever is configured, announced and lost on the way, each peer ends up with the routes that a fresh start would send',
  (first, all, turn) => {
    const [sessions, clock] = [new FakeBgpSessions(), new ManualClock()];
    const ports = { open: sessions.open, clock, turn, logger: new RecordingLogger() };
    const speaker = new BgpSpeaker(RULES, { ...ports, withheld: () => undefined });
    let [config, labels, addresses]: [Config, Labels, typeof NODE] = [first, {}, NODE];
    const held = new Map<string, AnnouncedService>();
    speaker.place({ labels, addresses });
    speaker.configure(config);
    for (const step of all) {
      switch (step.do) {
        case 'configure':
          config = step.config;
          speaker.configure(config);
          break;
        case 'announce':
          held.set(step.announced.service, step.announced);
          speaker.announce(step.announced);
          break;
        case 'withdraw':
          held.delete(step.service);
          speaker.withdraw(step.service);
          break;
        case 'label':
          labels = step.labels;
          speaker.place({ labels, addresses });
          break;
        case 'move':
          addresses = step.addresses;
          speaker.place({ labels, addresses });
          break;
        case 'pass':
          clock.advance(seconds(1));
          break;
        default:
          sessions.alive[step.session]?.[step.do]();
      }
    }
    for (const one of sessions.alive) if (!one.isUp) one.establish();
    clock.advance(seconds(1));
    const expected = routesFor(config, { ...RULES, labels }, [...held.values()]);

    expect([...sessions.peers].sort()).toEqual(
      expected.map(({ session }) => session.peer.name).sort(),
    );
    for (const { session, routes } of expected) {
      const told = [...sessions.to(session.peer.name).routes];
      const texts = routes.map(({ prefix, attributes: { localPref, communities } }) => {
        const shown = [
          ...(localPref === undefined ? [] : [`preference ${localPref}`]),
          ...communities,
        ];
        // A session tells its own address, and that of the node for the other family.
        const own = familyOf(session.peer.address) === prefix.family ? NODE : addresses;
        return [prefix.text, ['via', own[prefix.family], ...shown].join(' ')];
      });
      expect(told.sort()).toEqual(texts.sort());
    }
  },
);
