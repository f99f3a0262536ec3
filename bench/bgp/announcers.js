import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeFlags } from '../kubernetes/figures.js';
import { AS, LINK, addressOf } from './addresses.js';
import { mrtDump } from './mrt.js';

const run = promisify(execFile);
const prefixes = (first, count) =>
  Array.from({ length: count }, (_, index) => `${addressOf(first + index)}/32`);

/** A process that announces; `wanted` prefixes are known to it before it `connect`s, `more` ones later. */
class Announcer {
  folder = mkdtempSync(join(tmpdir(), 'announcer-'));
  #child;

  /** Of the process itself. */
  get pid() {
    return this.#child.pid;
  }

  launch(program, args, options = {}) {
    this.#child = spawn(program, args, { stdio: 'ignore', ...options });
    return this.#child;
  }

  write(name, text) {
    writeFileSync(join(this.folder, name), text);
    return join(this.folder, name);
  }

  /** Repeats what fails while the program starts. */
  async eventually(command, ...args) {
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(`${command}: the program has ended`);
      try {
        return await run(command, args);
      } catch (error) {
        if (error.code === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  end(child) {
    child.kill('SIGTERM');
  }

  async stop() {
    const ended = this.#child.exitCode === null ? once(this.#child, 'exit') : undefined;
    this.end(this.#child);
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}

/** The parts of metal-speaker that speak BGP, bundled as {@link file}, with the flags that the program has. */
class Own extends Announcer {
  static file;
  #child;

  async start(wanted) {
    const args = [
      ...nodeFlags('speaker'),
      Own.file,
      LINK.frr,
      String(AS.announcer),
      String(AS.frr),
    ];
    this.#child = this.launch(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    await this.#order(`announce 0 ${wanted}`);
  }

  connect() {
    return this.#order('connect');
  }

  more(first, count) {
    return this.#order(`announce ${first} ${count}`);
  }

  end(child) {
    child.stdin.end();
  }

  async #order(text) {
    this.#child.stdin.write(`${text}\n`);
    const [answer] = await once(this.#child.stderr, 'data');
    if (String(answer) !== 'done\n') throw new Error(String(answer));
  }
}

class Bird extends Announcer {
  async start(wanted, more) {
    const configuration = this.write('bird.conf', birdConfiguration(wanted, more));
    const control = join(this.folder, 'control');
    this.launch('bird', ['-f', '-c', configuration, '-s', control, '-P', join(this.folder, 'pid')]);
    await this.eventually('birdc', '-s', control, 'show', 'status');
  }

  connect() {
    return this.#ask('enable', 'frr');
  }

  more() {
    return this.#ask('enable', 'more');
  }

  #ask(...words) {
    return run('birdc', ['-s', join(this.folder, 'control'), ...words]);
  }
}

function birdConfiguration(wanted, more) {
  const routes = (first, count) =>
    prefixes(first, count).map((prefix) => `  route ${prefix} blackhole;`);
  return [
    `router id ${LINK.announcer};`,
    'protocol device { }',
    ...['protocol static wanted {', '  ipv4;', ...routes(0, wanted), '}'],
    ...['protocol static more {', '  disabled;', '  ipv4;', ...routes(wanted, more), '}'],
    'protocol bgp frr {',
    '  disabled;',
    // Else it waits a second for what FRR may have kept of it.
    '  graceful restart off;',
    `  local ${LINK.announcer} as ${AS.announcer};`,
    `  neighbor ${LINK.frr} as ${AS.frr};`,
    '  ipv4 { import none; export filter { bgp_origin = ORIGIN_INCOMPLETE; accept; }; };',
    '}',
  ].join('\n');
}

class Gobgp extends Announcer {
  #injecting = [];

  async start(wanted) {
    const { announcer } = LINK;
    const heading = ['[global.config]', `as = ${AS.announcer}`, `router-id = "${announcer}"`];
    const configuration = this.write('gobgpd.toml', [...heading, 'port = -1'].join('\n'));
    const quiet = ['--pprof-disable', '--log-level', 'warn'];
    this.launch('gobgpd', ['-f', configuration, '--api-hosts', '127.0.0.1:50051', ...quiet]);
    await this.eventually('gobgp', 'global', 'rib', 'summary');
    await this.more(0, wanted);
    for (let known = 0; known < wanted;) {
      const { stdout } = await run('gobgp', ['global', 'rib', 'summary']);
      known = Number(/Destination: (\d+)/.exec(stdout)?.[1] ?? 0);
    }
  }

  connect() {
    return run('gobgp', ['neighbor', 'add', LINK.frr, 'as', String(AS.frr)]);
  }

  /** As fast as it takes them: what reads the table is not to end, or gobgpd forgets what it has not taken yet. */
  async more(first, count) {
    const pipe = join(this.folder, `table${first}`);
    await run('mkfifo', [pipe]);
    spawn('gobgp', ['mrt', 'inject', 'global', pipe], { stdio: 'ignore' });
    const table = await open(pipe, 'w');
    this.#injecting.push(table);
    for (const piece of mrtDump(prefixes(first, count))) await table.write(piece);
  }

  async stop() {
    for (const table of this.#injecting) await table.close();
    await super.stop();
  }
}

/** By the name that reports give them. */
export const ANNOUNCERS = { 'metal-lb': Own, BIRD: Bird, GoBGP: Gobgp };

/** @param file - the bundled host.js */
export function ownIs(file) {
  Own.file = file;
}
