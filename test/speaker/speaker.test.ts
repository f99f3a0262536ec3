import { beforeEach, describe, expect, test } from 'vitest';
import type { Config, EndpointView } from '../../src/runtime/model/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { Speaker } from '../../src/runtime/speaker/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { bgpPool, config, endpoint, pool, service } from '../support/speaker-facts.ts';
import { RecordingOutlets } from '../support/speaker-outlets.ts';

const ready: readonly EndpointView[] = [endpoint('alpha')];
const teal = config(pool('teal', ['192.0.2.0/24', '2001:db8::/64']));
const alone = { kind: 'known', nodes: new Set(['alpha']) } as const;

let clock: ManualClock;
let logger: RecordingLogger;
let outlets: RecordingOutlets;
let endpoints: Map<string, readonly EndpointView[]>;
let speaker: Speaker;
let stop: AbortController;
let stopped: Promise<void>;

beforeEach(() => {
  clock = new ManualClock();
  logger = new RecordingLogger();
  outlets = new RecordingOutlets();
  endpoints = new Map([['default/web', ready]]);
  const endpointsOf = (key: string): readonly EndpointView[] | undefined => endpoints.get(key);
  const ports = { clock, logger, endpointsOf, ...outlets.ports };
  speaker = new Speaker(ports, { node: 'alpha', compat: 'v0.12' });
  stop = new AbortController();
  stopped = speaker.run(stop.signal);
});

/** Everything is known and one Service is announced; what has been said so far is forgotten. */
function announcing(configuration: Config = teal): void {
  speaker.serviceChanged('default/web', service());
  speaker.membersChanged(alone);
  speaker.apply(configuration);
  speaker.synced();
  work();
  outlets.said.length = 0;
  logger.lines.length = 0;
}

function work(): void {
  clock.advance(seconds(1));
}

function logged(field: string): unknown[] {
  return logger.lines.map(({ fields }) => fields[field]).filter((value) => value !== undefined);
}

test('a Service is announced with an Event, a gauge and a log line', () => {
  speaker.serviceChanged('default/web', service());
  speaker.membersChanged(alone);
  speaker.apply(teal);
  speaker.synced();
  work();
  expect(outlets.said).toEqual([
    'set default/web 192.0.2.10',
    'gauge + default/web layer2 alpha 192.0.2.10',
    'event default/web Normal nodeAssigned announcing from node "alpha"',
  ]);
  expect(logger.lines).toContainEqual({
    level: 'info',
    fields: {
      event: 'serviceAnnounced',
      service: 'default/web',
      ips: ['192.0.2.10'],
      pool: 'teal',
      protocol: 'layer2',
      msg: 'service has IP, announcing',
    },
  });
});

describe('nothing is announced before', () => {
  const steps: Record<string, () => unknown> = {
    'everything is listed once': () => speaker.synced(),
    'a configuration is there': () => speaker.apply(teal),
    'the speaker nodes are known': () => speaker.membersChanged(alone),
  };
  test.each(Object.keys(steps))('%s', (missing) => {
    speaker.serviceChanged('default/web', service());
    for (const [name, step] of Object.entries(steps)) if (name !== missing) step();
    work();
    expect(outlets.said).toEqual([]);
    steps[missing]?.();
    work();
    expect(outlets.said).toContain('set default/web 192.0.2.10');
  });
});

test('an endpoint that changes repeats the announcement but neither Event nor gauge', () => {
  announcing();
  endpoints.set('default/web', [endpoint('alpha'), endpoint('bravo')]);
  speaker.endpointsChanged('default/web');
  work();
  expect(outlets.said).toEqual(['set default/web 192.0.2.10']);
});

test('the last ready endpoint gone ends the announcement', () => {
  announcing();
  endpoints.set('default/web', [endpoint('alpha', false)]);
  speaker.endpointsChanged('default/web');
  work();
  expect(outlets.said).toEqual([
    'delete default/web',
    'gauge - default/web layer2 alpha 192.0.2.10',
  ]);
  expect(logged('reason')).toEqual(['notOwner']);
});

test('another address replaces the first in one step', () => {
  announcing();
  speaker.serviceChanged('default/web', service({ ingress: ['192.0.2.11', '2001:db8::1'] }));
  work();
  expect(outlets.said).toEqual([
    'gauge - default/web layer2 alpha 192.0.2.10',
    'set default/web 192.0.2.11,2001:db8::1',
    'gauge + default/web layer2 alpha 192.0.2.11',
    'gauge + default/web layer2 alpha 2001:db8::1',
    'event default/web Normal nodeAssigned announcing from node "alpha"',
  ]);
  expect(logged('reason')).toEqual(['loadBalancerIPChanged']);
});

test('the same two addresses in another order change nothing', () => {
  announcing();
  const both = ['192.0.2.11', '2001:db8::1'];
  speaker.serviceChanged('default/web', service({ ingress: both }));
  work();
  outlets.said.length = 0;
  speaker.serviceChanged('default/web', service({ ingress: both.toReversed() }));
  work();
  expect(outlets.said).toEqual(['set default/web 2001:db8::1,192.0.2.11']);
});

