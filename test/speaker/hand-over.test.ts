import { beforeEach, describe, expect, test } from 'vitest';
import type { EndpointView } from '../../src/runtime/model/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { type Members, Speaker } from '../../src/runtime/speaker/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { bgpPool, config, endpoint, pool, service } from '../support/speaker-facts.ts';
import { RecordingOutlets } from '../support/speaker-outlets.ts';

/** Of alpha, bravo and charlie, charlie leads 192.0.2.10, and alpha 192.0.2.11. legacy.md §10.1 */
const WEB = '192.0.2.10';
const teal = config(pool('teal', ['192.0.2.0/24']));

let clock: ManualClock;
let logger: RecordingLogger;
let outlets: RecordingOutlets;
let endpoints: Map<string, readonly EndpointView[]>;
let speaker: Speaker;
let stop: AbortController;
let stopped: Promise<void>;
let able: number;

/** A speaker of the node, which announces `default/web` alone in its ring. */
function announcing(
  node: string,
  members: Members = ring(node),
  leave = (): Promise<void> => Promise.resolve(),
): void {
  const endpointsOf = (key: string): readonly EndpointView[] | undefined => endpoints.get(key);
  const ports = { clock, logger, endpointsOf, able: () => (able += 1), leave, ...outlets.ports };
  speaker = new Speaker(ports, { node, compat: 'v0.12' });
  stop = new AbortController();
  stopped = speaker.run(stop.signal);
  speaker.serviceChanged('default/web', service());
  speaker.membersChanged(members);
  speaker.apply(teal);
  speaker.synced();
  work();
  forget();
}

beforeEach(() => {
  clock = new ManualClock();
  logger = new RecordingLogger();
  outlets = new RecordingOutlets();
  endpoints = new Map([['default/web', [endpoint('alpha'), endpoint('charlie')]]]);
  able = 0;
});

describe('an address goes on being answered', () => {
  test('while a member that comes takes it over, and is withdrawn for everybody to see', () => {
    announcing('alpha');
    speaker.membersChanged(ring('alpha', 'charlie'));
    work();
    expect(outlets.said).toEqual([
      'hand over default/web within 1000 ms',
      `gauge - default/web layer2 alpha ${WEB}`,
    ]);
    expect(reasons()).toEqual(['notOwner']);
  });

  test('while the endpoint of policy Local moves to another member', () => {
    announcing('alpha', ring('alpha', 'bravo'));
    endpoints.set('default/web', [endpoint('alpha')]);
    speaker.serviceChanged('default/web', service({ externalTrafficPolicy: 'Local' }));
    work();
    forget();
    endpoints.set('default/web', [endpoint('bravo')]);
    speaker.endpointsChanged('default/web');
    work();
    expect(outlets.said[0]).toBe('hand over default/web within 1000 ms');
  });

  test('after this speaker stopped, where another member takes it', async () => {
    announcing('charlie', ring('alpha', 'bravo', 'charlie'));
    stop.abort();
    await stopped;
    expect(outlets.said).toEqual(['hand over default/web within 1500 ms']);
  });
});

test('a speaker that stops hands over, leaves the ring, and is done', async () => {
  const gone = (): Promise<void> => {
    outlets.said.push('leave');
    return Promise.resolve();
  };
  announcing('charlie', ring('alpha', 'charlie'), gone);
  stop.abort();
  await stopped;
  expect(outlets.said).toEqual(['hand over default/web within 1500 ms', 'leave']);
  expect(logger.lines.at(-1)?.fields['msg']).toBe('done');
});

describe('an address is let go of at once', () => {
  test('where nobody has an endpoint any more', () => {
    announcing('alpha');
    endpoints.set('default/web', [endpoint('alpha', false)]);
    speaker.endpointsChanged('default/web');
    work();
    expect(outlets.said[0]).toBe('delete default/web');
  });

  test('where the endpoint is on a node without a member', () => {
    announcing('alpha');
    endpoints.set('default/web', [endpoint('delta')]);
    speaker.serviceChanged('default/web', service({ externalTrafficPolicy: 'Local' }));
    work();
    expect(outlets.said[0]).toBe('delete default/web');
  });

  test('where members are known by their Pods only, which says nothing about moments', () => {
    announcing('alpha', { kind: 'known', nodes: new Set(['alpha']) });
    speaker.membersChanged({ kind: 'known', nodes: new Set(['alpha', 'charlie']) });
    work();
    expect(outlets.said[0]).toBe('delete default/web');
  });

  test('where the Service got another address when it got another leader', () => {
    announcing('alpha');
    speaker.membersChanged(ring('alpha', 'charlie'));
    speaker.serviceChanged('default/web', service({ ingress: ['192.0.2.12'] }));
    work();
    expect(outlets.said).not.toContain('hand over default/web within 1000 ms');
    expect(reasons()).toEqual(['loadBalancerIPChanged']);
  });

  test('at a stop, where this is the last member', async () => {
    announcing('alpha');
    stop.abort();
    await stopped;
    expect(outlets.said).toEqual(['delete default/web']);
  });
});

