import { describe, expect, test } from 'vitest';
import type { Compat } from '../../src/runtime/model/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { ConfigKeeper, LegacyReader, configMapDocument } from '../../src/runtime/sources/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingEvents } from '../support/recording-events.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { ConfigGauges, Consumer } from '../support/sources.ts';

const STALE = 'config (re)load failed, config marked stale';
const WHERE = { configmap: 'metallb-system/config' };
const ORIGIN = { fields: WHERE };
const STRANDED = 'new config not compatible with assigned IPs';

function pool(name: string, range = '192.0.2.0/24'): string {
  return `address-pools:\n- name: ${name}\n  protocol: layer2\n  addresses: [${range}]\n`;
}

function configMap(config?: string) {
  return configMapDocument({
    metadata: { namespace: 'metallb-system', name: 'config', uid: 'u1' },
    ...(config !== undefined && { data: { config } }),
  });
}

function open(compat: Compat = 'v0.12', mode: 'none' | 'native' | 'frr' = 'none') {
  const consumer = new Consumer();
  const events = new RecordingEvents();
  const observer = new ConfigGauges();
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const random = new SeededRandom();
  const ports = { consumer, events, observer, clock, logger, random };
  const keeper = new ConfigKeeper(ports, compat);
  const inbox = new LegacyReader({ compat, mode }, keeper);
  const gauges = (): { loaded: number; stale: number } => {
    return { loaded: observer.loaded, stale: observer.staleness };
  };
  return { keeper, inbox, consumer, events, clock, logger, gauges };
}

describe('a configuration that is good', () => {
  test('comes into force and is told as loaded', () => {
    const { inbox, consumer, logger, gauges, events } = open();
    inbox.document(configMap(pool('teal')));
    expect(consumer.pools).toEqual(['teal']);
    expect(gauges()).toEqual({ loaded: 1, stale: 0 });
    expect(logger.lines).toEqual([
      { level: 'info', fields: { event: 'configLoaded', ...WHERE, msg: 'config (re)loaded' } },
    ]);
    expect(events.lines).toEqual([]);
  });

  test('is not applied again when the object changes and the text does not', () => {
    const { inbox, consumer, logger } = open();
    for (let i = 0; i < 3; i += 1) inbox.document(configMap(pool('teal')));
    expect(consumer.offered).toHaveLength(1);
    expect(logger.lines).toHaveLength(1);
  });

  test('may be empty: a ConfigMap without the key configures nothing', () => {
    const { inbox, consumer } = open();
    inbox.document(configMap());
    expect(consumer.inForce).toEqual({ pools: [], peers: [], bfdProfiles: [] });
  });

  test('says in the log what is probably not meant', () => {
    const { inbox, logger } = open();
    inbox.document(configMap(pool('teal', '192.0.2.1-2001:db8::1')));
    expect(logger.lines[1]).toMatchObject({
      level: 'warn',
      fields: { event: 'configWarning', line: 4, column: 15, ...WHERE },
    });
  });
});

