import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { type Cluster, GATEWAY } from '../../cluster/index.ts';
import { brokenPromise } from '../expectation.ts';
import type { Step } from '../page.ts';

/** How long a reader waits for what a page promises. */
const PATIENCE_MS = 45_000;
/** What changes something, and is therefore given once. */
const ACTION =
  /\bkubectl\b.*\b(apply|patch|delete|annotate|scale|set|restart|undo)\b|--write |\bip (address|link) (add|del|set)\b| > (?!\/dev)/;

interface Outcome {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** The operator's machine and root shells on the nodes; every shell starts in the folder of saved files. */
export class Shell {
  readonly #cluster: Cluster;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(cluster: Cluster) {
    const { plane } = cluster;
    this.#cluster = cluster;
    this.#folder = mkdtempSync(join(plane.dir, 'operator-'));
    for (const tree of ['manifests', 'charts']) {
      symlinkSync(resolve(tree), join(this.#folder, tree));
    }
    const bin = join(this.#folder, 'bin');
    mkdirSync(bin);
    symlinkSync(plane.program('kubectl'), join(bin, 'kubectl'));
    const migrate = resolve(process.env['PROGRAMS'] ?? 'dist', 'migrate.js');
    writeFileSync(
      join(bin, 'metal-migrate'),
      `#!/bin/sh\nexec ${process.execPath} ${migrate} "$@"\n`,
    );
    chmodSync(join(bin, 'metal-migrate'), 0o755);
    // A connection that began while its address moved may hang for ever; a person would try again.
    writeFileSync(join(this.#folder, '.curlrc'), 'max-time = 10\n');
    this.#env = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: this.#folder,
      KUBECONFIG: plane.kubeconfig('operator', plane.adminUser, GATEWAY),
      LC_ALL: 'C.UTF-8',
    };
  }

  /** Saves a file as a page shows it. */
  save(name: string, content: string): void {
    writeFileSync(join(this.#folder, name), content);
  }

  /** Gives a command, and looks again at what only looks, until the page is right; rejects if it never is. */
  async follow(step: Step, { fails }: { readonly fails: boolean }): Promise<void> {
    const deadline = Date.now() + (ACTION.test(step.command) ? 0 : PATIENCE_MS);
    for (;;) {
      const outcome = await this.#run(step);
      const complaint = complaintAbout(step, outcome, fails);
      if (complaint === undefined) return;
      if (Date.now() >= deadline) throw new Error(complaint);
      await pause(500);
    }
  }

  async #run({ machine, command }: Step): Promise<Outcome> {
    const { client } = this.#cluster;
    const { namespace } = machine === undefined ? client : this.#cluster.node(machine);
    const script = `exec 2>&1; ${command}`;
    const argv = ['netns', 'exec', namespace.name, 'timeout', '120', 'bash', '-c', script];
    const child = spawn('ip', argv, {
      cwd: this.#folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<number | null>((done, failed) => {
      child.on('error', failed).on('close', done);
    });
    const printed = await text(child.stdout);
    return { code: await ended, lines: printed.split('\n') };
  }
}

function complaintAbout(step: Step, { code, lines }: Outcome, fails: boolean): string | undefined {
  const broken = brokenPromise(step.expected, lines);
  const ended = (code === 0) === !fails;
  if (broken === undefined && ended) return undefined;
  const why = broken === undefined ? 'it ended otherwise' : `not there: ${broken}`;
  return `line ${step.line}: ${step.command}\n${why}\nexit code ${String(code)}, printed:\n${lines.join('\n')}`;
}
