import { type Libc, SystemCallError, checked } from './libc.ts';

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const CAPACITY = 64;
/** struct epoll_event is packed on x86-64 and nowhere else; its 64-bit datum holds the descriptor. */
const PACKED = process.arch === 'x64';
const EVENT_SIZE = PACKED ? 12 : 16;
const DATUM = PACKED ? 4 : 8;

/** Waits on many descriptors at a cost that does not grow with their number: epoll(7), level-triggered. */
export class Poller {
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #events = Buffer.alloc(CAPACITY * EVENT_SIZE);
  readonly #ready: ((() => void) | undefined)[] = [];

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#epoll = checked(libc, libc.epollCreate(EPOLL_CLOEXEC), 'epoll_create1');
  }

  /** Calls `ready` from {@link wait} while `fd` is readable or in error. */
  add(fd: number, ready: () => void): void {
    this.#ready[fd] = ready;
    this.#control(EPOLL_CTL_ADD, fd);
  }

  /** Call before closing `fd`. */
  remove(fd: number): void {
    this.#ready[fd] = undefined;
    this.#control(EPOLL_CTL_DEL, fd);
  }

  /**
   * Waits at most `timeoutMillis`, serves what is ready, and returns how many descriptors were.
   *
   * @param woken - called when the wait is over, before anything is served
   */
  wait(timeoutMillis: number, woken: () => void): number {
    const count = this.#libc.epollWait(this.#epoll, this.#events, CAPACITY, timeoutMillis);
    const errno = count < 0 ? this.#libc.errno() : '';
    woken();
    if (count < 0) {
      if (errno === 'EINTR') return 0;
      throw new SystemCallError('epoll_wait', errno);
    }
    for (let i = 0; i < count; i += 1) {
      this.#ready[this.#events.readInt32LE(i * EVENT_SIZE + DATUM)]?.();
    }
    return count;
  }

  close(): void {
    this.#libc.close(this.#epoll);
  }

  get descriptor(): number {
    return this.#epoll;
  }

  #control(operation: number, fd: number): void {
    const event = Buffer.alloc(EVENT_SIZE);
    event.writeUInt32LE(EPOLLIN, 0);
    event.writeInt32LE(fd, DATUM);
    checked(this.#libc, this.#libc.epollControl(this.#epoll, operation, fd, event), 'epoll_ctl');
  }
}
