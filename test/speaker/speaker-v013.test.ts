import { describe, expect, test } from 'vitest';
import type { Config, EndpointView, Pool } from '../../src/runtime/model/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { Speaker, type SpeakerOptions } from '../../src/runtime/speaker/speaker.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { config, endpoint, fromRack, node, pool, service } from '../support/speaker-facts.ts';
import { RecordingOutlets } from '../support/speaker-outlets.ts';

const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
const ADDRESSES = ['192.0.2.0/24', '2001:db8::/64'];
const teal = config(pool('teal', ADDRESSES));
const ASSIGNED =
  'event default/web Normal nodeAssigned announcing from node "alpha" with protocol "layer2"';
const BEGUN = [
  'set default/web 192.0.2.10',
  'gauge + default/web layer2 alpha 192.0.2.10',
  ASSIGNED,
];
const ENDED = ['delete default/web', 'gauge - default/web layer2 alpha 192.0.2.10'];

let clock: ManualClock;
let logger: RecordingLogger;
let outlets: RecordingOutlets;
let endpoints: Map<string, readonly EndpointView[]>;
let speaker: Speaker;
let needed: number;

function start(options: Partial<SpeakerOptions> = {}): void {
  clock = new ManualClock();
  logger = new RecordingLogger();
  outlets = new RecordingOutlets();
  endpoints = new Map([['default/web', [endpoint('alpha')]]]);
  needed = 0;
  const endpointsOf = (key: string): readonly EndpointView[] | undefined => endpoints.get(key);
  const nodesNeeded = (): void => void (needed += 1);
  const ports = { clock, logger, endpointsOf, nodesNeeded, ...outlets.ports };
  speaker = new Speaker(ports, { node: 'alpha', compat: 'v0.13', ...options });
  void speaker.run(new AbortController().signal);
  speaker.serviceChanged('default/web', service());
  speaker.membersChanged({ kind: 'known', nodes: new Set(['alpha']) });
  speaker.nodeChanged('alpha', node('alpha', { rack: 'a' }));
  speaker.synced();
}

/** One Service is announced; what has been said so far is forgotten. */
function announcing(configuration: Config = teal, options?: Partial<SpeakerOptions>): void {
  start(options);
  speaker.nodesListed();
  speaker.apply(configuration);
  work();
  forget();
}

function forget(): void {
  outlets.said.length = 0;
  logger.lines.length = 0;
}

function work(): void {
  clock.advance(seconds(1));
}

function aboveDebug(): unknown[] {
  return logger.lines.filter(({ level }) => level !== 'debug').map(({ fields }) => fields['msg']);
}

describe('nodes', () => {
  test('are waited for: nothing is announced before all are known', () => {
    start();
    speaker.apply(teal);
    work();
    expect(outlets.said).toEqual([]);
    speaker.nodesListed();
    work();
    expect(outlets.said).toEqual(BEGUN);
  });

  test('that may not be listed are done without', () => {
    start();
    speaker.apply(teal);
    speaker.nodesUnavailable();
    work();
    expect(outlets.said).toEqual(BEGUN);
  });

  test('that were listed are still believed when they may not be any more', () => {
    announcing();
    speaker.nodeChanged('alpha', node('alpha', EXCLUDED));
    speaker.nodesUnavailable();
    work();
    expect(outlets.said).toEqual(ENDED);
  });

  test.each([
    ['is excluded', node('alpha', EXCLUDED)],
    ['loses its network', node('alpha', {}, { networkUnavailable: true })],
    ['leaves the cluster', undefined],
  ])(
    'withdraw what they announced when the own one %s, and announce again after',
    (_when, view) => {
      announcing();
      speaker.nodeChanged('alpha', view);
      work();
      expect(outlets.said).toEqual(ENDED);
      expect(logger.lines).toContainEqual({
        level: 'info',
        fields: expect.objectContaining({
          event: 'serviceWithdrawn',
          reason: 'notOwner',
        }) as object,
      });
      forget();
      speaker.nodeChanged('alpha', node('alpha'));
      work();
      expect(outlets.said).toEqual(BEGUN);
    },
  );

  test('that become candidates take over, and give back', () => {
    announcing();
    speaker.membersChanged({ kind: 'known', nodes: new Set(['alpha', 'delta']) });
    work();
    expect(outlets.said).toEqual([]);
    speaker.nodeChanged('delta', node('delta'));
    work();
    expect(outlets.said).toEqual(ENDED);
    forget();
    speaker.nodeChanged('delta', node('delta', EXCLUDED));
    work();
    expect(outlets.said).toEqual(BEGUN);
  });

  test('whose labels mean nothing to anybody leave every Service alone', () => {
    announcing();
    const updates = outlets.updates;
    speaker.nodeChanged('alpha', node('alpha', { rack: 'b', more: 'labels' }));
    speaker.nodeChanged('delta', node('delta', { rack: 'b' }));
    speaker.nodeChanged('delta', node('delta', { rack: 'c' }));
    work();
    expect(outlets.said).toEqual([]);
    // The own node counts as one update; delta's coming made the one Service be looked at.
    expect(outlets.updates - updates).toBe(2);
  });
});

