import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** What a container may use at most; nothing where undefined. */
export interface Limits {
  /** Cores. */
  readonly cpu?: number;
  /** Octets. */
  readonly memory?: number;
}

const MOUNT = '/sys/fs/cgroup';
/** Microseconds; the kubelet's. */
const PERIOD = 100_000;

/** How the names begin of all groups made with one folder for temporary files: a killed run leaves them. */
export const groupPrefix = (scratch: string): string => `metal-lb-test-${basename(scratch)}-`;

/** A control group of either version of the kernel's interface, as a kubelet would make for a container. */
export class ControlGroup {
  /** Where a process writes its pid to enter. */
  readonly folders: readonly string[];
  readonly #unified: boolean = existsSync(join(MOUNT, 'cgroup.controllers'));

  constructor({ cpu, memory }: Limits) {
    const name = `${groupPrefix(tmpdir())}${randomUUID()}`;
    this.folders = this.#unified
      ? [join(MOUNT, name)]
      : [join(MOUNT, 'cpu', name), join(MOUNT, 'memory', name)];
    for (const folder of this.folders) mkdirSync(folder);
    if (cpu !== undefined) this.#limitCpu(Math.round(cpu * PERIOD));
    if (memory !== undefined) this.#limitMemory(memory);
  }

  /** Periods in which the processes had to wait, and how often one was killed for memory. */
  get counts(): { readonly throttled: number; readonly killed: number } {
    const kills = this.#unified ? 'memory.events' : 'memory.oom_control';
    return {
      throttled: this.#count('cpu.stat', 'nr_throttled'),
      killed: this.#count(kills, 'oom_kill'),
    };
  }

  close(): void {
    for (const folder of this.folders) rmdirSync(folder);
  }

  #limitCpu(quota: number): void {
    if (this.#unified) this.#write('cpu.max', `${quota} ${PERIOD}`);
    else this.#write('cpu.cfs_quota_us', String(quota));
  }

  #limitMemory(octets: number): void {
    this.#write(this.#unified ? 'memory.max' : 'memory.limit_in_bytes', String(octets));
  }

  #write(file: string, text: string): void {
    writeFileSync(this.#path(file), text);
  }

  #count(file: string, key: string): number {
    const text = readFileSync(this.#path(file), 'utf8');
    return Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  }

  #path(file: string): string {
    const [first = '', second = first] = this.folders;
    return join(file.startsWith('cpu') ? first : second, file);
  }
}
