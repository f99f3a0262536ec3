import { beforeEach, describe, expect, test } from 'vitest';
import { readLegacyConfig } from '../../src/config-legacy/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import type { Finding } from '../../src/runtime/sources/finding.ts';
import { ParityGuard } from '../../src/runtime/sources/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingEvents } from '../support/recording-events.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const TEAL = 'address-pools:\n- {name: teal, protocol: layer2, addresses: [192.0.2.0/28]}\n';
const JADE = TEAL.replace('192.0.2.0/28', '198.51.100.0/28');
const POOL = {
  apiVersion: 'metallb.io/v1beta1',
  kind: 'IPAddressPool',
  namespace: 'metallb-system',
  name: 'teal',
  uid: 'p',
};
const CONFIG_MAP = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'metallb-system',
  name: 'config',
  uid: 'u',
};

let clock: ManualClock;
let events: RecordingEvents;
let logger: RecordingLogger;
let taken: Finding[];
let gauge: (boolean | undefined)[];
let guard: ParityGuard;

beforeEach(() => {
  clock = new ManualClock();
  events = new RecordingEvents();
  logger = new RecordingLogger();
  taken = [];
  gauge = [];
  guard = new ParityGuard({
    sink: { take: (finding) => taken.push(finding) },
    events,
    observer: { agreement: (agree) => gauge.push(agree) },
    clock,
    logger,
  });
});

function said(text: string, origin: Finding['origin']): Finding {
  const reading = readLegacyConfig(text, { compat: 'v0.12', mode: 'none' });
  if (reading.kind === 'refused') {
    const { message, problems } = reading;
    return { kind: 'refused', token: text, message, problems, origin };
  }
  const { config, warnings } = reading;
  return { kind: 'config', token: text, config, warnings, origin };
}

function legacy(text: string | undefined, yields = false, version = 7): void {
  const origin = {
    fields: { configmap: 'metallb-system/config' },
    about: CONFIG_MAP,
    versions: `ConfigMap at ${version}`,
    ...(yields && { yields: true as const }),
  };
  guard.legacy.take(text === undefined ? { kind: 'nothing', origin } : said(text, origin));
}

function resources(text: string | undefined): void {
  const origin = { fields: { resources: 'metallb-system' }, about: POOL, versions: 'teal@8' };
  guard.resources.take(text === undefined ? { kind: 'nothing', origin } : said(text, origin));
}

/** Where what is in force comes from. */
function inForce(): string | undefined {
  const fields = taken.at(-1)?.origin.fields ?? {};
  return 'resources' in fields ? 'resources' : Object.keys(fields)[0];
}

describe('one source alone', () => {
  test('is used, and nothing is said about agreement', () => {
    legacy(TEAL);
    resources(undefined);
    expect(inForce()).toBe('configmap');
    legacy(undefined);
    resources(TEAL);
    expect(inForce()).toBe('resources');
    clock.advance(seconds(60));
    expect(events.lines).toEqual([]);
    expect(new Set(gauge)).toEqual(new Set([undefined]));
  });

  test('is not used before the other has been looked for', () => {
    legacy(TEAL);
    expect(taken).toEqual([]);
    resources(undefined);
    expect(taken).toHaveLength(1);
  });
});

describe('two sources that say the same', () => {
  test('mean the resources, told once with the versions compared', () => {
    legacy(TEAL);
    resources(TEAL);
    resources(TEAL);
    expect(inForce()).toBe('resources');
    expect(gauge.at(-1)).toBe(true);
    expect(events.lines).toEqual([
      'Normal metallb-system/config ConfigSourcesAgree: ConfigMap at 7 and teal@8; both say the same: the resources are used',
    ]);
  });
});

describe('what lasts', () => {
  test('is told again of other versions: whoever has changed one waits to hear of it', () => {
    legacy(TEAL);
    resources(TEAL);
    events.take();
    legacy(TEAL, true, 8);
    legacy(TEAL, false, 9);
    expect(events.lines).toEqual([]);
    clock.advance(seconds(5));
    expect(events.take()).toEqual([
      expect.stringContaining('ConfigSourcesAgree: ConfigMap at 9 and teal@8; both say the same'),
    ]);
    expect(logger.lines).toHaveLength(1);
  });

  test('and changes all the time is told every five seconds at most', () => {
    legacy(TEAL);
    resources(TEAL);
    for (let version = 8; version < 68; version += 1) {
      clock.advance(seconds(1));
      legacy(TEAL, false, version);
    }
    expect(events.lines.length).toBeGreaterThan(10);
    expect(events.lines.length).toBeLessThanOrEqual(13);
  });

  test.each([
    ['agreement', TEAL, 'ConfigSourcesAgree'],
    ['difference', JADE, 'ConfigSourcesDiffer'],
  ])('as %s is told within the hour for which a server keeps Events', (_what, text, reason) => {
    legacy(TEAL);
    resources(text);
    clock.advance(seconds(2));
    for (let hour = 0; hour < 3; hour += 1) {
      events.take();
      clock.advance(seconds(3600));
      expect(events.lines.length).toBeGreaterThan(0);
      expect(events.lines.length).toBeLessThanOrEqual(3);
      expect(events.lines.at(-1)).toContain(reason);
    }
    expect(logger.lines).toHaveLength(1);
  });

  test('is not told any more where one source is gone', () => {
    legacy(TEAL);
    resources(TEAL);
    events.take();
    resources(undefined);
    clock.advance(seconds(7200));
    expect(events.lines).toEqual([]);
  });
});

