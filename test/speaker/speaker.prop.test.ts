import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Config, EndpointView, ServiceView } from '../../src/runtime/model/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { decide } from '../../src/runtime/speaker/decide.ts';
import { type Members, Speaker } from '../../src/runtime/speaker/index.ts';
import { PoolIndex } from '../../src/runtime/speaker/pools.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { bgpPool, config, endpoint, pool, service } from '../support/speaker-facts.ts';
import { RecordingOutlets } from '../support/speaker-outlets.ts';

const KEYS = ['default/a', 'default/b', 'default/c'];
const key = fc.constantFrom(...KEYS);

const view = fc
  .record({
    type: fc.constantFrom('LoadBalancer', 'LoadBalancer', 'ClusterIP'),
    ingress: fc.subarray(['192.0.2.1', '192.0.2.2', '2001:db8::1', 'junk'], { maxLength: 2 }),
    externalTrafficPolicy: fc.constantFrom('Cluster' as const, 'Local' as const),
  })
  .map((changes) => service({ ...changes, hasLoadBalancerStatus: changes.ingress.length > 0 }));

const nodes = fc.subarray(['alpha', 'bravo', 'charlie']);
const members: fc.Arbitrary<Members> = fc.oneof(
  fc.constant({ kind: 'unknown' } as const),
  nodes.map((names) => ({ kind: 'known', nodes: new Set(['alpha', ...names]) }) as const),
);
const endpoints = fc.option(
  nodes.map((names) => names.map((name, index) => endpoint(name, index % 2 === 0))),
  { nil: undefined },
);
const configuration = fc.constantFrom(
  config(pool('all', ['192.0.2.0/24', '2001:db8::/64'])),
  config(pool('one', ['192.0.2.0/31']), pool('two', ['192.0.2.2/31'])),
  config(bgpPool('one', ['192.0.2.0/31']), pool('two', ['192.0.2.2/31', '2001:db8::/64'])),
);

type Happening =
  | { readonly type: 'service'; readonly key: string; readonly view: ServiceView | undefined }
  | {
      readonly type: 'endpoints';
      readonly key: string;
      readonly views: readonly EndpointView[] | undefined;
    }
  | { readonly type: 'members'; readonly members: Members }
  | { readonly type: 'config'; readonly config: Config }
  | { readonly type: 'pause' };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc
    .record({ key, view: fc.option(view, { nil: undefined }) })
    .map(({ key, view }) => ({ type: 'service' as const, key, view: view && { ...view, key } })),
  fc.record({ type: fc.constant('endpoints' as const), key, views: endpoints }),
  members.map((found) => ({ type: 'members' as const, members: found })),
  configuration.map((found) => ({ type: 'config' as const, config: found })),
  fc.constant({ type: 'pause' as const }),
);

/** The world as the speaker should see it, and the speaker. */
class Scene {
  readonly clock = new ManualClock();
  readonly outlets = new RecordingOutlets();
  readonly services = new Map<string, ServiceView>();
  readonly endpoints = new Map<string, readonly EndpointView[]>();
  members: Members = { kind: 'unknown' };
  pools: PoolIndex | undefined;
  readonly speaker: Speaker;

  constructor() {
    const { clock, outlets } = this;
    const endpointsOf = (name: string): readonly EndpointView[] | undefined =>
      this.endpoints.get(name);
    const ports = { ...outlets.ports, clock, endpointsOf, logger: new RecordingLogger() };
    this.speaker = new Speaker(ports, { node: 'alpha', compat: 'v0.12' });
    void this.speaker.run(new AbortController().signal);
    this.speaker.membersChanged(this.members);
    this.speaker.synced();
  }

  let(event: Happening): void {
    switch (event.type) {
      case 'service':
        if (event.view === undefined) this.services.delete(event.key);
        else this.services.set(event.key, event.view);
        this.speaker.serviceChanged(event.key, event.view);
        break;
      case 'endpoints':
        if (event.views === undefined) this.endpoints.delete(event.key);
        else this.endpoints.set(event.key, event.views);
        this.speaker.endpointsChanged(event.key);
        break;
      case 'members':
        this.members = event.members;
        this.speaker.membersChanged(event.members);
        break;
      case 'config':
        if (this.speaker.apply(event.config).kind === 'accepted') {
          this.pools = new PoolIndex(event.config);
        }
        break;
      case 'pause':
        this.clock.advance(seconds(1));
        break;
      default:
        event satisfies never;
    }
  }

  /** What a decision from scratch would announce. */
  wanted(): Map<string, string> {
    const wanted = new Map<string, string>();
    const nodes = { listing: 'pending', views: new Map() } as const;
    const around = {
      members: this.members,
      nodes,
      self: 'alpha',
      lbClass: '',
      ignoreExcludeLb: false,
    };
    for (const name of KEYS) {
      const facts = { service: this.services.get(name), endpoints: this.endpoints.get(name) };
      const decision = decide({ ...facts, ...around, pools: this.pools, compat: 'v0.12' });
      if (decision.kind !== 'serve') continue;
      for (const [protocol, verdict] of decision.verdicts) {
        if (verdict.kind === 'announce') {
          wanted.set(`${protocol} ${name}`, decision.addresses.join(','));
        }
      }
    }
    return wanted;
  }

  /** What layer 2 and BGP were told to hold, and what the gauges show, by replaying what was said. */
  told(): { held: Map<string, string>; gauges: Set<string> } {
    const held = new Map<string, string>();
    const gauges = new Set<string>();
    for (const line of this.outlets.said) {
      const [verb = '', ...rest] = line.split(' ');
      if (verb === 'set') held.set(`layer2 ${rest[0]}`, rest[1] ?? '');
      if (verb === 'delete') held.delete(`layer2 ${rest[0]}`);
      if (verb === 'route') held.set(`bgp ${rest[0]}`, rest[1] ?? '');
      if (verb === 'unroute') held.delete(`bgp ${rest[0]}`);
      if (verb !== 'gauge') continue;
      const row = `${rest[2]} ${rest[1]} ${rest[4]}`;
      if (rest[0] === '+') gauges.add(row);
      else gauges.delete(row);
    }
    return { held, gauges };
  }
}

test('whatever happens in whatever order, what is announced is what a fresh look would announce', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      const scene = new Scene();
      for (const event of happenings) scene.let(event);
      scene.let({ type: 'pause' });
      const { held, gauges } = scene.told();
      expect(held).toEqual(scene.wanted());
      const shown = [...held].flatMap(([name, ips]) => ips.split(',').map((ip) => `${name} ${ip}`));
      expect([...gauges].sort()).toEqual(shown.sort());
    }),
  );
});

test('the Event says where a Service is announced exactly as often as its announcement begins', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      const scene = new Scene();
      for (const event of happenings) scene.let(event);
      const { said } = scene.outlets;
      const begun = said.filter((line, index) => {
        return line.startsWith('gauge +') && !said[index - 1]?.startsWith('gauge +');
      });
      expect(said.filter((line) => line.includes('nodeAssigned'))).toHaveLength(begun.length);
    }),
  );
});
