import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeyFile } from '../../src/runtime/bin/daemon/ring/keys.ts';
import { kernelNeighbors } from '../../src/runtime/bin/daemon/ring/neighbors.ts';
import { Keyring, deriveKey } from '../../src/runtime/gossip/index.ts';
import { Secret } from '../../src/runtime/model/index.ts';
import { seconds } from '../../src/runtime/platform/ports.ts';
import { exitOf, speaker, speakerStarts } from '../support/command-lines.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { SeededRandom } from '../support/seeded-random.ts';

let folder: string;
let clock: ManualClock;
let logger: RecordingLogger;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ring-'));
  clock = new ManualClock();
  logger = new RecordingLogger();
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a mounted key that changes', () => {
  const rings: Keyring[] = [];
  let file: KeyFile;

  beforeEach(() => {
    rings.length = 0;
    put('old key of the ring');
    const secret = new Secret('old key of the ring');
    const ports = { clock, logger, useKeys: (keys: Keyring) => void rings.push(keys) };
    file = new KeyFile(ports, { path: folder, secret, bytes: 16 });
  });

  test('is understood at once, spoken after three minutes, and alone after six', async () => {
    put('new key of the ring');
    await file.look();
    expect([sealedBy(), understands('old'), understands('new')]).toEqual(['old', true, true]);
    clock.advance(seconds(180));
    await file.look();
    expect([sealedBy(), understands('old'), understands('new')]).toEqual(['new', true, true]);
    clock.advance(seconds(180));
    await file.look();
    expect([sealedBy(), understands('old'), understands('new')]).toEqual(['new', false, true]);
    expect(said()).toEqual([
      'the memberlist key changed: accepted from now on, used once all speakers have it',
      'the new memberlist key is in use',
      'the old memberlist key is gone',
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain('key of the ring');
  });

  test('changes nothing while it is the same, empty or unreadable, of which the last is said once', async () => {
    await file.look();
    put('');
    await file.look();
    rmSync(join(folder, 'secretkey'));
    await file.look();
    await file.look();
    expect(rings).toEqual([]);
    expect(said()).toEqual(['failed to read memberlist secret key']);
  });

  function sealedBy(): 'old' | 'new' | undefined {
    const envelope = rings.at(-1)!.seal(Uint8Array.of(1), new Uint8Array(), new SeededRandom());
    return (['old', 'new'] as const).find(
      (name) => ringOf(name).open(envelope, new Uint8Array()) !== undefined,
    );
  }

  function understands(name: 'old' | 'new'): boolean {
    const envelope = ringOf(name).seal(Uint8Array.of(1), new Uint8Array(), new SeededRandom());
    return rings.at(-1)!.open(envelope, new Uint8Array()) !== undefined;
  }

  function ringOf(name: string): Keyring {
    return new Keyring([deriveKey(new Secret(`${name} key of the ring`), 16)]);
  }
});

describe('the neighbors that the kernel knows', () => {
  const HEADING = 'IP address       HW type     Flags       HW address            Mask     Device';

  test('are told by hardware address; those that never answered are not', () => {
    put(
      [
        HEADING,
        '192.0.2.11       0x1         0x2         00:00:5e:00:53:11     *        eth0',
        '192.0.2.12       0x1         0x0         00:00:00:00:00:00     *        eth0',
        'nonsense',
      ].join('\n'),
    );
    const neighbors = kernelNeighbors(clock, logger, join(folder, 'secretkey'));
    expect([...neighbors()]).toEqual([['00:00:5e:00:53:11', '192.0.2.11']]);
  });

  test('are read once a second at most, and their absence is said once', () => {
    const neighbors = kernelNeighbors(clock, logger, join(folder, 'secretkey'));
    expect(neighbors().size).toBe(0);
    put(`${HEADING}\n192.0.2.11 0x1 0x2 00:00:5e:00:53:11 * eth0\n`);
    expect(neighbors().size).toBe(0);
    clock.advance(seconds(1));
    expect(neighbors().size).toBe(1);
    expect(said()).toEqual(['cannot read the neighbors of this node']);
  });
});

describe('the flags of the ring and of layer 2', () => {
  test('leave everything as it was unless they are given, but for a reminder every two minutes', () => {
    const { memberlist, layer2 } = speakerStarts([]);
    expect(memberlist).toMatchObject({ label: '', failover: 'default', minority: 'announce' });
    expect(layer2).toEqual({ announceInterval: 120_000, probeAddresses: false });
  });

  test.each<[text: string, millis: number]>([
    ['0', 0],
    ['0s', 0],
    ['1s', 1000],
    ['1m30s', 90_000],
  ])('-announce-interval=%s is %i ms', (text, millis) => {
    expect(speakerStarts([`-announce-interval=${text}`]).layer2.announceInterval).toBe(millis);
  });

  test.each(['', '5', 'soon', '-1m', '10ms', '1ns'])('-announce-interval=%j is refused', (text) => {
    const { code, log } = exitOf(speaker([`-announce-interval=${text}`]));
    expect([code, log?.fields['msg']]).toEqual([1, 'invalid announce-interval']);
  });

  test.each<[argv: string[], message: string]>([
    [['-failover=quick'], 'invalid value "quick" for flag -failover: want default or fast'],
    [['-minority=vote'], 'invalid value "vote" for flag -minority: want announce or withdraw'],
  ])('%j is refused with the choices there are', (argv, message) => {
    const { code, stderr } = exitOf(speaker(argv));
    expect([code, stderr.split('\n', 1)]).toEqual([2, [message]]);
  });

  test.each<[argv: string[], error: RegExp]>([
    [['-ml-bindaddr=nowhere', '-ml-labels=a=b'], /ml-bindaddr is no address: nowhere/],
    [['-ml-bindaddr=192.0.2.1', '-ml-labels=a=b', `-ml-label=${'x'.repeat(256)}`], /255 bytes/],
  ])('a ring that cannot be is refused: %j', (argv, error) => {
    const { code, log } = exitOf(speaker(argv));
    expect([code, log?.fields['msg']]).toEqual([1, 'failed to create memberlist']);
    expect(log?.fields['error']).toMatch(error);
  });
});

function put(text: string): void {
  writeFileSync(join(folder, 'secretkey'), text);
}

function said(): unknown[] {
  return logger.lines.map(({ fields }) => fields['msg']);
}
