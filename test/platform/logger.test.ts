import { EventEmitter } from 'node:events';
import createTracer from 'debug';
import { afterEach, describe, expect, test } from 'vitest';
import { parseIp } from '../../src/runtime/net/index.ts';
import { Secret } from '../../src/runtime/model/index.ts';
import { JsonLogger, type LogThreshold } from '../../src/runtime/platform/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A pipe whose reader reads when told to. */
class Pipe extends EventEmitter {
  readonly read: string[] = [];
  stuck = false;
  writableLength = 0;
  readonly #waiting: { text: string; done: (() => void) | undefined }[] = [];

  get lines(): Record<string, unknown>[] {
    return this.read
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  write(text: string, done?: () => void): boolean {
    this.#waiting.push({ text, done });
    this.writableLength += text.length;
    if (!this.stuck) this.resume();
    return !this.stuck;
  }

  resume(): void {
    this.stuck = false;
    this.writableLength = 0;
    for (const { text, done } of this.#waiting.splice(0)) {
      this.read.push(text);
      done?.();
    }
    this.emit('drain');
  }
}

function open(threshold: LogThreshold = 'info'): { pipe: Pipe; log: JsonLogger } {
  const pipe = new Pipe();
  const clock = new ManualClock();
  return { pipe, log: new JsonLogger({ stream: pipe, clock, threshold, caller: 'metal-test' }) };
}

describe('a line of the log', () => {
  test('is one JSON object with its keys sorted', () => {
    const { pipe, log } = open();
    log.info({ op: 'startup', msg: 'here', 'node event': 'NodeJoin', Zeta: 1 });
    expect(pipe.read).toEqual([
      '{"Zeta":1,"caller":"metal-test","level":"info","msg":"here","node event":"NodeJoin",' +
        '"op":"startup","ts":"2026-01-01T00:00:00.000000000Z"}\n',
    ]);
  });

  test('keeps within one line whatever its values hold', () => {
    const { pipe, log } = open();
    log.info({ msg: 'two\nlines\u2028\u0007', 'a\nkey': '"' });
    expect(pipe.read.join('').match(/\n/g)).toHaveLength(1);
    expect(pipe.lines[0]).toMatchObject({ msg: 'two\nlines\u2028\u0007', 'a\nkey': '"' });
  });

  test.each<[name: string, value: unknown, printed: unknown]>([
    ['an address as text', parseIp('2001:DB8::1'), '2001:db8::1'],
    ['addresses as a list', [parseIp('192.0.2.1')], ['192.0.2.1']],
    ['no address as an empty text', '', ''],
    ['an error as its text', new Error('no route'), 'no route'],
    [
      'an error with the causes behind it',
      new Error('open link eth0', { cause: new Error('EPERM') }),
      'open link eth0: EPERM',
    ],
    ['an error without a text as its name', new TypeError(), 'TypeError'],
    ['errors inside lists', [new Error('a')], ['a']],
    ['a missing error as null', null, null],
    ['a value that is not there as null', undefined, null],
    ['a number too large for JSON as text', 9223372036854775807n, '9223372036854775807'],
    ['what is no number as text', Number.NaN, 'NaN'],
    ['octets as hexadecimal', Uint8Array.of(0, 255), '00ff'],
    ['a set as a list', new Set(['a']), ['a']],
    ['a map as an object', new Map([['a', 1]]), { a: 1 }],
    ['a function as null', () => 1, null],
    ['a password as its mask', new Secret('s3cret'), '[hidden]'],
    [
      'a password inside a structure as its mask',
      { peers: [{ password: new Secret('s3cret') }] },
      { peers: [{ password: '[hidden]' }] },
    ],
  ])('prints %s', (_name, value, printed) => {
    const { pipe, log } = open();
    log.info({ value });
    expect(pipe.lines[0]).toHaveProperty('value', printed);
    expect(pipe.read.join('')).not.toContain('s3cret');
  });

  test('is written even if a value contains itself', () => {
    const { pipe, log } = open();
    const value: Record<string, unknown> = {};
    value['self'] = value;
    log.info({ value, msg: 'still here' });
    expect(pipe.lines[0]).toMatchObject({
      msg: 'still here',
      value: expect.stringContaining('unprintable') as string,
    });
  });

  test('quotes no more than the beginning of a huge text', () => {
    const { pipe, log } = open();
    log.error({ error: 'x'.repeat(5_000_000), msg: 'refused' });
    expect(pipe.read.join('').length).toBeLessThan(20_000);
    expect(pipe.lines[0]).toMatchObject({
      msg: 'refused',
      error: expect.stringMatching(/x\.\.\.$/) as string,
    });
  });

  test('carries its context, and says its own time and level whatever the fields say', () => {
    const { pipe, log } = open();
    const service = log.with({ service: 'default/web', pool: 'teal' });
    service.warn({ pool: 'jade', level: 'none', ts: 'never' });
    expect(pipe.lines).toEqual([
      {
        caller: 'metal-test',
        level: 'warn',
        pool: 'jade',
        service: 'default/web',
        ts: '2026-01-01T00:00:00.000000000Z',
      },
    ]);
  });
});

test.each<[LogThreshold, string[]]>([
  ['all', ['debug', 'info', 'warn', 'error']],
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
  ['none', []],
])('--log-level=%s lets through %j', (threshold, passing) => {
  const { pipe, log } = open(threshold);
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    log[level]({ msg: level });
    expect(log.enabled(level)).toBe(passing.includes(level));
  }
  expect(pipe.lines.map(({ level }) => level)).toEqual(passing);
});

