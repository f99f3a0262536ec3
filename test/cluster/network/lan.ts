import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { Namespace } from '../../support/netns.ts';

export interface HostPlan {
  readonly name: string;
  /** Last octet of the MAC address and of both addresses. */
  readonly number: number;
}

/** The network of the control plane; every host is one step away, so ARP and NDP decide. */
export const GATEWAY = '192.0.2.1';
const BRIDGE = 'br0';

/** An Ethernet segment: a bridge in this network namespace, 192.0.2.0/24 and 2001:db8::/64, and hosts on it. */
export class Lan {
  readonly #hosts: LanHost[] = [];
  readonly #ports: string[] = [];

  constructor() {
    if (process.env['PRIVATE_NETWORK'] === undefined) {
      throw new Error('this would change the network of the machine: run it through npm run e2e');
    }
    ip(
      'link',
      'add',
      BRIDGE,
      'address',
      '00:00:5e:00:53:01',
      'type',
      'bridge',
      'forward_delay',
      '0',
    );
    try {
      ip('link', 'set', BRIDGE, 'type', 'bridge', 'mcast_snooping', '0');
      ip('addr', 'add', `${GATEWAY}/24`, 'dev', BRIDGE);
      ip('addr', 'add', '2001:db8::1/64', 'dev', BRIDGE, 'nodad');
      ip('link', 'set', BRIDGE, 'up');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Plugs in a host of its own network namespace. */
  add(plan: HostPlan): LanHost {
    const host = new LanHost(plan);
    this.#hosts.push(host);
    const peer = ['name', 'eth0', 'address', host.mac, 'netns', host.namespace.name];
    ip('link', 'add', 'name', host.port, 'type', 'veth', 'peer', ...peer);
    this.#ports.push(host.port);
    ip('link', 'set', host.port, 'master', BRIDGE, 'up');
    host.namespace.ip('addr', 'add', `${host.address}/24`, 'dev', 'eth0');
    host.namespace.ip('addr', 'add', `2001:db8::${plan.number}/64`, 'dev', 'eth0', 'nodad');
    host.namespace.ip('link', 'set', 'eth0', 'up');
    return host;
  }

  /** The ports go first: with their hosts they would go some time later, and the next segment wants their names. */
  close(): void {
    for (const port of this.#ports) ip('link', 'del', port);
    for (const host of this.#hosts) host.namespace.delete();
    ip('link', 'del', BRIDGE);
  }
}

export class LanHost {
  readonly name: string;
  readonly namespace: Namespace;
  readonly mac: string;
  readonly address: string;
  /** Where it is plugged in: a link in the network namespace of the segment. */
  readonly port: string;

  constructor({ name, number }: HostPlan) {
    this.name = name;
    this.port = `port${number}`;
    this.mac = `00:00:5e:00:53:${String(number).padStart(2, '0')}`;
    this.address = `192.0.2.${number}`;
    this.namespace = new Namespace(name);
    // Duplicate address detection would keep the link-local address waiting for a second.
    this.namespace.exec('sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0');
  }

  /** Makes the kernel ask the segment who has an address; it forgets first what it knew. */
  ask(address: string): void {
    this.namespace.ip('neigh', 'flush', 'dev', 'eth0');
    const send = `echo > /dev/udp/${address}/9`;
    this.namespace.exec('bash', '-c', `${send} || true`);
  }

  /** Fetches a URL with curl; rejects when there is no good answer within two seconds. */
  async curl(url: string, ...options: readonly string[]): Promise<string> {
    const quietly = ['-sS', '--fail', '--max-time', '2', '--noproxy', '*'];
    return await this.run('curl', ...quietly, ...options, url);
  }

  /** Sends one datagram and returns what comes back; rejects when nothing does within two seconds. */
  async datagram(address: string, port: number, text: string): Promise<string> {
    const script = `exec 3<>/dev/udp/${address}/${port} && printf %s "$1" >&3 && dd bs=65507 count=1 status=none <&3`;
    return await this.run('timeout', '2', 'bash', '-c', script, 'datagram', text);
  }

  /** Runs a program on this host and returns what it printed; rejects unless it ends well. */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const enter = ['netns', 'exec', this.namespace.name, program, ...args];
    return (await promisify(execFile)('ip', enter)).stdout;
  }

  /** What the kernel of this host believes: the MAC address behind an address. */
  neighbor(address: string): string | undefined {
    const shown = this.namespace.ip('-json', 'neigh', 'show', address, 'dev', 'eth0');
    const [entry] = JSON.parse(shown || '[]') as { lladdr?: string }[];
    return entry?.lladdr;
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