describe('a configuration with a mistake', () => {
  test('leaves the last good one in force and names line, column and what was meant', () => {
    const { inbox, consumer, logger, gauges, events } = open();
    inbox.document(configMap(pool('teal')));
    inbox.document(configMap('adress-pools: []\n'));
    expect(consumer.pools).toEqual(['teal']);
    expect(gauges()).toEqual({ loaded: 1, stale: 1 });
    const error =
      'could not parse config: yaml: unmarshal errors:\n' +
      '  line 1: field adress-pools not found in type config.configFile';
    expect(logger.lines[1]).toEqual({
      level: 'error',
      fields: {
        event: 'configStale',
        ...WHERE,
        error,
        line: 1,
        column: 1,
        path: 'adress-pools',
        didYouMean: 'address-pools',
        msg: STALE,
      },
    });
    expect(events.lines).toEqual([
      `Warning metallb-system/config ConfigRejected: line 1, column 1: ${error.replace('\n ', '')} (at adress-pools); did you mean ` +
        '"address-pools"?; the previous configuration stays in force',
    ]);
  });

  test('with several mistakes names the place of each', () => {
    const { inbox, events } = open();
    inbox.document(configMap('adress-pools: []\npears: []\n'));
    expect(events.lines[0]).toContain('line 1: field adress-pools not found');
    expect(events.lines[0]).toContain(
      '(line 1, column 1: did you mean "address-pools"?, line 2, column 1: did you mean "peers"?)',
    );
    expect(events.lines[0]).toMatch(/; no configuration is in force$/);
  });

  test('never makes an Event that the API server would not take', () => {
    const { inbox, events } = open();
    inbox.document(
      configMap(Array.from({ length: 99 }, (_, i) => `unheard-of-${i}: 1\n`).join('')),
    );
    const message = events.lines[0]!.replace('Warning metallb-system/config ConfigRejected: ', '');
    expect(message.length).toBeLessThanOrEqual(1024);
    expect(message).toMatch(/\.\.\.; no configuration is in force$/);
  });

  test('is told once, and never tried again by itself', () => {
    const { inbox, keeper, clock, consumer, logger } = open();
    inbox.document(configMap('peers: 1\n'));
    inbox.document(configMap('peers: 1\n'));
    keeper.retry();
    expect(clock.pending).toBe(0);
    expect(consumer.offered).toEqual([]);
    expect(logger.lines).toHaveLength(1);
  });

  test('once mended is in force, the gauge falls and a Normal Event says so, once', () => {
    const { inbox, gauges, events } = open();
    inbox.document(configMap(pool('teal')));
    inbox.document(configMap('peers: 1\n'));
    inbox.document(configMap(pool('teal')));
    expect(gauges()).toEqual({ loaded: 1, stale: 0 });
    inbox.document(configMap(pool('jade')));
    expect(events.lines.slice(1)).toEqual([
      'Normal metallb-system/config ConfigAccepted: the configuration is valid again and in force',
    ]);
  });

  test.each<[mode: 'none' | 'native' | 'frr', stale: number]>([
    ['none', 0],
    ['native', 1],
    ['frr', 0],
  ])('that only some speakers refuse: BFD for mode %s makes the gauge %i', (mode, stale) => {
    const { inbox, gauges } = open('v0.12', mode);
    inbox.document(configMap('bfd-profiles:\n- name: fast\n'));
    expect(gauges().stale).toBe(stale);
  });

  test('never shows a password', () => {
    const { inbox, logger, events } = open('v0.12', 'native');
    const peer = 'my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.1, password: s3cret';
    inbox.document(configMap(`peers:\n- {${peer}, keepalive-time: 1s}\n`));
    expect(events.lines).toHaveLength(1);
    expect(JSON.stringify([logger.lines, events.lines])).not.toContain('s3cret');
  });
});