describe('under v0.12', () => {
  const rackA = config(pool('teal', ADDRESSES, { layer2: [fromRack('a')] }));

  test('nodes are neither waited for nor asked for while no configuration selects any', () => {
    start({ compat: 'v0.12' });
    speaker.apply(teal);
    work();
    expect(outlets.said).toHaveLength(3);
    expect(needed).toBe(0);
  });

  test('a configuration that selects nodes has them watched, and changes nothing before they are', () => {
    start({ compat: 'v0.12' });
    speaker.apply(teal);
    work();
    forget();
    speaker.apply(rackA);
    work();
    expect(needed).toBe(1);
    expect(outlets.said).toEqual([]);
    speaker.nodesListed();
    work();
    expect(outlets.said).toEqual([]);
    speaker.nodeChanged('alpha', node('alpha', { rack: 'b' }));
    work();
    expect(outlets.said).toEqual(ENDED);
  });
});

describe('a configuration that announces as the one before', () => {
  const adverts = [fromRack('a', 'eth0'), fromRack('b')];
  const [first, second] = adverts as [(typeof adverts)[0], (typeof adverts)[0]];
  const before = pool('teal', ADDRESSES, { layer2: [first, second] });
  test.each<[what: string, after: Pool]>([
    ['applied again', { ...before }],
    ['with its pool renamed', { ...before, name: 'other' }],
    ['with its advertisements in another order', { ...before, layer2: [second, first] }],
    ['with other rules of allocation', { ...before, autoAssign: false, avoidBuggyIPs: true }],
  ])('%s, sends and says nothing', (_what, after) => {
    for (const compat of ['v0.12', 'v0.13'] as const) {
      announcing(config(before), { compat });
      expect(speaker.apply(config(after))).toEqual({ kind: 'accepted' });
      work();
      expect(outlets.said).toEqual([]);
      expect(aboveDebug()).toEqual([]);
    }
  });

  test('knows the new name of the pool all the same', () => {
    announcing(config(before));
    speaker.apply(config({ ...before, name: 'other' }));
    work();
    speaker.serviceChanged('default/web', undefined);
    work();
    expect(logger.lines.map(({ fields }) => fields['pool'])).toContain('other');
  });
});

