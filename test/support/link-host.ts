/** A program for a network namespace: an Announcer on the real links, told what to do in JSON lines. */
import { createInterface } from 'node:readline';
import { Announcer } from '../../src/runtime/layer2/index.ts';
import type { Remark } from '../../src/runtime/model/index.ts';
import type { IpAddress } from '../../src/runtime/net/index.ts';
import { WorkerLinkLayer } from '../../src/runtime/platform/index.ts';
import {
  type Clock,
  type LogFields,
  type Logger,
  millis,
} from '../../src/runtime/platform/ports.ts';
import { HostSpeaker } from './host-speaker.ts';

/** What of the links is served, as the program's second argument tells it. */
export interface HostOptions {
  /** The only ones. */
  readonly interfaces?: readonly string[];
  /** Those left out. */
  readonly excluded?: readonly string[];
}

export type HostCommand =
  | { op: 'set'; service: string; addresses: string[]; interfaces?: string[] }
  | { op: 'delete'; service: string }
  /** A speaker announces its one Service from now on, on these lists of interfaces: one an advertisement. */
  | { op: 'configure'; pool: string; lists: string[][] }
  /** Keeps the main loop from turning for so many milliseconds. */
  | { op: 'block'; forMillis: number }
  | { op: 'report' }
  | { op: 'stop' };

export type HostReport =
  | { type: 'log'; level: string; fields: LogFields }
  | { type: 'count'; what: 'request' | 'response' | 'gratuitous'; address: string; count: number }
  | { type: 'event'; remark: Remark }
  | { type: 'done'; op: HostCommand['op'] }
  | { type: 'died'; error: string };

const tell = (report: HostReport): boolean => process.stdout.write(`${JSON.stringify(report)}\n`);

const clock: Clock = {
  now: () => millis(performance.now()),
  epochMillis: () => Date.now(),
  after: (delay, fire) => {
    const timer = setTimeout(fire, delay);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

function logger(context: LogFields): Logger {
  const line =
    (level: string) =>
    (fields: LogFields): void =>
      void tell({ type: 'log', level, fields: { ...context, ...fields } });
  return {
    enabled: () => true,
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (more) => logger({ ...context, ...more }),
  };
}

const count =
  (what: 'request' | 'response' | 'gratuitous') =>
  (address: IpAddress, added: number): void =>
    void tell({ type: 'count', what, address, count: added });

const [worker = '', chosen = '{}'] = process.argv.slice(2);
const { interfaces, excluded } = JSON.parse(chosen) as HostOptions;
const end = new AbortController();
let speaker: HostSpeaker | undefined;
const announcer = new Announcer({
  layer: new WorkerLinkLayer({ entry: new URL(worker), purpose: 'the test', trace: true }),
  clock,
  logger: logger({}),
  observer: {
    requestReceived: count('request'),
    responseSent: count('response'),
    gratuitousSent: count('gratuitous'),
  },
  ...(interfaces && { interfaces }),
  ...(excluded && { excluded: (name: string) => excluded.includes(name) }),
});
const recorded = (remark: Remark): unknown => tell({ type: 'event', remark });

async function carryOut(command: HostCommand): Promise<void> {
  switch (command.op) {
    case 'set':
      announcer.set(command.service, command.addresses as IpAddress[], command.interfaces);
      break;
    case 'configure':
      speaker ??= new HostSpeaker({ announcer, clock, logger: logger({}), recorded }, end.signal);
      speaker.configure(command.pool, command.lists);
      // The speaker works as soon as it gets its turn.
      await new Promise((resolve) => setTimeout(resolve, 1));
      break;
    case 'delete':
      announcer.delete(command.service);
      break;
    case 'block':
      for (const start = performance.now(); performance.now() - start < command.forMillis;);
      break;
    case 'report':
      break;
    case 'stop':
      end.abort();
      return;
  }
  // Commands take effect in order, so that whatever follows finds this one done.
  await announcer.report();
  tell({ type: 'done', op: command.op });
}

const input = createInterface({ input: process.stdin });
input.on('line', (line) => void carryOut(JSON.parse(line) as HostCommand));
input.on('close', () => end.abort());
announcer.run(end.signal).then(
  () => {
    tell({ type: 'done', op: 'stop' });
    input.close();
  },
  (error: unknown) => {
    tell({ type: 'died', error: String(error) });
    process.exitCode = 1;
    input.close();
  },
);
