import { familyOf, ipToBytes } from '../../net/index.ts';
import { type Libc, checked } from '../socket/libc.ts';
import type { Poller } from '../socket/poller.ts';
import { controlFilter } from './control-filter.ts';
import { type Doorway, doorwayOf, openReceiver, share } from './control-socket.ts';
import type { SessionSpec } from './protocol.ts';

/** What of a datagram is read; a control packet without authentication has 24 octets. */
const CAPACITY = 256;
const PACKETS_PER_READ = 64;
const LARGEST_TTL = 255;
/** Of `struct sockaddr_in6`, the longer one. */
const ADDRESS_CAPACITY = 28;

interface Port<Member> {
  readonly name: string;
  readonly doorway: Doorway;
  readonly fd: number;
  /** By the octets of the peer's address. */
  readonly members: Map<string, { readonly spec: SessionSpec; readonly member: Member }>;
}

export interface ControlPortsOptions<Member> {
  readonly libc: Libc;
  readonly poller: Poller;
  /** `octets` are valid during the call. */
  readonly hear: (member: Member, octets: Uint8Array) => void;
  /** The descriptors have changed. */
  readonly changed: () => void;
}

/** The sockets on which control packets come in: one for each address, device and port, and the sessions behind them. */
export class ControlPorts<Member> {
  readonly #options: ControlPortsOptions<Member>;
  readonly #ports = new Map<string, Port<Member>>();
  readonly #octets = Buffer.alloc(CAPACITY);
  readonly #source = Buffer.alloc(ADDRESS_CAPACITY);
  readonly #sourceLength = Buffer.alloc(4);

  constructor(options: ControlPortsOptions<Member>) {
    this.#options = options;
  }

  /**
   * Hears the peer of `spec` for `member` from now on.
   *
   * @throws SystemCallError - the socket cannot be had
   */
  join(spec: SessionSpec, member: Member): void {
    const doorway = doorwayOf(spec);
    const name = nameOf(doorway);
    const port = this.#ports.get(name) ?? this.#open(name, doorway);
    port.members.set(sourceOf(spec), { spec, member });
    checked(this.#options.libc, this.#adjust(port), 'SO_ATTACH_FILTER');
  }

  /** Who hears the peer of `spec`. */
  occupant(spec: SessionSpec): Member | undefined {
    return this.#ports.get(nameOf(doorwayOf(spec)))?.members.get(sourceOf(spec))?.member;
  }

  leave(spec: SessionSpec, member: Member): void {
    const port = this.#ports.get(nameOf(doorwayOf(spec)));
    if (port?.members.get(sourceOf(spec))?.member !== member) return;
    port.members.delete(sourceOf(spec));
    if (port.members.size > 0) this.#adjust(port);
    else this.#close(port);
  }

  get descriptors(): readonly number[] {
    return [...this.#ports.values()].map(({ fd }) => fd);
  }

  close(): void {
    for (const { fd } of this.#ports.values()) this.#options.libc.close(fd);
    this.#ports.clear();
  }

  #open(name: string, doorway: Doorway): Port<Member> {
    const { libc, poller, changed } = this.#options;
    const others = [...this.#ports.values()].filter((port) => port.doorway.port === doorway.port);
    for (const other of others) share(libc, other.fd);
    const fd = openReceiver(libc, doorway, others.length > 0);
    const port: Port<Member> = { name, doorway, fd, members: new Map() };
    this.#ports.set(name, port);
    poller.add(fd, () => this.#serve(port));
    changed();
    return port;
  }

  #close({ name, fd }: Port<Member>): void {
    const { libc, poller, changed } = this.#options;
    this.#ports.delete(name);
    poller.remove(fd);
    libc.close(fd);
    changed();
  }

  /** A filter may be replaced at any time; the kernel applies the one or the other to each packet. */
  #adjust({ fd, members }: Port<Member>): number {
    const peers = [...members.values()].map(({ spec: { remote, multihop, profile } }) => ({
      remote,
      minimumTtl: multihop ? profile.minimumTTL : LARGEST_TTL,
    }));
    return this.#options.libc.attachFilter(fd, controlFilter(peers));
  }

  #serve(port: Port<Member>): void {
    const { libc, hear } = this.#options;
    const [from, to] = familyOf(port.doorway.local) === 'ipv4' ? [4, 8] : [8, 24];
    for (let i = 0; i < PACKETS_PER_READ; i += 1) {
      this.#sourceLength.writeUInt32LE(ADDRESS_CAPACITY);
      const length = libc.recvfrom(
        port.fd,
        this.#octets,
        CAPACITY,
        0,
        this.#source,
        this.#sourceLength,
      );
      if (length < 0) return;
      const found = port.members.get(this.#source.toString('latin1', from, to));
      if (found !== undefined) hear(found.member, this.#octets.subarray(0, length));
    }
  }
}

function nameOf({ local, device, port }: Doorway): string {
  return `${local} ${port} ${device ?? ''}`;
}

function sourceOf({ remote }: SessionSpec): string {
  return Buffer.from(ipToBytes(remote)).toString('latin1');
}
