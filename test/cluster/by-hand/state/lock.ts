import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import koffi from 'koffi';

const flock = koffi.load(null).func('int flock(int, int)') as (fd: number, op: number) => number;

/** LOCK_EX | LOCK_NB of flock(2). */
const EXCLUSIVE_AT_ONCE = 2 | 4;

/** The right to what is in a folder. The kernel ends it with the process, whatever ends that. */
export class Lock {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Takes the lock of a folder that exists; `undefined` while another process has it. */
  static take(folder: string): Lock | undefined {
    const fd = openSync(folder, 'r');
    // Its last owner may have taken the folder away, and the next one made another of that name.
    const taken = flock(fd, EXCLUSIVE_AT_ONCE) === 0 && isStill(folder, fd);
    if (taken) return new Lock(fd);
    closeSync(fd);
    return undefined;
  }

  release(): void {
    closeSync(this.#fd);
  }
}

function isStill(folder: string, fd: number): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino;
}
