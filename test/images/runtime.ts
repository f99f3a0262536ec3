import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, PodSpec } from 'kubernetes-types/core/v1.d.ts';
import type { Image } from './image.ts';

/** What a pod adds to its image. */
export interface Wish {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** As `SOURCE:TARGET`. */
  readonly mounts?: readonly string[];
  /** Whom it runs as, in place of the image's user. */
  readonly user?: number;
  /** By number; none otherwise. */
  readonly capabilities?: readonly number[];
}

/** What a process may do, as its kernel says. */
export interface Rights {
  readonly user: number;
  /** Bits of the capabilities it has, and of those it could ever have. */
  readonly effective: bigint;
  readonly bounding: bigint;
  readonly noNewPrivileges: boolean;
}

export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const NET_RAW = 13;

/** Runs images as a container runtime would: read-only root, no new privileges, no capability not asked for. */
export class Runtime {
  readonly #dir: string;
  readonly #launcher: string;

  /** @param dir - for what the runtime keeps */
  constructor(dir: string) {
    this.#dir = dir;
    this.#launcher = join(dir, 'contain');
    const source = 'test/cluster/kubelet/contain.c';
    execFileSync('gcc', ['-O1', '-Wall', '-o', this.#launcher, source]);
  }

  /** The command that becomes the container's process; its environment is the container's alone. */
  command(image: Image, wish: Wish = {}): [string, ...string[]] {
    const { args = [], env = {}, mounts = [], user = image.user, capabilities = [] } = wish;
    const scratch = mkdtempSync(join(this.#dir, `${image.name}-`));
    const options = [
      ...['--image', image.root, '--scratch', scratch, '--read-only', '--no-new-privileges'],
      ...['--user', String(user), '--group', String(image.group)],
      ...capabilities.flatMap((number) => ['--capability', String(number)]),
      ...['/proc:/proc', '/dev:/dev', ...mounts].flatMap((mount) => ['--mount', mount]),
    ];
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const process = [this.#launcher, ...options, '--', ...image.entrypoint, ...args];
    return ['env', '-i', ...variables, ...process];
  }

  /** Runs an image to its end. */
  run(image: Image, wish: Wish = {}, input = ''): Answer {
    const [command, ...args] = this.command(image, wish);
    const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
    return { status, stdout, stderr };
  }
}

/** What the container of a pod template may do and is told. */
export function wishOf(
  container: Container,
  pod: PodSpec,
): Required<Pick<Wish, 'args' | 'capabilities'>> & Pick<Wish, 'user'> {
  const { add = [], drop = [] } = container.securityContext?.capabilities ?? {};
  const dropped = drop.map((name) => name.toUpperCase());
  if (!dropped.includes('ALL')) throw new Error(`${container.name} keeps capabilities`);
  const user = pod.securityContext?.runAsUser;
  return {
    args: container.args ?? [],
    capabilities: add.map((name) => {
      if (name !== 'NET_RAW') throw new Error(`${container.name} wants ${name}`);
      return NET_RAW;
    }),
    ...(user !== undefined && { user }),
  };
}

export function rightsOf(pid: number): Rights {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): string =>
    new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
  return {
    user: Number(field('Uid')),
    effective: BigInt(`0x${field('CapEff')}`),
    bounding: BigInt(`0x${field('CapBnd')}`),
    noNewPrivileges: field('NoNewPrivs') === '1',
  };
}

/** Runs JavaScript with the image's own Node, as root, where a container's process is; returns what it printed. */
export function inside(pid: number, script: string, ...flags: readonly string[]): string {
  const enter = ['--target', String(pid), '--mount', '--root', '--wd=/'];
  const command = ['nsenter', ...enter, '--', '/bin/node', ...flags, '--eval', script];
  return execFileSync('env', ['-i', ...command], { encoding: 'utf8' });
}
