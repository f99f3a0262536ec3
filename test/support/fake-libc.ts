import type { Libc } from '../../src/runtime/platform/socket/libc.ts';

/** System calls that all succeed but for those that a test refuses; what is sent is kept. */
export class FakeLibc implements Libc {
  /** By the call, as in `bind`: why it is refused, as in `EADDRINUSE`. */
  readonly refused: Map<keyof Libc, string> = new Map();
  readonly sent: Uint8Array[] = [];
  readonly open: Set<number> = new Set();
  #next = 3;
  #errno = '';

  socket(): number {
    return this.#opened('socket');
  }
  epollCreate(): number {
    return this.#opened('epollCreate');
  }
  eventfd(): number {
    return this.#opened('eventfd');
  }
  bind(): number {
    return this.#result('bind');
  }
  setsockopt(): number {
    return this.#result('setsockopt');
  }
  attachFilter(): number {
    return this.#result('attachFilter');
  }
  connect(): number {
    return this.#result('connect');
  }
  epollControl(): number {
    return this.#result('epollControl');
  }
  epollWait(): number {
    return this.#result('epollWait');
  }
  recv(): number {
    return this.#nothingThere();
  }
  recvfrom(): number {
    return this.#nothingThere();
  }
  read(): number {
    return this.#nothingThere();
  }
  send(_fd: number, octets: Uint8Array): number {
    return this.#kept(this.#result('send'), octets);
  }
  sendto(_fd: number, octets: Uint8Array): number {
    return this.#kept(this.#result('sendto'), octets);
  }
  close(fd: number): number {
    return this.open.delete(fd) ? 0 : -1;
  }
  interfaceIndex(): number {
    return 2;
  }
  errno(): string {
    return this.#errno;
  }

  #opened(call: keyof Libc): number {
    if (this.#result(call) < 0) return -1;
    const fd = this.#next;
    this.#next += 1;
    this.open.add(fd);
    return fd;
  }

  #result(call: keyof Libc): number {
    this.#errno = this.refused.get(call) ?? '';
    return this.#errno === '' ? 0 : -1;
  }

  #nothingThere(): number {
    this.#errno = 'EAGAIN';
    return -1;
  }

  #kept(result: number, octets: Uint8Array): number {
    if (result === 0) this.sent.push(Uint8Array.from(octets));
    return result;
  }
}
