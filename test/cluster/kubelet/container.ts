import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Container, Probe } from 'kubernetes-types/core/v1.d.ts';
import { type Ending, Program } from '../program.ts';
import { ControlGroup } from './cgroup.ts';
import type { PodNetwork } from './network.ts';
import { type ContainerPlan, CreateContainerConfigError } from './plan.ts';
import { ask } from './probe.ts';
import type { Mount } from './volumes.ts';

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly since: Date }
  | { readonly kind: 'terminated'; readonly exitCode: number; readonly at: Date };

export interface ContainerOptions {
  readonly container: Container;
  readonly restart: 'Always' | 'OnFailure' | 'Never';
  readonly network: PodNetwork;
  readonly mounts: readonly Mount[];
  /** Where its log is, and what it writes outside its mounts. */
  readonly dir: string;
  readonly plan: () => Promise<ContainerPlan>;
  /** The compiled contain.c. */
  readonly launcher: string;
  /** Milliseconds to wait before a restart, by how many there were. */
  readonly backOff: (restarts: number) => number;
  readonly changed: () => void;
}

/** How long a container that must go is waited for, unless its pod says otherwise; milliseconds. */
export const GRACE_MS = 2000;
const RETRY_MS = 500;
const DEVICES: Mount = { source: '/dev', target: '/dev' };

/** One container of a pod: started, probed, started again when it ends, as a kubelet does. */
export class RunningContainer {
  readonly name: string;
  readonly #options: ContainerOptions;
  #state: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' };
  #last: ContainerState | undefined;
  #program: Program | undefined;
  #cgroup: ControlGroup | undefined;
  #restarts = 0;
  #probedReady = false;
  readonly #stopping: AbortController = new AbortController();

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.name = options.container.name;
    mkdirSync(options.dir, { recursive: true });
  }

  get state(): ContainerState {
    return this.#state;
  }

  /** How it ended the time before, if it did. */
  get last(): ContainerState | undefined {
    return this.#last;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get ready(): boolean {
    if (this.#state.kind !== 'running') return false;
    return this.#options.container.readinessProbe === undefined || this.#probedReady;
  }

  /** The process, as long as there is one. */
  get program(): Program | undefined {
    return this.#program;
  }

  /** Where its limits are kept, when it has any. */
  get cgroup(): ControlGroup | undefined {
    return this.#cgroup;
  }

  get log(): string {
    return join(this.#options.dir, `${this.name}.log`);
  }

  /** Keeps it running until it is stopped or has ended for good. */
  async run(): Promise<void> {
    while (!isOver(this.#stopping.signal)) {
      const ending = await this.#once();
      if (ending === undefined) continue;
      if (isOver(this.#stopping.signal) || !this.#again(ending)) return;
      this.#last = this.#state;
      await this.#wait(this.#options.backOff(this.#restarts), 'CrashLoopBackOff');
      this.#restarts += 1;
    }
  }

  /** Asks it to end; kills it after the grace, in milliseconds. */
  async stop(grace: number): Promise<void> {
    this.#stopping.abort();
    await this.#program?.stop(grace === 0 ? 'SIGKILL' : 'SIGTERM', grace);
  }

  #again({ code }: Ending): boolean {
    const { restart } = this.#options;
    return restart === 'Always' || (restart === 'OnFailure' && code !== 0);
  }

  async #once(): Promise<Ending | undefined> {
    let plan: ContainerPlan;
    try {
      plan = await this.#options.plan();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reason = error instanceof CreateContainerConfigError ? error.name : 'RunContainerError';
      await this.#wait(RETRY_MS, reason, error.message);
      return undefined;
    }
    if (isOver(this.#stopping.signal)) return undefined;
    if (Object.keys(plan.limits).length > 0) this.#cgroup ??= new ControlGroup(plan.limits);
    const program = this.#start(plan);
    this.#become({ kind: 'running', since: new Date() });
    const probing = new AbortController();
    void this.#probe(program, probing.signal);
    const ending = await program.ended;
    probing.abort();
    this.#probedReady = false;
    this.#become({ kind: 'terminated', exitCode: exitCode(ending), at: new Date() });
    return ending;
  }

  #start(plan: ContainerPlan): Program {
    const { network, launcher, mounts, dir } = this.#options;
    const scratch = join(dir, `${this.name}.scratch`);
    mkdirSync(scratch, { recursive: true });
    const options = [
      ...['--image', plan.root, '--scratch', scratch],
      ...['--user', String(plan.user), '--group', String(plan.group)],
      ...(plan.readOnly ? ['--read-only'] : []),
      ...(plan.noNewPrivileges ? ['--no-new-privileges'] : []),
      ...plan.capabilities.flatMap((number) => ['--capability', String(number)]),
      ...[DEVICES, ...mounts].flatMap(({ source, target }) => ['--mount', `${source}:${target}`]),
      ...(this.#cgroup?.folders ?? []).flatMap((folder) => ['--cgroup', folder]),
    ];
    const enter = [`--net=/run/netns/${network.namespace.name}`, '--', launcher];
    this.#program = new Program('nsenter', [...enter, ...options, '--', ...plan.argv], {
      log: this.log,
      env: plan.env,
      bare: true,
    });
    return this.#program;
  }

  async #probe(program: Program, signal: AbortSignal): Promise<void> {
    const { readinessProbe, livenessProbe } = this.#options.container;
    const loops: Promise<void>[] = [];
    if (readinessProbe !== undefined) {
      loops.push(
        this.#follow(readinessProbe, signal, (well) => {
          this.#probedReady = well;
          this.#options.changed();
        }),
      );
    }
    if (livenessProbe !== undefined) {
      loops.push(
        this.#follow(livenessProbe, signal, (well) => {
          if (!well) void program.stop('SIGTERM', GRACE_MS);
        }),
      );
    }
    await Promise.all(loops);
  }

  /** Tells every change of what a probe says, by its thresholds. */
  async #follow(probe: Probe, signal: AbortSignal, say: (well: boolean) => void): Promise<void> {
    const { initialDelaySeconds = 0, periodSeconds = 10 } = probe;
    const needed = { true: probe.successThreshold ?? 1, false: probe.failureThreshold ?? 3 };
    let [streak, last, said] = [0, false, undefined as boolean | undefined];
    await sleep(initialDelaySeconds * 1000, signal);
    while (!isOver(signal)) {
      const well = await ask(probe, this.#options.container, this.#options.network.address);
      if (isOver(signal)) return;
      streak = well === last ? streak + 1 : 1;
      last = well;
      if (well !== said && streak >= needed[`${well}`]) {
        said = well;
        say(well);
      }
      await sleep(periodSeconds * 1000, signal);
    }
  }

  async #wait(milliseconds: number, reason: string, message?: string): Promise<void> {
    if (milliseconds === 0) return;
    this.#become({ kind: 'waiting', reason, ...(message !== undefined && { message }) });
    await sleep(milliseconds, this.#stopping.signal);
  }

  #become(state: ContainerState): void {
    this.#state = state;
    this.#options.changed();
  }

  /** Gives back what outlives the processes. */
  close(): void {
    this.#cgroup?.close();
    this.#cgroup = undefined;
  }
}

/** Asked anew each time: it changes while the caller awaits. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

function exitCode({ code, signal }: Ending): number {
  // As a shell has it, so that a crash is told from a kill.
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}

/** Resolves after a while, or as soon as the signal says so. */
async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(milliseconds, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