describe('tracing', () => {
  afterEach(() => createTracer.disable());

  test('lets through the debug lines of the parts that DEBUG names, and of no others', () => {
    const { pipe, log } = open('info');
    createTracer.enable('metal-lb:kube*,-metal-lb:kube:events');
    for (const part of ['kube', 'kube:watch', 'kube:events', 'arp']) {
      log.traced(part).with({ part }).debug({ msg: 'traced' });
    }
    log.debug({ msg: 'not traced' });
    expect(pipe.lines.map(({ part, level }) => [part, level])).toEqual([
      ['kube', 'debug'],
      ['kube:watch', 'debug'],
    ]);
  });

  test('can be switched while the program runs', () => {
    const { pipe, log } = open('none');
    const traced = log.traced('kube');
    traced.debug({ msg: 'before' });
    createTracer.enable('metal-lb:*');
    traced.debug({ msg: 'after' });
    expect(pipe.lines.map(({ msg }) => msg)).toEqual(['after']);
  });
});

describe('a reader of the log that is', () => {
  test('stuck costs a bounded amount of memory and is told what it missed', () => {
    const { pipe, log } = open();
    pipe.stuck = true;
    for (let i = 0; i < 50_000; i += 1) log.info({ msg: 'x'.repeat(100) });
    expect(pipe.writableLength).toBeLessThan(3 << 20);
    pipe.resume();
    const { dropped } = pipe.lines.at(-1)!;
    expect(pipe.lines).toHaveLength(50_000 - Number(dropped) + 1);
    log.info({ msg: 'afterwards' });
    expect(pipe.lines.at(-1)).toMatchObject({ msg: 'afterwards' });
  });

  test('gone is left in peace', async () => {
    const { pipe, log } = open();
    log.info({ msg: 'first' });
    pipe.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    log.info({ msg: 'second' });
    await log.flush();
    expect(pipe.lines.map(({ msg }) => msg)).toEqual(['first']);
  });

  test('slow has everything once flush resolves', async () => {
    const { pipe, log } = open();
    pipe.stuck = true;
    log.info({ msg: 'last words' });
    const flushed = log.flush();
    expect(pipe.lines).toEqual([]);
    pipe.resume();
    await flushed;
    expect(pipe.lines).toHaveLength(1);
  });
});
