import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { eventually } from '../../cluster/index.ts';

/** One line of what a process of peers tells. */
export interface PeerLine {
  readonly peer: string;
  readonly event?: 'join' | 'leave' | 'update';
  readonly node?: string;
  readonly address?: string;
  readonly done?: string;
  readonly error?: string;
  readonly joined?: number;
  readonly members?: readonly string[];
  readonly owns?: readonly string[];
  readonly count?: Readonly<Record<string, number>>;
  /** As the library writes it: level in brackets first. */
  readonly log?: string;
}

export interface PeerOptions {
  readonly secret?: string;
  /** Of our own members only. */
  readonly label?: string;
  /** Of our own members only: octets of the key. */
  readonly keyBytes?: 16 | 32;
}

/**
 * What makes a healthy member complain though nobody does wrong.
 *
 * - `newLife`: a member that starts anew hears of its former life, or one that stood still of the suspicion, and says
 *   that it is alive. memberlist-wire.md §11.4
 * - `killed`: a member is not there any more, or stands still, and is asked before that is known; or has been killed
 *   within its process, and still tries
 * - `flooded`: datagrams are lost, since a stranger sends more than are read
 */
export type Excuse = 'newLife' | 'killed' | 'flooded';

const EXCUSED: Readonly<Record<Excuse, readonly RegExp[]>> = {
  newLife: [/Refuting an? (alive|suspect|dead) message/],
  killed: [
    /Push\/Pull with \S+ failed: .*(refused|timeout|reset|EOF)/,
    /Failed fallback ping: .*(refused|timeout|reset|EOF)/,
    /Failed to (receive|read remote state|push local state).*(reset|broken pipe|EOF)/,
    /use of closed network connection/,
    /Was able to connect to \S+ but other probes failed/,
  ],
  flooded: [/Was able to connect to \S+ but other probes failed/],
};

/** Where each member of a process listens: name to address, at port 7946. */
export type Places = Readonly<Record<string, string>>;

export const PORT = 7946;
const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/**
 * Members of a ring in a process of their own, as the original's library or this project makes them; both take the same
 * commands and tell the same lines. Ends with the test run.
 */
export class Peers {
  readonly places: Places;
  readonly lines: PeerLine[] = [];
  readonly #child: ChildProcess;

  private constructor(program: readonly string[], places: Places, options: PeerOptions) {
    this.places = places;
    const [command = '', ...first] = program;
    const args = Object.entries(places).flatMap(([name, address]) => [
      '--peer',
      `${name}@${address.includes(':') ? `[${address}]` : address}:${PORT}`,
    ]);
    for (const [name, value] of Object.entries(options)) {
      args.push(`--${name}`, String(value));
    }
    this.#child = spawn(command, [...first, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    alive.add(this.#child);
    this.#child.once('exit', () => alive.delete(this.#child));
    if (this.#child.stdout === null) throw new TypeError('no output');
    createInterface(this.#child.stdout).on('line', (line) => {
      this.lines.push(JSON.parse(line) as PeerLine);
    });
  }

  /** Members as hashicorp/memberlist makes them. Resolves once all listen. */
  static async go(places: Places, options: { secret?: string } = {}): Promise<Peers> {
    const folder = execFileSync('test/gossip/peers/build.sh', { encoding: 'utf8' }).trim();
    return Peers.#started([join(folder, 'peer')], places, options);
  }

  /** Members of this project. Resolves once all listen. */
  static async ours(places: Places, options: PeerOptions = {}): Promise<Peers> {
    return Peers.#started([process.execPath, await ourProgram()], places, options);
  }

  static async #started(
    program: readonly string[],
    places: Places,
    options: PeerOptions,
  ): Promise<Peers> {
    const peers = new Peers(program, places, options);
    const names = Object.keys(places);
    await eventually('all peers listen', () => {
      const started = peers.lines.filter(({ done }) => done === 'start');
      const failed = started.find(({ error }) => error !== undefined);
      if (failed !== undefined) throw new Error(failed.error);
      return started.length === names.length;
    });
    return peers;
  }

  get names(): readonly string[] {
    return Object.keys(this.places);
  }

  get addresses(): readonly string[] {
    return Object.values(this.places);
  }

  /** Tells one member to do something, and resolves with what it answered. */
  async tell(peer: string, command: string, ...args: readonly string[]): Promise<PeerLine> {
    const from = this.lines.length;
    this.#child.stdin?.write(`${[peer, command, ...args].join(' ')}\n`);
    return eventually(
      `${peer} answers ${command}`,
      () => this.lines.slice(from).find((line) => line.peer === peer && line.done === command),
      30_000,
    );
  }

  async members(peer: string): Promise<readonly string[]> {
    return (await this.tell(peer, 'members')).members ?? [];
  }

  /** Lets each tell, now and after each change, which of the addresses it owns. */
  async watchOwners(addresses: readonly string[]): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'owners-'));
    const file = join(folder, 'addresses');
    writeFileSync(file, addresses.join('\n'));
    await Promise.all(this.names.map((name) => this.tell(name, 'owners', file)));
    rmSync(folder, { recursive: true });
  }

  /** What a member said last that it owns. */
  owned(peer: string): readonly string[] {
    return this.lines.findLast((line) => line.peer === peer && line.owns !== undefined)?.owns ?? [];
  }

  /** What was heard about a member, by one. */
  events(peer: string, node: string): readonly string[] {
    return this.lines.flatMap((line) =>
      line.peer === peer && line.node === node && line.event !== undefined ? [line.event] : [],
    );
  }

  /** Warnings and errors of the library, but for those that any member would cause that did the same. */
  complaints(...excuses: readonly Excuse[]): readonly string[] {
    const excused = excuses.flatMap((excuse) => EXCUSED[excuse]);
    return this.lines.flatMap(({ peer, log }) =>
      log !== undefined &&
      /^\[(WARN|ERR|ERROR)\]/.test(log) &&
      !excused.some((pattern) => pattern.test(log))
        ? [`${peer}: ${log}`]
        : [],
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills it, unless it has ended. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** Each counts just these, as told by all of them. */
export async function agree(
  groups: readonly Peers[],
  names: readonly string[],
  within = 20_000,
): Promise<void> {
  const wanted = names.toSorted().join(' ');
  await eventually(
    `all count ${wanted}`,
    async () => {
      const views = await Promise.all(
        groups.flatMap((group) =>
          group.names.filter((name) => names.includes(name)).map((name) => group.members(name)),
        ),
      );
      const wrong = views.find((view) => view.toSorted().join(' ') !== wanted);
      if (wrong !== undefined) throw new Error(`one counts ${wrong.join(' ')}`);
      return true;
    },
    within,
  );
}

let program: Promise<string> | undefined;

function ourProgram(): Promise<string> {
  program ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gossip-member-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const outfile = join(folder, 'member.mjs');
    await build({
      entryPoints: ['test/gossip/peers/member.ts'],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['koffi'],
      banner: {
        js: "import { createRequire as from } from 'node:module'; const require = from(import.meta.url);",
      },
      logLevel: 'warning',
    });
    return outfile;
  })();
  return program;
}
