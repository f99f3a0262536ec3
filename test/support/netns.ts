import { type ChildProcess, type SpawnOptions, execFileSync, spawn } from 'node:child_process';

let created = 0;
/** Milliseconds. */
const PATIENCE = 30_000;

/** A network namespace of this test run; needs root. Deleting it deletes the links inside. */
export class Namespace {
  readonly name: string;

  constructor(label: string) {
    created += 1;
    this.name = `mlb-${process.pid}-${created}-${label}`;
    execFileSync('ip', ['netns', 'add', this.name]);
    this.ip('link', 'set', 'lo', 'up');
  }

  /** Runs `ip ARGS` inside and returns what it printed. */
  ip(...args: readonly string[]): string {
    return execFileSync('ip', ['-n', this.name, ...args], { encoding: 'utf8' });
  }

  /** Runs a program inside to its end and returns what it printed. */
  exec(program: string, ...args: readonly string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.name, program, ...args], { encoding: 'utf8' });
  }

  /** Starts a program inside; `child.pid` is the program itself. */
  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.name, program, ...args], options);
  }

  delete(): void {
    execFileSync('ip', ['netns', 'del', this.name]);
  }
}

/** One end of a cable. Without `mac` the kernel picks one. */
export interface Plug {
  readonly namespace: Namespace;
  readonly link: string;
  readonly mac?: string;
}

/** Joins two namespaces by a veth pair and sets both ends up; frames pass when this returns. */
export function connect(a: Plug, b: Plug): void {
  const end = ({ namespace, link, mac }: Plug): string[] => [
    ...['name', link, 'netns', namespace.name],
    ...(mac === undefined ? [] : ['address', mac]),
  ];
  execFileSync('ip', ['link', 'add', ...end(a), 'type', 'veth', 'peer', ...end(b)]);
  for (const { namespace, link } of [a, b]) namespace.ip('link', 'set', 'dev', link, 'up');
  for (const { namespace, link } of [a, b]) awaitCarrier(namespace, link);
}

/**
 * Blocks until frames pass over a link. The kernel takes note of a carrier a while after the link is up, seconds on a busy
 * machine, and throws away in silence what is sent before.
 */
export function awaitCarrier(namespace: Namespace, link: string): void {
  block(`${link} of ${namespace.name} has no carrier`, () =>
    namespace.ip('-o', 'link', 'show', link).includes('state UP'),
  );
}

/** Gives a link an IPv6 address that is used at once; the kernel answers for it when this returns, as for IPv4. */
export function addIpv6(namespace: Namespace, address: string, link: string): void {
  namespace.ip('address', 'add', address, 'dev', link, 'nodad');
  block(
    `${address} of ${namespace.name} stays tentative`,
    () => !namespace.ip('-6', 'address', 'show', 'dev', link, 'tentative').includes(address),
  );
}

function block(complaint: string, isOver: () => boolean): void {
  const deadline = performance.now() + PATIENCE;
  while (!isOver()) {
    if (performance.now() > deadline) throw new Error(complaint);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}
