import { MalformedError, type IpAddress } from '../../net/index.ts';
import { DumpRequest, type NetlinkMessage, decodeNetlink, encodeDumpRequest } from './netlink.ts';
import type { Link } from '../ports.ts';
import { type Libc, SystemCallError, checked } from './libc.ts';
import type { Poller } from './poller.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
/** RTMGRP_LINK and RTMGRP_IPV6_IFADDR. */
const NOTICES = 0x1 | 0x100;
/** The kernel fills at most 32 KiB of a dump into one datagram. */
const BUFFER = 65_536;
/** A storm of notices, as when many pods start, causes at most this many dumps: one in so many milliseconds. */
const SPACING = 50;
/** Legacy.md §5.1: look again at least this often, notices or not. */
const RESCAN = 10_000;
/** Of each link so many are told: kube-proxy in IPVS mode puts the addresses of all Services on one. */
const ADDRESSES = 64;

type Stage = 'idle' | DumpRequest;

/**
 * Reads all links of the network namespace by rtnetlink dumps: at start, upon every notice of a change, and every ten
 * seconds in case a notice was lost. Never blocks: answers are taken up as they become readable.
 */
export class LinkScan {
  readonly #libc: Libc;
  readonly #poller: Poller;
  readonly #publish: (links: readonly Link[]) => void;
  readonly #buffer = new Uint8Array(BUFFER);
  #dumpSocket = -1;
  #noticeSocket = -1;
  #stage: Stage = 'idle';
  #wanted = true;
  #torn = false;
  #startedAt = -Infinity;
  #sequence = 0;
  #links = new Map<number, Link>();
  #linkLocals = new Map<number, IpAddress>();
  #addresses = new Map<number, IpAddress[]>();

  constructor(libc: Libc, poller: Poller, publish: (links: readonly Link[]) => void) {
    this.#libc = libc;
    this.#poller = poller;
    this.#publish = publish;
  }

  get descriptors(): readonly number[] {
    return [this.#dumpSocket, this.#noticeSocket].filter((fd) => fd >= 0);
  }

  open(): void {
    this.#dumpSocket = this.#socket(0, () => this.#readDump());
    this.#noticeSocket = this.#socket(NOTICES, () => this.#readNotices());
  }

  close(): void {
    for (const fd of this.descriptors) {
      this.#poller.remove(fd);
      this.#libc.close(fd);
    }
    this.#dumpSocket = this.#noticeSocket = -1;
  }

  /** Starts what is due; call at least every {@link patience} milliseconds. */
  tick(now: number): void {
    const age = now - this.#startedAt;
    if (age < SPACING || (!this.#wanted && age < RESCAN)) return;
    // A dump that got no answer for a whole period is given up and begun anew.
    if (this.#stage !== 'idle' && age < RESCAN) return;
    this.#wanted = this.#torn = false;
    this.#startedAt = now;
    this.#links = new Map();
    this.#linkLocals = new Map();
    this.#addresses = new Map();
    this.#request(DumpRequest.Links);
  }

  /** How long, in milliseconds, the next {@link tick} may be put off. */
  get patience(): number {
    return this.#wanted ? SPACING : Infinity;
  }

  #socket(groups: number, ready: () => void): number {
    const libc = this.#libc;
    const fd = checked(libc, libc.socket(AF_NETLINK, SOCK_RAW | NONBLOCK_CLOEXEC, 0), 'rtnetlink');
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(groups, 8);
    checked(libc, libc.bind(fd, address, address.length), 'bind of rtnetlink');
    this.#poller.add(fd, ready);
    return fd;
  }

  #request(request: DumpRequest): void {
    this.#stage = request;
    this.#sequence += 1;
    const message = encodeDumpRequest(request, this.#sequence);
    const sent = this.#libc.send(this.#dumpSocket, message, message.length, 0);
    checked(this.#libc, sent, 'send to rtnetlink');
  }

  #readNotices(): void {
    this.#wanted = true;
    while (this.#receive(this.#noticeSocket) !== undefined);
  }

  #readDump(): void {
    for (;;) {
      const datagram = this.#receive(this.#dumpSocket);
      if (datagram === undefined) return;
      try {
        for (const message of decodeNetlink(datagram)) this.#take(message);
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        this.#torn = true;
      }
    }
  }

  #take(message: NetlinkMessage): void {
    switch (message.type) {
      case 'link':
        this.#links.set(message.link.index, message.link);
        return;
      case 'linkLocal':
        if (!this.#linkLocals.has(message.index)) {
          this.#linkLocals.set(message.index, message.address);
        }
        return;
      case 'address':
        this.#addAddress(message.index, message.address);
        return;
      case 'error':
        // EBUSY while an earlier dump is still running: begin anew.
        this.#torn = true;
        this.#finish();
        return;
      case 'done':
        this.#torn ||= message.interrupted;
        if (this.#stage === DumpRequest.Links) this.#request(DumpRequest.Addresses);
        else this.#finish();
        return;
      case 'other':
        this.#torn ||= message.interrupted;
    }
  }

  /** A dump during which something changed may be inconsistent: it is repeated instead of believed. */
  #finish(): void {
    this.#stage = 'idle';
    if (this.#torn) {
      this.#wanted = true;
      return;
    }
    this.#publish(
      [...this.#links.values()].map((link) => {
        const linkLocal = this.#linkLocals.get(link.index);
        const addresses = this.#addresses.get(link.index);
        return { ...link, ...(linkLocal && { linkLocal }), ...(addresses && { addresses }) };
      }),
    );
  }

  #addAddress(index: number, address: IpAddress): void {
    const addresses = this.#addresses.get(index) ?? [];
    if (addresses.length < ADDRESSES) addresses.push(address);
    this.#addresses.set(index, addresses);
  }

  /** One datagram, or nothing now. Lost notices (ENOBUFS) need no more than the dump that any notice causes. */
  #receive(fd: number): Uint8Array | undefined {
    const length = this.#libc.recv(fd, this.#buffer, BUFFER, 0);
    if (length >= 0) return this.#buffer.subarray(0, length);
    const code = this.#libc.errno();
    if (code === 'EAGAIN' || code === 'EINTR' || code === 'ENOBUFS') return undefined;
    throw new SystemCallError('recv from rtnetlink', code);
  }
}