describe('two sources that differ', () => {
  test('leave the ConfigMap in force and name the difference', () => {
    legacy(TEAL);
    resources(JADE);
    expect(inForce()).toBe('configmap');
    expect(gauge.at(-1)).toBe(false);
    clock.advance(seconds(2));
    expect(events.lines).toEqual([
      'Warning metallb-system/config ConfigSourcesDiffer: pool "teal": addresses 192.0.2.0/28 in the ConfigMap, ' +
        '198.51.100.0/28 in the resources (ConfigMap at 7, teal@8); the ConfigMap stays in force',
    ]);
  });

  test('only while the resources are being applied are not worth a warning', () => {
    legacy(TEAL);
    resources(JADE);
    clock.advance(seconds(1));
    resources(TEAL);
    clock.advance(seconds(60));
    expect(events.lines.filter((line) => line.startsWith('Warning'))).toEqual([]);
  });

  test('are told again only when the difference is another one', () => {
    legacy(TEAL);
    resources(JADE);
    clock.advance(seconds(5));
    resources(JADE);
    clock.advance(seconds(5));
    expect(events.take()).toHaveLength(1);
    resources(TEAL.replace('teal', 'opal'));
    clock.advance(seconds(5));
    expect(events.lines).toHaveLength(1);
  });

  test('never show a password', () => {
    const peer = (password: string): string =>
      `peers:\n- {my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.1, password: ${password}}\n`;
    legacy(TEAL + peer('s3cret'));
    resources(TEAL + peer('0ther'));
    clock.advance(seconds(5));
    expect(events.lines.join()).toContain('the passwords differ');
    expect(JSON.stringify([events.lines, logger.lines])).not.toMatch(/s3cret|0ther/);
  });

  test('mean the resources where the ConfigMap says so, and even while these are away', () => {
    legacy(TEAL, true);
    resources(JADE);
    expect(inForce()).toBe('resources');
    clock.advance(seconds(2));
    expect(events.take()[0]).toMatch(/the resources are used, as the annotation/);
    resources(undefined);
    expect(taken.at(-1)?.kind).toBe('nothing');
    legacy(TEAL, false);
    expect(inForce()).toBe('configmap');
  });
});

describe('a ConfigMap that is deleted', () => {
  test('and created again at once lets no resources in that say something else', () => {
    legacy(TEAL);
    resources(JADE);
    legacy(undefined);
    clock.advance(seconds(1));
    legacy(TEAL);
    clock.advance(seconds(60));
    expect(taken.map(({ origin }) => Object.keys(origin.fields)[0])).not.toContain('resources');
  });

  test('for good leaves the resources in force soon after', () => {
    legacy(TEAL);
    resources(JADE);
    legacy(undefined);
    expect(inForce()).toBe('configmap');
    clock.advance(seconds(2));
    expect(inForce()).toBe('resources');
    expect(gauge.at(-1)).toBeUndefined();
  });

  test('only as far as its text goes is no source beside resources', () => {
    legacy('');
    resources(undefined);
    expect(inForce()).toBe('configmap');
    resources(TEAL);
    expect(inForce()).toBe('resources');
    expect(gauge.at(-1)).toBeUndefined();
    clock.advance(seconds(60));
    expect(events.lines).toEqual([]);
  });

  test('where there are no resources is told at once', () => {
    legacy(TEAL);
    resources(undefined);
    legacy(undefined);
    expect(taken.at(-1)?.kind).toBe('nothing');
  });
});

describe('a source that is refused', () => {
  test('on the side of the resources leaves the ConfigMap in force and is told where it is', () => {
    legacy(TEAL);
    resources('address-pools: 1\n');
    expect(inForce()).toBe('configmap');
    clock.advance(seconds(2));
    expect(events.lines[0]).toMatch(/ConfigSourcesDiffer: the resources cannot be used: /);
    expect(events.lines[1]).toMatch(/^Warning metallb-system\/teal ConfigRejected: line 1/);
    expect(events.lines[1]).toMatch(/; the ConfigMap stays in force$/);
  });

  test('on the side of the ConfigMap is not replaced by resources that nobody asked for', () => {
    legacy(TEAL);
    resources(TEAL);
    legacy('address-pools: 1\n');
    expect(taken.at(-1)).toMatchObject({ kind: 'refused', origin: { about: CONFIG_MAP } });
    expect(gauge.at(-1)).toBe(false);
  });

  test('cannot be compared where a right is missing', () => {
    legacy(TEAL);
    const origin = { fields: { resources: 'metallb-system' }, about: POOL, versions: 'teal@8' };
    const finding = said(TEAL, origin) as Finding & { kind: 'config' };
    guard.resources.take({ ...finding, unread: ['bgppeers'] });
    expect(inForce()).toBe('configmap');
    clock.advance(seconds(2));
    expect(events.lines[0]).toContain('of the resources, bgppeers could not be read');
  });
});

test('a guard that is closed says nothing more', () => {
  legacy(TEAL);
  resources(JADE);
  guard.close();
  clock.advance(seconds(60));
  expect(events.lines).toEqual([]);
});
