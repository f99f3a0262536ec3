import { execFileSync } from 'node:child_process';
import type { Family } from '../../../../src/runtime/net/index.ts';
import type { Namespace } from '../../netns.ts';
import { DaemonSet } from '../daemon-set.ts';
import { bfddConfiguration, bgpdConfiguration } from './configuration.ts';
import { readBfd, readSession, readTable } from './tables.ts';
import type { BgpPeer, PeerRoute, PeerSession, RouterSettings } from '../peer.ts';

const PROGRAMS = '/usr/lib/frr';

/** FRRouting: zebra, bfdd and bgpd, with sockets of their own. */
export class FrrPeer implements BgpPeer {
  readonly kind = 'frr';
  readonly #settings: RouterSettings;
  readonly #bgpd: string;
  readonly #daemons: DaemonSet;

  private constructor(namespace: Namespace, settings: RouterSettings, bgpd: string) {
    this.#settings = settings;
    this.#bgpd = bgpd;
    this.#daemons = new DaemonSet(namespace, this.kind);
  }

  /** @param bgpd - its configuration, if it is to be another one than the settings say */
  static async start(
    namespace: Namespace,
    settings: RouterSettings,
    bgpd: string = bgpdConfiguration(settings),
  ): Promise<FrrPeer> {
    const peer = new FrrPeer(namespace, settings, bgpd);
    await peer.resume();
    return peer;
  }

  async resume(): Promise<void> {
    const daemons = this.#daemons;
    daemons.write('bgpd.conf', this.#bgpd);
    daemons.write('bfdd.conf', bfddConfiguration(this.#settings));
    daemons.write('zebra.conf', 'log stdout warnings\n');
    execFileSync('chown', ['-R', 'frr:frr', daemons.folder]);
    this.#start('zebra');
    await daemons.ready('zebra answers', () => this.#ask('zebra', 'show version'));
    this.#start('bfdd', '--bfdctl', daemons.path('bfdd.sock'));
    await daemons.ready('bfdd answers', () => this.#ask('bfdd', 'show version'));
    const { port } = this.#settings;
    this.#start('bgpd', ...(port === undefined ? [] : ['-p', String(port)]));
    await daemons.ready('bgpd answers', () => this.#ask('bgpd', 'show bgp summary json'));
  }

  command(...args: readonly string[]): Promise<string> {
    const commands = args.flatMap((command) => ['-c', command]);
    return this.#daemons.ask('vtysh', '--vty_socket', this.#daemons.folder, ...commands);
  }

  async routes(family: Family): Promise<readonly PeerRoute[]> {
    const json = await this.command(`show bgp ${family} unicast json detail`);
    return readTable(json, this.#settings);
  }

  async session(neighbor: string): Promise<PeerSession | undefined> {
    return readSession(await this.command(`show bgp neighbors ${neighbor} json`), neighbor);
  }

  async bfdUp(neighbor: string): Promise<boolean | undefined> {
    return readBfd(await this.command('show bfd peers json'), neighbor);
  }

  async requestRefresh(neighbor: string): Promise<void> {
    await this.command(`clear bgp ${neighbor} in`);
  }

  async reset(neighbor: string): Promise<void> {
    await this.command(`clear bgp ${neighbor}`);
  }

  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.stop(signal);
    await this.resume();
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    return this.#daemons.stop(signal);
  }

  log(): string {
    return this.#daemons.log();
  }

  #ask(daemon: string, command: string): Promise<string> {
    return this.#daemons.ask(
      'vtysh',
      ...['--vty_socket', this.#daemons.folder, '-d', daemon, '-c', command],
    );
  }

  #start(daemon: string, ...more: readonly string[]): void {
    const path = (name: string): string => this.#daemons.path(name);
    this.#daemons.start(
      `${PROGRAMS}/${daemon}`,
      ...['-f', path(`${daemon}.conf`), '-i', path(`${daemon}.pid`), '-z', path('zserv.api')],
      // No Telnet.
      ...['--vty_socket', this.#daemons.folder, '-A', '127.0.0.1', '-P', '0'],
      ...more,
    );
  }
}
