import { beforeEach, describe, expect, test } from 'vitest';
import type { Lease } from '../../src/runtime/allocator/index.ts';
import { CoverageWatch } from '../../src/runtime/status/index.ts';
import type { Coverage } from '../../src/runtime/status/board.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingEvents } from '../support/recording-events.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { ip } from '../support/views.ts';

const WARNING =
  'Warning shop/web NotAdvertised: 192.0.2.7 of pool "teal" is assigned, and no L2Advertisement or BGPAdvertisement ' +
  'covers the pool: nobody announces it';
const RELIEF =
  'Normal shop/web Advertised: 192.0.2.7 of pool "teal" is covered by an advertisement now';

let clock: ManualClock;
let events: RecordingEvents;
let logger: RecordingLogger;
let pools: Map<string, Coverage>;
let gauge: Map<string, number>;
let watch: CoverageWatch;

beforeEach(() => {
  clock = new ManualClock();
  events = new RecordingEvents();
  logger = new RecordingLogger();
  pools = new Map([['teal', 'uncovered']]);
  gauge = new Map();
  watch = new CoverageWatch({
    inForce: {
      get pools() {
        return [...pools.keys()];
      },
      coverageOf: (pool) => pools.get(pool) ?? 'unknown',
    },
    events,
    observer: {
      uncovered: (pool, services) => gauge.set(pool, services),
      covered: (pool) => gauge.delete(pool),
    },
    clock,
    logger,
  });
  watch.poolsChanged();
});

function lease(pool: string, ...addresses: readonly string[]): Lease {
  return { kind: 'leased', pool, addresses: addresses.map(ip) };
}

function settled(name: string, held: Lease | undefined, uid = `uid-${name}`): void {
  watch.settled({ key: `shop/${name}`, uid }, held);
}

function cover(pool: string, coverage: Coverage | undefined): void {
  if (coverage === undefined) pools.delete(pool);
  else pools.set(pool, coverage);
  watch.poolsChanged();
}

/** Events after everybody's patience is over. */
function told(): string[] {
  clock.advance(seconds(2));
  return events.take();
}

describe('a Service with an address that nobody announces', () => {
  test('is told so once, with the address and the pool, and so is the log', () => {
    settled('web', lease('teal', '192.0.2.7'));
    expect(told()).toEqual([WARNING]);
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        fields: expect.objectContaining({
          event: 'notAdvertised',
          service: 'shop/web',
          pool: 'teal',
        }) as object,
      },
    ]);
    settled('web', lease('teal', '192.0.2.7'));
    watch.poolsChanged();
    expect(told()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('is told when an advertisement covers it, and again when none does any more', () => {
    settled('web', lease('teal', '192.0.2.7'));
    told();
    cover('teal', 'covered');
    expect(told()).toEqual([RELIEF]);
    cover('teal', 'uncovered');
    expect(told()).toEqual([WARNING]);
  });

  test('is told of both its addresses at once', () => {
    settled('web', lease('teal', '192.0.2.7', '2001:db8::7'));
    expect(told()).toEqual([
      WARNING.replace('192.0.2.7 of pool "teal" is', '192.0.2.7, 2001:db8::7 of pool "teal" are'),
    ]);
  });

  test('is told anew of another address', () => {
    settled('web', lease('teal', '192.0.2.7'));
    told();
    settled('web', lease('teal', '192.0.2.8'));
    expect(told()).toEqual([WARNING.replace('192.0.2.7', '192.0.2.8')]);
  });

  test('that is another one of the same name is told too', () => {
    settled('web', lease('teal', '192.0.2.7'));
    told();
    settled('web', lease('teal', '192.0.2.7'), 'uid-another');
    expect(told()).toEqual([WARNING]);
  });

  test('hears nothing when it gives the address back or is deleted', () => {
    for (const name of ['web', 'mail']) settled(name, lease('teal', '192.0.2.7'));
    told();
    settled('web', undefined);
    watch.gone('shop/mail');
    cover('teal', 'covered');
    expect(told()).toEqual([]);
  });

  test('hears nothing more while it is not known who covers the pool', () => {
    settled('web', lease('teal', '192.0.2.7'));
    told();
    cover('teal', 'unknown');
    expect(told()).toEqual([]);
    cover('teal', 'uncovered');
    expect(told()).toEqual([]);
    cover('teal', 'covered');
    expect(told()).toEqual([RELIEF]);
  });
});

describe('what is so only for a moment', () => {
  test('while advertisements are applied after the pools is not told', () => {
    settled('web', lease('teal', '192.0.2.7'));
    clock.advance(seconds(1.5));
    cover('teal', 'covered');
    expect(told()).toEqual([]);
  });

  test('begins to count anew each time, and does not hold up others', () => {
    settled('web', lease('teal', '192.0.2.7'));
    clock.advance(seconds(1));
    settled('mail', lease('teal', '192.0.2.8'));
    clock.advance(seconds(1));
    expect(events.take()).toEqual([WARNING]);
    clock.advance(seconds(1));
    expect(events.take()).toEqual([
      WARNING.replace('web', 'mail').replace('192.0.2.7', '192.0.2.8'),
    ]);
  });

  test('is forgotten at the end of the program', () => {
    settled('web', lease('teal', '192.0.2.7'));
    watch.close();
    expect(told()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe('the gauge', () => {
  test('counts the Services of each pool that no advertisement covers, and shows no other pool', () => {
    pools.set('jade', 'covered');
    watch.poolsChanged();
    expect([...gauge]).toEqual([['teal', 0]]);
    settled('web', lease('teal', '192.0.2.7'));
    settled('mail', lease('teal', '192.0.2.8'));
    settled('wiki', lease('jade', '192.0.2.17'));
    expect([...gauge]).toEqual([['teal', 2]]);
    settled('mail', lease('jade', '192.0.2.18'));
    expect([...gauge]).toEqual([['teal', 1]]);
    cover('jade', 'uncovered');
    expect([...gauge]).toEqual([
      ['teal', 1],
      ['jade', 2],
    ]);
    watch.gone('shop/wiki');
    expect(gauge.get('jade')).toBe(1);
  });

  test('forgets a pool that is covered, or is no more', () => {
    settled('web', lease('teal', '192.0.2.7'));
    cover('teal', 'covered');
    expect([...gauge]).toEqual([]);
    cover('teal', 'uncovered');
    expect([...gauge]).toEqual([['teal', 1]]);
    cover('teal', undefined);
    expect([...gauge]).toEqual([]);
  });
});
