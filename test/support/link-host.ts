/** A program for a network namespace: an Announcer on the real links, told what to do in JSON lines. */
import { createInterface } from 'node:readline';
import { Announcer, type Conflict } from '../../src/runtime/layer2/index.ts';
import type { Remark } from '../../src/runtime/model/index.ts';
import type { IpAddress, MacAddress } from '../../src/runtime/net/index.ts';
import { WorkerLinkLayer } from '../../src/runtime/platform/index.ts';
import {
  type Clock,
  type LogFields,
  type Logger,
  millis,
} from '../../src/runtime/platform/ports.ts';
import { HostSpeaker } from './host-speaker.ts';
import { KnownStations } from './known-stations.ts';

/** What of the links is served, as the program's second argument tells it. */
export interface HostOptions {
  /** The only ones. */
  readonly interfaces?: readonly string[];
  /** Those left out. */
  readonly excluded?: readonly string[];
  /** Other nodes, as this one knows them: watches out for conflicts with them and with strangers. */
  readonly stations?: readonly HostStation[];
  /** Milliseconds after which everything is announced again. */
  readonly announceEvery?: number;
  /** Milliseconds that the links may stand still. */
  readonly pauseLimit?: number;
  /** Probes for addresses before their first use. */
  readonly probeFirst?: boolean;
}

export interface HostStation {
  readonly node: string;
  readonly mac: string;
  readonly isMember: boolean;
  /** Whether it comes first in the order of election. */
  readonly outranks: boolean;
}

export type HostCommand =
  | { op: 'set'; service: string; addresses: string[]; interfaces?: string[]; first?: boolean }
  | { op: 'delete'; service: string }
  | { op: 'handOver'; service: string; within: number }
  | { op: 'suspend' }
  | { op: 'resume' }
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
  | { type: 'conflict'; what: 'found' | 'ended'; conflict: Conflict }
  | { type: 'stoodStill'; duration: number }
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
const { interfaces, excluded, stations, announceEvery, pauseLimit, probeFirst } = JSON.parse(
  chosen,
) as HostOptions;
const known = new KnownStations();
for (const { node, mac, isMember, outranks } of stations ?? []) {
  known.nodes.set(mac as MacAddress, node);
  if (isMember) known.members.add(node);
  if (outranks) known.higher.add(node);
}
const conflicts = {
  rivals: known,
  observer: {
    found: (conflict: Conflict) => tell({ type: 'conflict', what: 'found', conflict }),
    ended: (conflict: Conflict) => tell({ type: 'conflict', what: 'ended', conflict }),
  },
};
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
  ...(stations && { conflicts }),
  ...(announceEvery !== undefined && { announceEvery: millis(announceEvery) }),
  ...(probeFirst && { probeFirst: { float: () => 0, bytes: (length) => new Uint8Array(length) } }),
});
if (pauseLimit !== undefined) {
  announcer.watchPauses(
    () => millis(pauseLimit),
    (duration) => tell({ type: 'stoodStill', duration }),
  );
}
const recorded = (remark: Remark): unknown => tell({ type: 'event', remark });

async function carryOut(command: HostCommand): Promise<void> {
  switch (command.op) {
    case 'set':
      announcer.set(
        command.service,
        command.addresses as IpAddress[],
        command.interfaces,
        command.first,
      );
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
    case 'handOver':
      announcer.handOver(command.service, millis(command.within));
      break;
    case 'suspend':
      announcer.suspend();
      break;
    case 'resume':
      announcer.resume();
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