describe('a new configuration', () => {
  test('that keeps the address under another pool name never drops it', () => {
    announcing();
    expect(speaker.apply(config(pool('other', ['192.0.2.8/29'])))).toEqual({ kind: 'accepted' });
    work();
    expect(outlets.said).toEqual(['set default/web 192.0.2.10']);
  });

  test('without a place for an announced address is refused, and the old one stays', () => {
    announcing();
    const reason = 'service has no configuration under new config';
    expect(speaker.apply(config(pool('other', ['198.51.100.0/24'])))).toEqual({
      kind: 'refused',
      reason,
    });
    work();
    expect(outlets.said).toEqual([]);
    expect(logger.lines).toEqual([
      {
        level: 'error',
        fields: {
          op: 'setConfig',
          service: 'default/web',
          ips: ['192.0.2.10'],
          error: reason,
          msg: 'new configuration rejected',
        },
      },
    ]);
    speaker.serviceChanged('default/new', service({ key: 'default/new', ingress: ['192.0.2.77'] }));
    endpoints.set('default/new', ready);
    work();
    expect(outlets.said).toContain('set default/new 192.0.2.77');
  });

  test('is judged after what came before it: a Service just deleted does not hold it up', () => {
    announcing();
    speaker.serviceChanged('default/web', undefined);
    expect(speaker.apply(config())).toEqual({ kind: 'accepted' });
    expect(outlets.said).toContain('delete default/web');
  });

  test('that moves the pool to BGP ends the layer-2 announcement and tells routers instead', () => {
    announcing();
    speaker.apply(config(bgpPool('teal', ['192.0.2.0/24'])));
    work();
    expect(outlets.said).toEqual([
      'delete default/web',
      'gauge - default/web layer2 alpha 192.0.2.10',
      'route default/web 192.0.2.10 of teal',
      'gauge + default/web bgp alpha 192.0.2.10',
      'event default/web Normal nodeAssigned announcing from node "alpha"',
    ]);
    expect(logged('reason')).toEqual(['protocolChanged']);
  });
});

describe('over BGP', () => {
  const far = config(bgpPool('teal', ['192.0.2.0/24']));

  test('a Service is announced whoever owns it at layer 2, and withdrawn with its last ready endpoint', () => {
    announcing(far);
    speaker.membersChanged({ kind: 'known', nodes: new Set(['alpha', 'bravo', 'delta']) });
    work();
    expect(outlets.said.filter((line) => line.startsWith('unroute'))).toEqual([]);
    endpoints.set('default/web', [endpoint('bravo', false)]);
    speaker.endpointsChanged('default/web');
    work();
    expect(outlets.said).toContain('unroute default/web');
    expect(outlets.said).toContain('gauge - default/web bgp alpha 192.0.2.10');
    expect(logged('reason')).toEqual(['noEndpoints']);
  });

  test('a pool that gets another name is told at once, and the Service begins nothing anew', () => {
    announcing(far);
    speaker.apply(config(bgpPool('cyan', ['192.0.2.0/24'])));
    expect(outlets.said).toEqual(['route default/web 192.0.2.10 of cyan']);
    work();
    expect(outlets.said.filter((line) => !line.startsWith('route'))).toEqual([]);
  });

  test('a configuration that has no place for an announced Service is refused', () => {
    announcing(far);
    expect(speaker.apply(config(bgpPool('teal', ['198.51.100.0/24'])))).toMatchObject({
      kind: 'refused',
    });
    expect(outlets.said).toEqual([]);
  });

  test('it is told once when everything that was there at the start was looked at', () => {
    announcing(far);
    expect(outlets.settled).toBe(1);
    speaker.serviceChanged('default/web', service({ labels: { changed: 'yes' } }));
    work();
    expect(outlets.settled).toBe(1);
  });

  test('routes that cannot be sent are said to the users of the Service', () => {
    announcing(far);
    const problem = { path: '', reason: 'bgp-no-next-hop', message: 'no way', hint: 'ask FRR' };
    speaker.withheld('default/web', [problem]);
    expect(outlets.said).toEqual(['event default/web Warning announceFailed no way (ask FRR)']);
  });
});

describe('when speaker nodes come and go', () => {
  test('a Service that stays here is left alone', () => {
    announcing();
    speaker.membersChanged({ kind: 'known', nodes: new Set(['alpha', 'delta']) });
    work();
    // delta, then alpha for 192.0.2.10: the Service moves.
    expect(logged('reason')).toEqual(['notOwner']);
    outlets.said.length = 0;
    speaker.membersChanged(alone);
    work();
    expect(outlets.said[0]).toBe('set default/web 192.0.2.10');
    outlets.said.length = 0;
    speaker.membersChanged({ kind: 'known', nodes: new Set(['alpha', 'golf']) });
    speaker.membersChanged(alone);
    work();
    expect(outlets.said).toEqual([]);
  });
});

test('a Service that cannot be announced says why in the log', () => {
  announcing();
  speaker.serviceChanged('default/web', service({ ingress: ['192.0.2.10', 'fe80::1%eth0'] }));
  work();
  expect(logged('error')).toEqual(['invalid LoadBalancer IP']);
  expect(logged('reason')).toEqual(['invalidIP']);
});

test('at the end queued Services are finished and no others are taken', async () => {
  announcing();
  speaker.serviceChanged('default/web', undefined);
  stop.abort();
  await stopped;
  expect(outlets.said).toContain('delete default/web');
  expect(logger.lines.at(0)?.fields).toEqual({ op: 'shutdown', msg: 'starting shutdown' });
  expect(logger.lines.at(-1)?.fields).toEqual({ op: 'shutdown', msg: 'done' });
  outlets.said.length = 0;
  speaker.serviceChanged('default/web', service());
  work();
  expect(outlets.said).toEqual([]);
});

test('a thousand Services leave room for other work in between', () => {
  announcing();
  for (let index = 0; index < 1000; index += 1) {
    endpoints.set(`default/s${index}`, ready);
    speaker.serviceChanged(`default/s${index}`, service({ key: `default/s${index}` }));
  }
  let saidByThen = 0;
  clock.after(seconds(0), () => (saidByThen = outlets.said.length));
  work();
  expect(outlets.said).toHaveLength(3000);
  expect(saidByThen).toBeLessThan(3000);
});
