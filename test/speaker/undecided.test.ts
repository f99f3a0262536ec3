import { beforeEach, describe, expect, test } from 'vitest';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { Speaker } from '../../src/runtime/speaker/speaker.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { config, endpoint, fromRack, node, pool, service } from '../support/speaker-facts.ts';
import { RecordingOutlets } from '../support/speaker-outlets.ts';

const ADDRESSES = ['192.0.2.0/24'];

let clock: ManualClock;
let logger: RecordingLogger;
let outlets: RecordingOutlets;
let speaker: Speaker;

/** What was done since the last look. */
function done(): string[] {
  clock.advance(seconds(1));
  return outlets.said.splice(0);
}

describe('while it is not known which nodes a pool selects, an announced Service', () => {
  beforeEach(() => {
    clock = new ManualClock();
    logger = new RecordingLogger();
    outlets = new RecordingOutlets();
    const endpointsOf = () => [endpoint('alpha')];
    const ports = { clock, logger, endpointsOf, ...outlets.ports };
    speaker = new Speaker(ports, { node: 'alpha', compat: 'v0.12' });
    void speaker.run(new AbortController().signal);
    speaker.serviceChanged('default/web', service());
    speaker.membersChanged({ kind: 'known', nodes: new Set(['alpha']) });
    speaker.nodeChanged('alpha', node('alpha', { rack: 'a' }));
    speaker.synced();
    speaker.apply(config(pool('teal', ADDRESSES)));
    done();
    speaker.apply(config(pool('teal', ADDRESSES, { layer2: [fromRack('a')] })));
    speaker.nodesUnavailable();
    done();
  });

  test('stays announced with the address it has', () => {
    speaker.endpointsChanged('default/web');
    expect(done()).toEqual([]);
  });

  test('is not answered for any more under an address it had', () => {
    speaker.serviceChanged('default/web', service({ ingress: ['192.0.2.11'] }));
    expect(done()).toEqual(['delete default/web', 'gauge - default/web layer2 alpha 192.0.2.10']);
    expect(logger.lines.map(({ fields }) => fields['reason'])).toContain('loadBalancerIPChanged');
    speaker.nodesListed();
    expect(done()).toContain('set default/web 192.0.2.11');
  });
});
