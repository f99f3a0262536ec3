import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Operation, decodeArp } from '../../arp/index.ts';
import { decodeFrame } from '../../net/index.ts';
import type { RequesterReport } from './requester.ts';
import type { StandaloneReport } from '../standalone/output.ts';

export interface StageOptions {
  readonly directory: string;
  /** Ends after the first answers. */
  readonly once: boolean;
  /** Whether this process is in a network namespace of its own, where it may do as it likes. */
  readonly namespaced: boolean;
}

const HOST_LINK = 'ml-host';
const CLIENT_LINK = 'ml-client';

/**
 * Runs metal-standalone on the folder and, at the other end of a cable, a station that asks by ARP for every address
 * that appears; prints what both say. The namespaces, the cable and the station end with this process.
 */
export async function perform(options: StageOptions): Promise<number> {
  const station = options.namespaced ? await Station.start() : undefined;
  const program = startStandalone(options);
  const show = new Show(options, station, () => program.kill('SIGTERM'));
  const end = (): void => void program.kill('SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  if (process.connected) process.once('disconnect', end);
  process.stdout.on('error', end); // Nobody reads on.
  process.stdin.resume().once('end', () => show.inputEnded());
  const output = createInterface({ input: program.stdout ?? process.stdin });
  for await (const line of output) await show.hear(JSON.parse(line) as StandaloneReport);
  if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
  station?.stop();
  // Either would keep this process waiting for more.
  process.stdin.destroy();
  if (process.connected) process.disconnect();
  return show.satisfied ? 0 : 1;
}

function startStandalone({ directory, namespaced }: StageOptions): ChildProcess {
  const entry = fileURLToPath(new URL('./standalone.js', import.meta.url));
  const where = namespaced ? ['--interface', HOST_LINK] : ['--no-announce'];
  const args = [entry, '--dir', directory, '--output', 'json', ...where];
  // The channel tells it when this process is no more.
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
}

/** The other end of the cable, in a network namespace of its own. */
class Station {
  readonly #process: ChildProcess;
  readonly #reports: AsyncIterator<string>;

  private constructor(process: ChildProcess) {
    this.#process = process;
    if (process.stdout === null) throw new RangeError('the requester has no output');
    this.#reports = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  static async start(): Promise<Station> {
    const entry = fileURLToPath(new URL('./quickstart.js', import.meta.url));
    const args = ['--net', process.execPath, entry, 'requester', CLIENT_LINK];
    const child = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const station = new Station(child);
    await station.#next();
    const peer = ['peer', 'name', CLIENT_LINK, 'netns', String(child.pid)];
    execFileSync('ip', ['link', 'add', HOST_LINK, 'type', 'veth', ...peer]);
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    execFileSync('ip', ['link', 'set', HOST_LINK, 'up']);
    return station;
  }

  /** Asks the wire who has the address. */
  ask(address: string): Promise<RequesterReport> {
    this.#process.stdin?.write(`${address}\n`);
    return this.#next();
  }

  stop(): void {
    this.#process.stdin?.end();
  }

  async #next(): Promise<RequesterReport> {
    const next: IteratorResult<string, unknown> = await this.#reports.next();
    if (next.done === true) return { type: 'unable', message: 'the requester ended' };
    return JSON.parse(next.value) as RequesterReport;
  }
}

/** Turns what is heard into what a newcomer reads. */
class Show {
  readonly #options: StageOptions;
  readonly #station: Station | undefined;
  readonly #end: () => void;
  #addresses: ReadonlySet<string> = new Set();
  #rounds = 0;
  #inputEnded = false;
  #answered = true;

  constructor(options: StageOptions, station: Station | undefined, end: () => void) {
    this.#options = options;
    this.#station = station;
    this.#end = end;
  }

  /** Whether there were addresses and each of them answered, where there was somebody to ask. */
  get satisfied(): boolean {
    return this.#rounds > 0 && this.#answered;
  }

  async hear(report: StandaloneReport): Promise<void> {
    if (report.type !== 'services') {
      print(report.text);
      return;
    }
    print(`\n${report.table}`);
    const now = new Set(report.addresses);
    const before = this.#addresses;
    this.#addresses = now;
    const asked = [...now].filter((address) => !before.has(address));
    for (const address of asked) await this.#ask(address, true);
    for (const address of before) if (!now.has(address)) await this.#ask(address, false);
    if (asked.length > 0) this.#roundEnded();
  }

  /** Nobody is there to read on: what was begun is still shown. */
  inputEnded(): void {
    this.#inputEnded = true;
    if (this.#rounds > 0) this.#end();
  }

  #roundEnded(): void {
    this.#rounds += 1;
    if (this.#options.once || this.#inputEnded) {
      this.#end();
    } else if (this.#rounds === 1) {
      print(`\nNow edit a file in ${this.#options.directory} and watch. Control-C ends.`);
    }
  }

  async #ask(address: string, expected: boolean): Promise<void> {
    if (this.#station === undefined || address.includes(':')) return;
    print(`\nThe second namespace asks on ${CLIENT_LINK}: who has ${address}?`);
    const report = await this.#station.ask(address);
    if (report.type === 'answer' && report.frame !== undefined) {
      print(describe(Buffer.from(report.frame, 'hex')));
    } else if (report.type === 'unable') {
      print(`  it cannot ask: ${report.message}`);
    } else {
      print(`  nobody answers${expected ? '' : ' any more'}`);
    }
    const answered = report.type === 'answer' && report.frame !== undefined;
    if (answered !== expected) this.#answered = false;
  }
}

/** The frame as it arrived, field by field and octet by octet. */
function describe(octets: Uint8Array): string {
  const { destination, source, payload } = decodeFrame(octets);
  const { operation, sender, target } = decodeArp(payload);
  const word = operation === Operation.Reply ? 'reply' : 'request';
  const rows = Buffer.from(octets)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ')
    .match(/.{1,48}/g);
  return [
    `It received ${octets.length} octets: ${sender.ip} is at ${sender.mac}`,
    `  Ethernet  from ${source} to ${destination}, type 0x0806 (ARP)`,
    `  ARP       ${word}, sender ${sender.ip} (${sender.mac}), target ${target.ip} (${target.mac})`,
    ...(rows ?? []).map((row) => `  ${row.trim()}`),
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
