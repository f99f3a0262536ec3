import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../cluster/index.ts';
import { Program } from '../../cluster/program.ts';
import { PORT } from './peers.ts';

const API_PORT = 19_093;

/** Alertmanager: a member that was written by others and knows nothing of MetalLB. It gossips in the clear. */
export class Alertmanager {
  readonly #program: Program;
  readonly #address: string;
  readonly #folder: string;

  private constructor(address: string, peers: readonly string[]) {
    this.#address = address;
    this.#folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
    const config = join(this.#folder, 'config.yml');
    writeFileSync(config, 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n');
    this.#program = new Program(
      'prometheus-alertmanager',
      [
        `--config.file=${config}`,
        `--storage.path=${this.#folder}`,
        `--web.listen-address=${address}:${API_PORT}`,
        `--cluster.listen-address=${address}:${PORT}`,
        `--cluster.advertise-address=${address}:${PORT}`,
        '--log.level=debug',
        ...peers.map((peer) => `--cluster.peer=${peer}:${PORT}`),
      ],
      { log: join(this.#folder, 'log') },
    );
  }

  /** Resolves once it answers. */
  static async start(address: string, peers: readonly string[] = []): Promise<Alertmanager> {
    const started = new Alertmanager(address, peers);
    await eventually('Alertmanager answers', () => started.#peers());
    return started;
  }

  /** The members that it counts, by address. */
  async members(): Promise<readonly string[]> {
    return (await this.#peers()).map(({ address }) => address.replace(/:\d+$/, '')).toSorted();
  }

  /** Its own name, which it makes up. */
  async name(): Promise<string> {
    const own = (await this.#peers()).find(({ address }) =>
      address.startsWith(`${this.#address}:`),
    );
    if (own === undefined) throw new Error('it does not count itself');
    return own.name;
  }

  log(): string {
    return this.#program.output();
  }

  /** What the library in it complains about. */
  complaints(): readonly string[] {
    return this.log()
      .split('\n')
      .filter((line) => line.includes('component=cluster'))
      .filter((line) => /level=(warn|error)|\[(WARN|ERR|ERROR)\]/.test(line));
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal);
  }

  /** By default as a service is stopped, which it tells the ring. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#program.stop(signal);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #peers(): Promise<readonly { readonly name: string; readonly address: string }[]> {
    const response = await fetch(`http://${this.#address}:${API_PORT}/api/v2/status`);
    const status = (await response.json()) as {
      readonly cluster: { readonly peers?: readonly { name: string; address: string }[] };
    };
    return status.cluster.peers ?? [];
  }
}
