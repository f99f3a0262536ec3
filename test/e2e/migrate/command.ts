import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ControlPlane } from '../../cluster/index.ts';
import type { Relay } from './relay.ts';

export interface Ending {
  /** Absent: it was killed. */
  readonly code: number | undefined;
  readonly printed: string;
  readonly complained: string;
}

/** The built command, run by a person in a folder of their own against one control plane. */
export class MigrateCommand {
  readonly folder: string;
  readonly #plane: ControlPlane;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.folder = mkdtempSync(join(plane.dir, 'person-'));
  }

  async run(...argv: readonly string[]): Promise<Ending> {
    const kubeconfig = this.#plane.kubeconfig('person', this.#plane.adminUser);
    return await this.#start(kubeconfig, argv).ending;
  }

  /** Runs it through a relay and kills it, as by kill -9, once so many writes are done; or lets it end before. */
  async runUntil(relay: Relay, writes: number, ...argv: readonly string[]): Promise<Ending> {
    const { ending, end } = this.#start(relay.kubeconfig(), argv);
    relay.stopAfter({ writes, reached: () => end('SIGKILL'), replies: false });
    return await ending;
  }

  /** Runs it through a relay and sends it a signal once so many writes are done, as by Ctrl-C. */
  async interruptAfter(
    relay: Relay,
    { writes, signal }: { readonly writes: number; readonly signal: NodeJS.Signals },
    ...argv: readonly string[]
  ): Promise<Ending> {
    const { ending, end } = this.#start(relay.kubeconfig(), argv);
    relay.stopAfter({ writes, reached: () => end(signal), replies: true });
    return await ending;
  }

  #start(
    kubeconfig: string,
    argv: readonly string[],
  ): { readonly ending: Promise<Ending>; readonly end: (signal: NodeJS.Signals) => void } {
    const program = resolve(process.env['PROGRAMS'] ?? 'dist', 'migrate.js');
    const given = [program, ...argv, '--kubeconfig', kubeconfig];
    const child = spawn(process.execPath, given, {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [printed, complained]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => void printed.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void complained.push(text));
    const ending = new Promise<Ending>((settle, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        settle({
          code: code ?? undefined,
          printed: printed.join(''),
          complained: complained.join(''),
        });
      });
    });
    return { ending, end: (signal) => void child.kill(signal) };
  }
}
