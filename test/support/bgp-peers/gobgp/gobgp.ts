import type { Family } from '../../../../src/runtime/net/index.ts';
import type { Namespace } from '../../netns.ts';
import { DaemonSet } from '../daemon-set.ts';
import { gobgpConfiguration } from './configuration.ts';
import { readSession, readTable } from './tables.ts';
import type { BgpPeer, PeerRoute, PeerSession, RouterSettings } from '../peer.ts';

/** On loopback of the namespace. */
const API_PORT = '50051';

/** GoBGP 3. */
export class GobgpPeer implements BgpPeer {
  readonly kind = 'gobgp';
  readonly #settings: RouterSettings;
  readonly #daemons: DaemonSet;

  private constructor(namespace: Namespace, settings: RouterSettings) {
    this.#settings = settings;
    this.#daemons = new DaemonSet(namespace, this.kind);
  }

  static async start(namespace: Namespace, settings: RouterSettings): Promise<GobgpPeer> {
    const peer = new GobgpPeer(namespace, settings);
    await peer.resume();
    return peer;
  }

  resume(): Promise<void> {
    return this.#start([]);
  }

  command(...args: readonly string[]): Promise<string> {
    return this.#daemons.ask('gobgp', '-p', API_PORT, ...args);
  }

  async routes(family: Family): Promise<readonly PeerRoute[]> {
    return readTable(await this.command('-j', 'global', 'rib', '-a', family), this.#settings);
  }

  async session(neighbor: string): Promise<PeerSession | undefined> {
    return readSession(await this.command('-j', 'neighbor'), neighbor);
  }

  bfdUp(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Its soft reset looks anew at what it has, and asks for nothing. */
  requestRefresh(): Promise<never> {
    return Promise.reject(new Error('GoBGP does not ask for routes again'));
  }

  /** It accepts and hangs up for half a minute after. */
  async reset(neighbor: string): Promise<void> {
    await this.command('neighbor', neighbor, 'reset');
  }

  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stop(signal);
    await this.#start(this.#settings.gracefulRestart === undefined ? [] : ['-r']);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    return this.#daemons.stop(signal);
  }

  log(): string {
    return this.#daemons.log();
  }

  async #start(more: readonly string[]): Promise<void> {
    const configuration = this.#daemons.write('gobgpd.toml', gobgpConfiguration(this.#settings));
    this.#daemons.start(
      ...(['gobgpd', '-f', configuration, '--api-hosts', `127.0.0.1:${API_PORT}`] as const),
      ...['--pprof-disable', ...more],
    );
    await this.#daemons.ready('gobgpd answers', async () => {
      // It answers before it has read what it is to be.
      const neighbors = JSON.parse(await this.command('-j', 'neighbor')) as readonly unknown[];
      if (neighbors.length < this.#settings.neighbors.length) throw new Error('not configured yet');
    });
    for (const prefix of this.#settings.announces ?? []) {
      const family = prefix.includes(':') ? 'ipv6' : 'ipv4';
      await this.command('global', 'rib', 'add', prefix, '-a', family);
    }
  }
}
