import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ip = (...args) => execFileSync('ip', args);
const inside = (namespace, command, args, options) =>
  spawn('ip', ['netns', 'exec', namespace, command, ...args], options);

const NEIGHBOR = `bfd
 peer 192.0.2.1 local-address 192.0.2.2 interface eth0
  transmit-interval 50
  receive-interval 50
  detect-multiplier 3
  no shutdown
`;

/** What {@link Link} needs before there is one: our programs and two small ones in C. */
export async function buildPrograms() {
  const cache = join('node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  // Inside the project, so that koffi is found.
  const folder = mkdtempSync(join(process.cwd(), cache, 'bench-bfd-'));
  for (const name of ['tap', 'lag']) {
    const source = `bench/bfd/${name}.c`;
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', join(folder, name), source]);
  }
  await build({
    entryPoints: {
      host: 'test/support/bfd-host.ts',
      'bfd-worker': 'src/runtime/bin/bfd-worker.ts',
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['koffi'],
    minifySyntax: true,
    logLevel: 'error',
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
  return { folder, delete: () => rmSync(folder, { recursive: true, force: true }) };
}

/** bfdd of FRR on a cable to a program of ours with one BFD session, and a tap on our end of the cable. */
export class Link {
  /** Every control packet: `at` in milliseconds of the monotonic clock, `way`, `state`, `diagnostic`. */
  packets = [];
  #folder;
  #programs;
  #children = [];
  #namespaces;
  #bfdd;

  static async open(programs) {
    const link = new Link();
    await link.#start(programs);
    return link;
  }

  async #start(programs) {
    this.#programs = programs;
    const [ours, theirs] = ['ours', 'theirs'].map((role) => `bench-${process.pid}-${role}`);
    this.#namespaces = [ours, theirs];
    for (const namespace of [ours, theirs]) ip('netns', 'add', namespace);
    const ends = ['name', 'eth0', 'netns', ours, 'type', 'veth', 'peer', 'name', 'eth0', 'netns'];
    ip('link', 'add', ...ends, theirs);
    for (const [index, namespace] of [ours, theirs].entries()) {
      ip('-n', namespace, 'address', 'add', `192.0.2.${index + 1}/24`, 'dev', 'eth0');
      for (const name of ['lo', 'eth0']) ip('-n', namespace, 'link', 'set', name, 'up');
    }
    await this.#startTap(ours);
    this.#startRouter(theirs);
  }

  async #startTap(namespace) {
    const tap = inside(namespace, join(this.#programs, 'tap'), ['eth0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(tap);
    const lines = createInterface({ input: tap.stdout });
    await once(lines, 'line');
    lines.on('line', (line) => {
      const [at, way, state, diagnostic] = line.split(' ');
      this.packets.push({ at: Number(at) / 1e6, way, state: STATES[state], diagnostic });
    });
  }

  #startRouter(namespace) {
    const folder = mkdtempSync(join(tmpdir(), 'bench-bfdd-'));
    this.#folder = folder;
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'bfdd.conf'), NEIGHBOR);
    writeFileSync(join(folder, 'zebra.conf'), '');
    execFileSync('chown', ['-R', 'frr:frr', folder]);
    const start = (daemon, ...more) => {
      const places = ['-i', `${folder}/${daemon}.pid`, '-z', `${folder}/zserv.api`];
      const rest = ['--vty_socket', folder, '-A', '127.0.0.1', '-P', '0', ...more];
      const args = ['-f', `${folder}/${daemon}.conf`, ...places, ...rest];
      const child = inside(namespace, `/usr/lib/frr/${daemon}`, args, { stdio: 'ignore' });
      this.#children.push(child);
      return child;
    };
    start('zebra');
    this.#bfdd = start('bfdd', '--bfdctl', `${folder}/bfdd.sock`);
  }

  /** Starts our program; `busy`: its main loop does nothing but waste a second at a time. Returns what ends it. */
  serve(busy) {
    const worker = pathToFileURL(join(this.#programs, 'bfd-worker.mjs')).href;
    const args = [join(this.#programs, 'host.mjs'), worker];
    const host = inside(this.#namespaces[0], process.execPath, args, {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    this.#children.push(host);
    const call = (name, ...args) => host.stdin.write(`${JSON.stringify({ call: name, args })}\n`);
    call('run');
    call('set', 'peer', SESSION);
    return {
      waste: () => busy && call('block', 1_000),
      end: async () => {
        host.kill('SIGKILL');
        await once(host, 'exit');
      },
    };
  }

  /** From now on nothing comes from the router, until {@link mend}. */
  cut() {
    const now = Number(process.hrtime.bigint()) / 1e6;
    process.kill(this.#bfdd.pid, 'SIGSTOP');
    return now;
  }

  mend() {
    process.kill(this.#bfdd.pid, 'SIGCONT');
  }

  /** Resolves with the first packet since `index` for which `isIt` holds. */
  async packet(index, isIt, within = 30_000) {
    const deadline = performance.now() + within;
    while (performance.now() < deadline) {
      const found = this.packets.slice(index).find(isIt);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('what was to be on the wire did not come');
  }

  async close() {
    for (const child of this.#children.toReversed()) child.kill('SIGKILL');
    for (const namespace of this.#namespaces) ip('netns', 'del', namespace);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const STATES = ['adminDown', 'down', 'init', 'up'];
const SESSION = {
  local: '192.0.2.1',
  remote: '192.0.2.2',
  multihop: false,
  profile: {
    ...{ name: 'fast', receiveIntervalMs: 50, transmitIntervalMs: 50, detectMultiplier: 3 },
    ...{ echoIntervalMs: 50, echoMode: false, passiveMode: false, minimumTTL: 254 },
  },
};

/** How long the machine lets a C program oversleep, until the function that is returned is called. */
export function measureLag(programs) {
  const lag = spawn(join(programs, 'lag'), { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  lag.stdout.on('data', (text) => (output += text));
  return async () => {
    lag.stdin.end();
    await once(lag, 'close');
    const [, p50, p99, max] = output.split(' ').map((micros) => Number(micros) / 1000);
    return { p50, p99, max };
  };
}
