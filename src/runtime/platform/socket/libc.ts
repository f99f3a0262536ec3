import type * as Koffi from 'koffi';

/** The calls of libc that raw sockets need. Results below zero mean failure: ask {@link Libc.errno} at once. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number;
  /** SO_ATTACH_FILTER with a classic BPF program. */
  attachFilter(fd: number, program: readonly FilterInstruction[]): number;
  recv(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  send(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  /** As {@link send}, to the address behind `flags`: a buffer that holds a socket address and nothing else. */
  sendto: (...message: AddressedMessage) => number;
  /** As {@link recv}; the sender's address goes to the buffer behind `flags`, its length to four octets before and after. */
  recvfrom: (...message: AddressedMessage<Uint8Array>) => number;
  epollCreate(flags: number): number;
  epollControl(epoll: number, operation: number, fd: number, event: Uint8Array): number;
  epollWait(epoll: number, events: Uint8Array, capacity: number, timeoutMillis: number): number;
  eventfd(initial: number, flags: number): number;
  read(fd: number, buffer: Uint8Array, length: number): number;
  close(fd: number): number;
  /** Index of the interface of this name; 0 if there is none. */
  interfaceIndex(name: string): number;
  /** Name of the last failure, as in `EAGAIN`. */
  errno(): string;
}

/** The arguments of sendto(2) and recvfrom(2). */
export type AddressedMessage<Length = number> = readonly [
  fd: number,
  buffer: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array,
  addressLength: Length,
];

/** One instruction of classic BPF: operation, jump if true, jump if false, operand. bpf(4) */
export type FilterInstruction = readonly [code: number, jt: number, jf: number, k: number];

/** A system call that failed. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  /** As in `EPERM`. */
  readonly code: string;

  constructor(call: string, code: string) {
    const hint = code === 'EPERM' ? ' (the capability NET_RAW is needed)' : '';
    super(`${call}: ${code}${hint}`);
    this.code = code;
  }
}

/** Passes a result through, or throws what went wrong in `call`. */
export function checked(libc: Libc, result: number, call: string): number {
  if (result < 0) throw new SystemCallError(call, libc.errno());
  return result;
}

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;

/** What koffi makes: it cannot know the declaration's types. */
type Callable = (...args: never[]) => unknown;

let loaded: Promise<Libc> | undefined;

/**
 * Binds libc, glibc or musl, of this very process through koffi; once per thread, since koffi's type names are global.
 *
 * @param purpose - which program needs it and for what; printed if koffi does not load
 */
export function loadLibc(purpose: string): Promise<Libc> {
  loaded ??= import('koffi').then(bindLibc, (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const platform = `${process.platform}-${process.arch}`;
    throw new Error(
      `${purpose} needs the package koffi to reach raw sockets, and its native part for ${platform} did not load: ${reason}`,
      { cause: error },
    );
  });
  return loaded;
}

function bindLibc(koffi: typeof Koffi): Libc {
  const lib = koffi.load(null);
  const names = new Map(
    Object.entries(koffi.os.errno)
      .filter(([name]) => name !== 'EWOULDBLOCK') // The same number as EAGAIN.
      .map(([name, number]) => [number, name]),
  );
  koffi.struct('sock_filter', { code: 'uint16', jt: 'uint8', jf: 'uint8', k: 'uint32' });
  const program = koffi.struct('sock_fprog', { len: 'uint16', filter: 'sock_filter *' });
  const attach = lib.func('setsockopt', 'int', [
    'int',
    'int',
    'int',
    'const sock_fprog *',
    'uint32',
  ]);
  return {
    socket: lib.func('int socket(int, int, int)') as Callable as Libc['socket'],
    bind: lib.func('int bind(int, const void *, uint32)') as Callable as Libc['bind'],
    setsockopt: lib.func(
      'int setsockopt(int, int, int, const void *, uint32)',
    ) as Callable as Libc['setsockopt'],
    attachFilter: (fd, instructions) => {
      const filter = instructions.map(([code, jt, jf, k]) => ({ code, jt, jf, k }));
      const value = { len: filter.length, filter };
      return attach(fd, SOL_SOCKET, SO_ATTACH_FILTER, value, koffi.sizeof(program)) as number;
    },
    recv: lib.func('intptr_t recv(int, _Out_ void *, size_t, int)') as Callable as Libc['recv'],
    send: lib.func('intptr_t send(int, const void *, size_t, int)') as Callable as Libc['send'],
    ...bindDatagramCalls(lib),
    epollCreate: lib.func('int epoll_create1(int)') as Callable as Libc['epollCreate'],
    epollControl: lib.func(
      'int epoll_ctl(int, int, int, const void *)',
    ) as Callable as Libc['epollControl'],
    epollWait: lib.func(
      'int epoll_wait(int, _Out_ void *, int, int)',
    ) as Callable as Libc['epollWait'],
    eventfd: lib.func('int eventfd(unsigned int, int)') as Callable as Libc['eventfd'],
    read: lib.func('intptr_t read(int, _Out_ void *, size_t)') as Callable as Libc['read'],
    close: lib.func('int close(int)') as Callable as Libc['close'],
    interfaceIndex: lib.func(
      'unsigned int if_nametoindex(const char *)',
    ) as Callable as Libc['interfaceIndex'],
    errno: () => {
      const number = koffi.errno();
      return names.get(number) ?? `errno ${number}`;
    },
  };
}

function bindDatagramCalls(
  lib: Koffi.LibraryHandle,
): Pick<Libc, 'connect' | 'sendto' | 'recvfrom'> {
  return {
    connect: lib.func('int connect(int, const void *, uint32)') as Callable as Libc['connect'],
    sendto: lib.func(
      'intptr_t sendto(int, const void *, size_t, int, const void *, uint32)',
    ) as Callable as Libc['sendto'],
    recvfrom: lib.func(
      'intptr_t recvfrom(int, _Out_ void *, size_t, int, _Out_ void *, _Inout_ void *)',
    ) as Callable as Libc['recvfrom'],
  };
}
