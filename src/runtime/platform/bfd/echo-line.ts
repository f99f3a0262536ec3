import { type Family, type IpAddress, familyOf, ipToBytes } from '../../net/index.ts';
import { type Libc, checked } from '../socket/libc.ts';
import type { Poller } from '../socket/poller.ts';
import { BFD_PACKETS, echoFrame, readFrame } from './echo-frame.ts';
import type { SessionSpec } from './protocol.ts';

const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const ETHER_TYPE = { ipv4: 0x0800, ipv6: 0x86dd } as const;
const CAPACITY = 2048;
const FRAMES_PER_READ = 64;
/** `struct sockaddr_ll`; see packet(7). */
const LINK_ADDRESS = 20;
const PACKET_TYPE = 10;
const PACKET_HOST = 0;

interface Watched<Member> {
  readonly member: Member;
  readonly spec: SessionSpec;
  /** Addresses as {@link readFrame} has them. */
  readonly local: string;
  readonly remote: string;
  /** Where the peer was last heard: a `sockaddr_ll` to send to. */
  place: Buffer | undefined;
}

export interface EchoLineOptions<Member> {
  readonly libc: Libc;
  readonly poller: Poller;
  /** The place of the peer on the link is known now. */
  readonly ready: (member: Member) => void;
  /** `payload` is valid during the call. */
  readonly returned: (member: Member, payload: Uint8Array) => void;
  readonly changed: () => void;
}

/**
 * Sends echo packets and hears those that come back: below IP, which would keep at home what is addressed to ourselves,
 * and throw away what comes from ourselves. Where a peer is on the link is learned from its control packets. A socket is
 * open for each family that some session needs.
 */
export class EchoLine<Member> {
  readonly #options: EchoLineOptions<Member>;
  readonly #sockets = new Map<Family, number>();
  readonly #watched = new Map<Member, Watched<Member>>();
  readonly #frame = Buffer.alloc(CAPACITY);
  readonly #place = Buffer.alloc(LINK_ADDRESS);
  readonly #placeLength = Buffer.alloc(4);

  constructor(options: EchoLineOptions<Member>) {
    this.#options = options;
  }

  /** @throws SystemCallError - the socket cannot be had: EPERM without NET_RAW */
  join(spec: SessionSpec, member: Member): void {
    const family = familyOf(spec.local);
    if (!this.#sockets.has(family)) this.#open(family);
    const place = this.#watched.get(member)?.place;
    const [local, remote] = [octetsOf(spec.local), octetsOf(spec.remote)];
    this.#watched.set(member, { member, spec, local, remote, place });
  }

  leave(member: Member): void {
    const watched = this.#watched.get(member);
    if (watched === undefined) return;
    this.#watched.delete(member);
    const family = familyOf(watched.spec.local);
    const isNeeded = [...this.#watched.values()].some(
      ({ spec }) => familyOf(spec.local) === family,
    );
    if (!isNeeded) this.#close(family);
  }

  /** Whether the packet has left. */
  send(member: Member, sourcePort: number, payload: Uint8Array): boolean {
    const watched = this.#watched.get(member);
    if (watched?.place === undefined) return false;
    const { local } = watched.spec;
    const fd = this.#sockets.get(familyOf(local));
    if (fd === undefined) return false;
    const frame = echoFrame(local, sourcePort, payload);
    return this.#options.libc.sendto(fd, frame, frame.length, 0, watched.place, LINK_ADDRESS) >= 0;
  }

  get descriptors(): readonly number[] {
    return [...this.#sockets.values()];
  }

  close(): void {
    for (const fd of this.#sockets.values()) this.#options.libc.close(fd);
    this.#sockets.clear();
    this.#watched.clear();
  }

  #open(family: Family): void {
    const { libc, poller, changed } = this.#options;
    const fd = checked(libc, libc.socket(AF_PACKET, SOCK_DGRAM | NONBLOCK_CLOEXEC, 0), 'socket');
    try {
      checked(libc, libc.attachFilter(fd, BFD_PACKETS[family]), 'SO_ATTACH_FILTER');
      const address = Buffer.alloc(LINK_ADDRESS);
      address.writeUInt16LE(AF_PACKET, 0);
      address.writeUInt16BE(ETHER_TYPE[family], 2);
      checked(libc, libc.bind(fd, address, address.length), 'bind');
    } catch (error) {
      libc.close(fd);
      throw error;
    }
    this.#sockets.set(family, fd);
    poller.add(fd, () => this.#serve(family, fd));
    changed();
  }

  #close(family: Family): void {
    const { libc, poller, changed } = this.#options;
    const fd = this.#sockets.get(family);
    if (fd === undefined) return;
    this.#sockets.delete(family);
    poller.remove(fd);
    libc.close(fd);
    changed();
  }

  #serve(family: Family, fd: number): void {
    const { libc } = this.#options;
    for (let i = 0; i < FRAMES_PER_READ; i += 1) {
      this.#placeLength.writeUInt32LE(LINK_ADDRESS);
      const length = libc.recvfrom(fd, this.#frame, CAPACITY, 0, this.#place, this.#placeLength);
      if (length < 0) return;
      // Frames that leave, our own echo packets among them, are seen here as well.
      if (this.#place[PACKET_TYPE] === PACKET_HOST) this.#take(family, length);
    }
  }

  #take(family: Family, length: number): void {
    const frame = readFrame(family, this.#frame.subarray(0, length));
    if (frame === undefined) return;
    for (const watched of this.#watched.values()) {
      const { local, remote, member } = watched;
      if (frame.target !== local) continue;
      if (frame.kind === 'control') {
        if (frame.source === remote) this.#learn(watched);
      } else if (frame.source === local) this.#options.returned(member, frame.payload);
    }
  }

  #learn(watched: Watched<Member>): void {
    const { spec, place, member } = watched;
    const index = this.#place.readInt32LE(4);
    const { libc, ready } = this.#options;
    if (spec.interface !== undefined && libc.interfaceIndex(spec.interface) !== index) return;
    if (place?.equals(this.#place) === true) return;
    watched.place = Buffer.from(this.#place);
    ready(member);
  }
}

function octetsOf(address: IpAddress): string {
  return Buffer.from(ipToBytes(address)).toString('latin1');
}