describe('the interfaces of an advertisement', () => {
  const on = (...interfaces: string[]): Config =>
    config(pool('teal', ADDRESSES, { layer2: [fromRack('a', ...interfaces)] }));
  const FAILED =
    'event default/web Warning announceFailed the interfaces specified by LB IP "192.0.2.10" doesn\'t exist in assigned node "alpha" with protocol "layer2"';

  test('are what is announced on', () => {
    announcing(on('eth0'));
    speaker.apply(on('eth0', 'eth1'));
    work();
    expect(outlets.said).toEqual(['set default/web 192.0.2.10 on eth0,eth1']);
  });

  test('of which none is here are told of once, before the announcement', () => {
    start();
    speaker.nodesListed();
    speaker.interfacesChanged(new Set(['eth0', 'lo']));
    speaker.apply(on('eth7'));
    work();
    const [set = '', ...rest] = BEGUN;
    expect(outlets.said).toEqual([`${set} on eth7`, FAILED, ...rest]);
    expect(logger.lines).toContainEqual({
      level: 'warn',
      fields: {
        op: 'setBalancer',
        service: 'default/web',
        ips: ['192.0.2.10'],
        pool: 'teal',
        protocol: 'layer2',
        interfaces: ['eth7'],
        msg: 'none of the interfaces to announce on is here, nobody answers',
      },
    });
    forget();
    endpoints.set('default/web', [endpoint('alpha'), endpoint('bravo')]);
    speaker.endpointsChanged('default/web');
    speaker.apply(on('eth7'));
    speaker.membersChanged({ kind: 'known', nodes: new Set(['alpha', 'bravo']) });
    speaker.interfacesChanged(new Set(['eth0']));
    work();
    expect(outlets.said.filter((line) => line.startsWith('event'))).toEqual([]);
    expect(aboveDebug()).toEqual([]);
  });

  test('are told of for each address', () => {
    announcing(on('eth7'));
    speaker.interfacesChanged(new Set(['eth0']));
    speaker.serviceChanged('default/web', service({ ingress: ['192.0.2.11', '2001:db8::1'] }));
    work();
    expect(outlets.said.filter((line) => line.includes('announceFailed'))).toHaveLength(2);
  });

  test('are told of when one comes, and when the last one goes', () => {
    announcing(on('eth1', 'eth2'));
    speaker.interfacesChanged(new Set(['eth0']));
    work();
    expect(outlets.said).toEqual([FAILED]);
    forget();
    speaker.interfacesChanged(new Set(['eth0', 'eth2']));
    work();
    expect(outlets.said).toEqual([ASSIGNED]);
    expect(aboveDebug()).toEqual(['an interface to announce on is here, announcing']);
    forget();
    speaker.interfacesChanged(new Set(['eth0', 'eth1', 'eth2']));
    work();
    expect(outlets.said).toEqual([]);
    speaker.interfacesChanged(new Set(['eth0']));
    work();
    expect(outlets.said).toEqual([FAILED]);
  });

  test('that change from one that is not here to another are told of again', () => {
    announcing(on('eth7'));
    speaker.interfacesChanged(new Set(['eth0']));
    work();
    forget();
    speaker.apply(on('eth8'));
    work();
    expect(outlets.said).toEqual(['set default/web 192.0.2.10 on eth8', FAILED]);
  });

  test('are not judged before the node was looked at', () => {
    start();
    speaker.nodesListed();
    speaker.apply(on('eth7'));
    work();
    expect(outlets.said.filter((line) => line.includes('announceFailed'))).toEqual([]);
  });

  test('follow the labels of the node', () => {
    const both = [fromRack('a', 'eth0'), fromRack('b', 'eth1')];
    announcing(config(pool('teal', ADDRESSES, { layer2: both })));
    speaker.nodeChanged('alpha', node('alpha', { rack: 'b' }));
    work();
    expect(outlets.said).toEqual(['set default/web 192.0.2.10 on eth1']);
  });
});

describe('a pool without an advertisement for this node', () => {
  test.each<[what: string, pool: Pool, reason: string]>([
    ['or any', pool('teal', ADDRESSES, { layer2: [] }), 'noAdvertisement'],
    ['but others', pool('teal', ADDRESSES, { layer2: [fromRack('z')] }), 'notOwner'],
  ])('%s ends the announcement, and says so for debugging', (_what, unadvertised, reason) => {
    announcing();
    speaker.apply(config(unadvertised));
    work();
    expect(outlets.said).toEqual(ENDED);
    expect(logger.lines.map(({ fields }) => fields['reason'])).toContain(reason);
    expect(logger.lines).toContainEqual({
      level: 'debug',
      fields: {
        event: 'notAnnounced',
        service: 'default/web',
        pool: 'teal',
        reason: 'noAdvertisement',
        msg: 'no advertisement is for this pool on this node, not announcing',
      },
    });
  });
});