test('an isolated speaker withdraws from layer 2 with its reason, and takes all back later', () => {
  announcing('alpha');
  speaker.membersChanged({ kind: 'isolated' });
  work();
  expect(outlets.said).toEqual(['delete default/web', `gauge - default/web layer2 alpha ${WEB}`]);
  expect(reasons()).toEqual(['isolated']);
  forget();
  speaker.membersChanged(ring('alpha'));
  work();
  expect(outlets.said[0]).toBe(`set default/web ${WEB}`);
});

test('isolation does not concern BGP', () => {
  announcing('alpha');
  speaker.serviceChanged('default/far', service({ key: 'default/far', ingress: ['198.51.100.9'] }));
  endpoints.set('default/far', [endpoint('alpha')]);
  speaker.apply(config(pool('teal', ['192.0.2.0/24']), bgpPool('far', ['198.51.100.0/24'])));
  speaker.membersChanged({ kind: 'isolated' });
  work();
  expect(outlets.said.filter((line) => line.includes('default/far'))).toEqual([
    'route default/far 198.51.100.9 of far',
    'gauge + default/far bgp alpha 198.51.100.9',
    expect.stringContaining('nodeAssigned'),
  ]);
});

test('of what a lost member led, addresses with more Services and more endpoints come first', () => {
  announcing('alpha', ring('alpha', 'charlie'));
  const put = (name: string, address: string, ready: number): void => {
    const key = `default/${name}`;
    endpoints.set(
      key,
      Array.from({ length: ready }, () => endpoint('alpha')),
    );
    speaker.serviceChanged(key, service({ key, ingress: [address] }));
  };
  put('few', '192.0.2.20', 1);
  put('many', '192.0.2.22', 3);
  put('shared-a', '192.0.2.24', 1);
  put('shared-b', '192.0.2.24', 2);
  work();
  const ledByCharlie = ['few', 'many', 'shared-a', 'shared-b', 'web'].filter(
    (name) => !outlets.said.some((line) => line.startsWith(`set default/${name} `)),
  );
  forget();
  speaker.membersChanged(ring('alpha'));
  work();
  const sets = outlets.said.flatMap((line) => /^set default\/([\w-]+) /.exec(line)?.[1] ?? []);
  const order = ['shared-b', 'shared-a', 'many', 'web', 'few'];
  expect(ledByCharlie.length).toBeGreaterThan(1);
  expect(sets).toEqual(order.filter((name) => ledByCharlie.includes(name)));
});

test('what is ours is announced again when a member joins, after its own is handed over', () => {
  announcing('alpha');
  endpoints.set('default/mine', [endpoint('alpha')]);
  speaker.serviceChanged('default/mine', service({ key: 'default/mine' }));
  work();
  forget();
  speaker.membersChanged(ring('alpha', 'charlie'));
  speaker.memberJoined();
  work();
  expect(outlets.said.at(-1)).toBe('refresh');
  expect(outlets.said).toContain('hand over default/web within 1000 ms');
  expect(outlets.said.filter((line) => line === 'refresh')).toHaveLength(1);
});

test('an update of a member looks at no Service', () => {
  announcing('alpha', ring('alpha', 'bravo'));
  const before = outlets.updates;
  speaker.membersChanged(ring('alpha', 'bravo'));
  work();
  expect(outlets.updates).toBe(before);
});

test('a speaker can announce once all is listed and a configuration is in force, said once', () => {
  const endpointsOf = (): undefined => undefined;
  const ports = { clock, logger, endpointsOf, able: () => (able += 1), ...outlets.ports };
  const fresh = new Speaker(ports, { node: 'alpha', compat: 'v0.12' });
  fresh.synced();
  expect(able).toBe(0);
  fresh.apply(teal);
  fresh.apply(teal);
  expect(able).toBe(1);
});

test('the order of election tells which of two nodes that both answer gives way', () => {
  announcing('alpha');
  expect(speaker.outranks('charlie', 'default/web')).toBe(true);
  expect(speaker.outranks('alpha', 'default/web')).toBe(false);
  expect(speaker.outranks('charlie', 'default/unknown')).toBe(false);
});

function ring(...nodes: string[]): Members {
  return { kind: 'known', nodes: new Set(nodes), gossiped: true };
}

function work(): void {
  clock.advance(seconds(0.1));
}

function forget(): void {
  outlets.said.length = 0;
  logger.lines.length = 0;
}

function reasons(): unknown[] {
  return logger.lines
    .filter(({ fields }) => fields['event'] === 'serviceWithdrawn')
    .map(({ fields }) => fields['reason']);
}