describe('a configuration that strands an address in use', () => {
  test('leaves the last one in force; the log has the null error of the original', () => {
    const { inbox, consumer, logger, gauges, events } = open();
    inbox.document(configMap(pool('teal')));
    consumer.refusal = STRANDED;
    inbox.document(configMap(pool('jade')));
    expect(consumer.pools).toEqual(['teal']);
    expect(gauges()).toEqual({ loaded: 1, stale: 1 });
    const why = { error: null, reason: STRANDED };
    expect(logger.lines[1]).toEqual({
      level: 'error',
      fields: { event: 'configStale', ...WHERE, ...why, msg: STALE },
    });
    expect(events.lines).toEqual([
      `Warning metallb-system/config ConfigRejected: ${STRANDED}; the previous configuration stays in force`,
    ]);
  });

  test('is tried again with growing pauses, silently, until it is taken', () => {
    const { inbox, consumer, clock, logger, gauges, events } = open();
    consumer.refusal = STRANDED;
    inbox.document(configMap(pool('jade')));
    const pauses: number[] = [];
    for (let i = 0; i < 9; i += 1) {
      pauses.push(clock.next! - clock.now());
      clock.advance(seconds(pauses[i]! / 1000));
    }
    expect(consumer.offered).toHaveLength(10);
    expect(pauses[0]).toBeLessThanOrEqual(1000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(30_000);
    expect(logger.lines).toHaveLength(1);
    consumer.refusal = undefined;
    clock.advance(seconds(60));
    expect(consumer.pools).toEqual(['jade']);
    expect(gauges()).toEqual({ loaded: 1, stale: 0 });
    expect(events.lines.at(-1)).toMatch(/^Normal metallb-system\/config ConfigAccepted/);
    expect(clock.pending).toBe(0);
  });

  test('is tried at once when an address is given back, and once for a burst of them', () => {
    const { inbox, keeper, consumer, clock } = open();
    consumer.refusal = STRANDED;
    inbox.document(configMap(pool('jade')));
    consumer.refusal = undefined;
    for (let i = 0; i < 100; i += 1) keeper.retry();
    expect(consumer.offered).toHaveLength(1);
    clock.advance(seconds(0.2));
    expect(consumer.offered).toHaveLength(2);
    expect(consumer.pools).toEqual(['jade']);
  });

  test.each<Compat>(['v0.10', 'v0.11'])('waits in %s until the ConfigMap changes', (compat) => {
    const { inbox, keeper, consumer, clock } = open(compat);
    consumer.refusal = STRANDED;
    inbox.document(configMap(pool('jade')));
    consumer.refusal = undefined;
    keeper.retry();
    expect(clock.pending).toBe(0);
    expect(consumer.pools).toBeUndefined();
    inbox.document(configMap(pool('opal')));
    expect(consumer.pools).toEqual(['opal']);
  });

  test('is forgotten as soon as another text comes', () => {
    const { inbox, consumer, clock } = open();
    consumer.refusal = STRANDED;
    inbox.document(configMap(pool('jade')));
    inbox.document(configMap('peers: 1\n'));
    consumer.refusal = undefined;
    clock.advance(seconds(3600));
    expect(consumer.offered).toHaveLength(1);
  });

  test('says so again when the reason is another one', () => {
    const { inbox, consumer, clock, logger } = open();
    consumer.refusal = STRANDED;
    inbox.document(configMap(pool('jade')));
    consumer.refusal = 'something else';
    clock.advance(seconds(1));
    expect(logger.lines.map(({ fields }) => fields['reason'])).toEqual([
      STRANDED,
      'something else',
    ]);
  });
});

describe('a ConfigMap that is', () => {
  const missing = {
    level: 'error',
    fields: {
      op: 'setConfig',
      ...WHERE,
      error: 'no MetalLB configuration in cluster',
      msg: 'configuration is missing, MetalLB will not function',
    },
  };

  test('not there at the start is waited for in silence', () => {
    const { inbox, logger, gauges } = open();
    inbox.missing(ORIGIN);
    expect(logger.lines).toEqual([]);
    expect(gauges()).toEqual({ loaded: 0, stale: 0 });
  });

  test('deleted later leaves its configuration in force', () => {
    const { inbox, consumer, logger, gauges, clock } = open();
    inbox.document(configMap(pool('teal')));
    inbox.missing(ORIGIN);
    inbox.missing(ORIGIN);
    expect(logger.lines.slice(1)).toEqual([missing]);
    expect(gauges()).toEqual({ loaded: 1, stale: 1 });
    expect(consumer.pools).toEqual(['teal']);
    expect(clock.pending).toBe(0);
  });

  test('back with the same text is in force and no longer stale', () => {
    const { inbox, gauges } = open();
    inbox.document(configMap(pool('teal')));
    inbox.missing(ORIGIN);
    inbox.document(configMap(pool('teal')));
    expect(gauges()).toEqual({ loaded: 1, stale: 0 });
  });

  test.each<Compat>(['v0.10', 'v0.11'])('missing in %s is told again and again', (compat) => {
    const { inbox, logger, clock } = open(compat);
    inbox.document(configMap(pool('teal')));
    inbox.missing(ORIGIN);
    clock.advance(seconds(10));
    const told = logger.lines.slice(1);
    expect(told.length).toBeGreaterThan(3);
    expect(told.every((line) => JSON.stringify(line) === JSON.stringify(missing))).toBe(true);
    inbox.document(configMap(pool('teal')));
    clock.advance(seconds(5000));
    expect(logger.lines).toHaveLength(told.length + 2);
  });

  test('not to be read is stale, once per reason', () => {
    const { inbox, logger, gauges, consumer } = open();
    inbox.document(configMap(pool('teal')));
    for (let i = 0; i < 2; i += 1) inbox.unreadable('c.yaml: is a directory', ORIGIN);
    expect(gauges().stale).toBe(1);
    expect(consumer.pools).toEqual(['teal']);
    expect(logger.lines.slice(1).map(({ fields }) => fields)).toEqual([
      { event: 'configStale', ...WHERE, error: 'c.yaml: is a directory', msg: STALE },
    ]);
  });
});

test('a keeper that is closed tries nothing more', () => {
  const { inbox, keeper, consumer, clock } = open();
  consumer.refusal = STRANDED;
  inbox.document(configMap(pool('jade')));
  keeper.close();
  clock.advance(seconds(3600));
  expect(consumer.offered).toHaveLength(1);
});
