import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LanHost } from '../../cluster/index.ts';
import { Journal } from './journal.ts';

/** The prober says that a machine answers no more, and that a doubling is over, after so many milliseconds of doubt. */
const DOUBT = 60;

/** A machine of its own that asks by ARP all the time who has the addresses, and keeps account of the answers. */
export class Prober {
  readonly journal: Journal = new Journal();
  /** Milliseconds between two questions about an address. */
  readonly every: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #excuse = '';

  /** @param dir - where the program is kept */
  constructor(
    host: LanHost,
    dir: string,
    { addresses, every }: { readonly addresses: readonly string[]; readonly every: number },
  ) {
    this.every = every;
    const binary = join(dir, 'failover-prober');
    execFileSync('gcc', ['-O2', '-Wall', '-o', binary, 'test/support/failover/prober.c']);
    this.#child = host.namespace.spawn(binary, ['eth0', String(every)], { stdio: 'pipe' });
    this.#ended = once(this.#child, 'close');
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.journal.read(text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#excuse += text));
    this.#child.stdin?.end(addresses.map((address) => `${address}\n`).join(''));
  }

  /** Waits until whatever has ended by now has been told. */
  async settled(): Promise<void> {
    await pause(2 * Math.max(3 * this.every, DOUBT) + this.every);
    const { exitCode, signalCode } = this.#child;
    const code = exitCode ?? signalCode;
    if (code !== null) throw new Error(`the prober ended with ${code}: ${this.#excuse}`);
  }

  /** Ends it, if that has not happened; what it said at its end is in the journal then. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}
