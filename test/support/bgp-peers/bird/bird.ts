import type { Family } from '../../../../src/runtime/net/index.ts';
import type { Namespace } from '../../netns.ts';
import { birdConfiguration, protocolName } from './configuration.ts';
import { readBfd, readSession, readTable } from './tables.ts';
import { DaemonSet } from '../daemon-set.ts';
import type { BgpPeer, PeerRoute, PeerSession, RouterSettings } from '../peer.ts';

/** BIRD 2. */
export class BirdPeer implements BgpPeer {
  readonly kind = 'bird';
  readonly #settings: RouterSettings;
  readonly #daemons: DaemonSet;
  #starts = 0;

  private constructor(namespace: Namespace, settings: RouterSettings) {
    this.#settings = settings;
    this.#daemons = new DaemonSet(namespace, this.kind);
  }

  static async start(namespace: Namespace, settings: RouterSettings): Promise<BirdPeer> {
    const peer = new BirdPeer(namespace, settings);
    await peer.resume();
    return peer;
  }

  resume(): Promise<void> {
    return this.#start([]);
  }

  command(...args: readonly string[]): Promise<string> {
    return this.#daemons.ask('birdc', '-s', this.#daemons.path('control'), ...args);
  }

  async routes(family: Family): Promise<readonly PeerRoute[]> {
    const table = family === 'ipv4' ? 'master4' : 'master6';
    return readTable(await this.command('show', 'route', 'all', 'table', table), this.#settings);
  }

  async session(neighbor: string): Promise<PeerSession | undefined> {
    const name = protocolName(this.#settings, neighbor);
    if (name === undefined) return undefined;
    const shown = await this.command('show', 'protocols', 'all', name);
    const ups = this.log().split(`${name}: State changed to up`).length - 1;
    return readSession(shown, `session ${ups} of start ${this.#starts}`);
  }

  async bfdUp(neighbor: string): Promise<boolean | undefined> {
    return readBfd(await this.command('show', 'bfd', 'sessions'), neighbor);
  }

  async requestRefresh(neighbor: string): Promise<void> {
    await this.command('reload', 'in', this.#nameOf(neighbor));
  }

  async reset(neighbor: string): Promise<void> {
    await this.command('restart', this.#nameOf(neighbor));
  }

  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stop(signal);
    await this.#start(this.#settings.gracefulRestart === undefined ? [] : ['-R']);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    return this.#daemons.stop(signal);
  }

  log(): string {
    return this.#daemons.log();
  }

  async #start(more: readonly string[]): Promise<void> {
    this.#starts += 1;
    const daemons = this.#daemons;
    const configuration = daemons.write('bird.conf', birdConfiguration(this.#settings));
    daemons.start(
      ...(['bird', '-f', '-c', configuration, '-s', daemons.path('control')] as const),
      ...['-P', daemons.path('pid'), ...more],
    );
    await daemons.ready('bird answers', () => this.command('show', 'status'));
  }

  #nameOf(neighbor: string): string {
    const name = protocolName(this.#settings, neighbor);
    if (name === undefined) throw new Error(`no neighbor ${neighbor}`);
    return name;
  }
}
