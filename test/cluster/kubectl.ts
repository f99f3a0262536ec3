import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from './control-plane.ts';

export interface Outcome {
  readonly code: number;
  /** Standard output, line by line. */
  readonly lines: readonly string[];
  /** Standard error. */
  readonly complaint: string;
}

/** The real kubectl as the administrator of a control plane, with a home of its own: it keeps what it discovers. */
export class Kubectl {
  readonly #program: string;
  readonly #home: string;
  readonly #kubeconfig: string;

  constructor(plane: ControlPlane) {
    this.#program = plane.program('kubectl');
    this.#home = join(plane.dir, 'kubectl-home');
    mkdirSync(this.#home, { recursive: true });
    this.#kubeconfig = plane.kubeconfig('kubectl', plane.adminUser);
  }

  /** Resolves whatever the exit code is. */
  async run(...args: readonly string[]): Promise<Outcome> {
    const cache = ['--cache-dir', join(this.#home, 'cache')];
    const options = { env: { HOME: this.#home }, maxBuffer: 2 ** 26 };
    const given = ['--kubeconfig', this.#kubeconfig, ...cache, ...args];
    return await new Promise((resolve, reject) => {
      execFile(this.#program, given, options, (error, stdout, complaint) => {
        const code = error === null ? 0 : error.code;
        if (typeof code !== 'number') {
          reject(new Error(`kubectl ${args.join(' ')}: ${complaint}`, { cause: error }));
          return;
        }
        resolve({ code, lines: stdout.split('\n').filter((line) => line !== ''), complaint });
      });
    });
  }

  /** As {@link run}, and rejects unless the exit code is 0. */
  async must(...args: readonly string[]): Promise<readonly string[]> {
    const { code, lines, complaint } = await this.run(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: exit code ${code}: ${complaint}`);
    return lines;
  }

  /** The objects that a `get` finds. */
  async get<T>(...args: readonly string[]): Promise<T[]> {
    const lines = await this.must('get', ...args, '-o', 'json');
    const found = JSON.parse(lines.join('\n')) as { items?: T[] };
    return found.items ?? [found as T];
  }
}
