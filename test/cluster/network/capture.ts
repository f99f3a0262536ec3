import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { Program } from '../program.ts';
import type { LanHost } from './lan.ts';

/** One answer on the wire, read from the frame's octets by RFC 826 or RFC 4861. */
export interface Answer {
  /** Source of the Ethernet frame. */
  readonly source: string;
  /** The hardware address it claims for `address`. */
  readonly mac: string;
  /** IP address in hexadecimal digits. */
  readonly address: string;
  /** Whether it answers a question, rather than telling everyone. */
  readonly solicited: boolean;
}

/** Everything that a host's interface hears, kept. */
export class Capture {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** @param dir - where the program and what it heard are kept */
  static async start(host: LanHost, dir: string): Promise<Capture> {
    const binary = join(dir, 'capture');
    execFileSync('gcc', ['-O1', '-Wall', '-o', binary, 'test/cluster/network/capture.c']);
    const log = join(dir, `${host.name}.frames`);
    const args = ['netns', 'exec', host.namespace.name, binary, 'eth0'];
    const capture = new Capture(new Program('ip', args, { log }));
    await eventually('the capture listens', () => capture.#lines().length > 0 || undefined);
    return capture;
  }

  /** How much was heard so far: pass it to look only at what comes later. */
  get mark(): number {
    return this.#lines().length;
  }

  /** ARP replies and gratuitous ARP about an IPv4 address. */
  arp(address: string, since = 0): Answer[] {
    const wanted = Buffer.from(address.split('.').map(Number)).toString('hex');
    return this.#frames(since)
      .map(readArp)
      .filter((answer) => answer?.address === wanted) as Answer[];
  }

  /** Neighbor Advertisements about an IPv6 address, given in full: eight groups of four digits. */
  ndp(address: string, since = 0): Answer[] {
    const wanted = address.replaceAll(':', '');
    return this.#frames(since)
      .map(readAdvertisement)
      .filter((answer) => answer?.address === wanted) as Answer[];
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGKILL');
  }

  #frames(since: number): Buffer[] {
    return this.#lines()
      .slice(Math.max(1, since))
      .map((line) => Buffer.from(line, 'hex'));
  }

  #lines(): string[] {
    return this.#program.output().split('\n').slice(0, -1);
  }
}

function readArp(frame: Buffer): Answer | undefined {
  if (frame.length < 42 || frame.readUInt16BE(12) !== 0x0806) return undefined;
  const address = frame.toString('hex', 28, 32);
  const target = frame.toString('hex', 38, 42);
  const reply = frame.readUInt16BE(20) === 2;
  if (!reply && address !== target) return undefined;
  return { source: mac(frame, 6), mac: mac(frame, 22), address, solicited: address !== target };
}

function readAdvertisement(frame: Buffer): Answer | undefined {
  if (frame.length < 86 || frame.readUInt16BE(12) !== 0x86dd) return undefined;
  const [nextHeader, type, option] = [frame[20], frame[54], frame[78]];
  if (nextHeader !== 58 || type !== 136 || option !== 2) return undefined;
  const solicited = ((frame[58] ?? 0) & 0x40) !== 0;
  return {
    source: mac(frame, 6),
    mac: mac(frame, 80),
    address: frame.toString('hex', 62, 78),
    solicited,
  };
}

function mac(frame: Buffer, offset: number): string {
  return [...frame.subarray(offset, offset + 6)]
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join(':');
}
