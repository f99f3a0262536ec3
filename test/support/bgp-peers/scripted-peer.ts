import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import { decodeMessage } from '../../../src/runtime/bgp/wire/decode.ts';
import type { Message } from '../../../src/runtime/bgp/wire/message.ts';
import { MessageReader } from '../../../src/runtime/bgp/wire/reader.ts';
import { bgpMessage, openMessage } from '../bgp/octets.ts';

/** What a peer does with whoever calls it. */
export type Script = (caller: Caller) => unknown;

const FOUR_OCTETS = '41040000fc01';
/** MP of both families, and AS 64513 in four octets. */
const PARAMETERS = `14 0212 010400010001 010400020001 ${FOUR_OCTETS}`;
const EMPTY = new Uint8Array();
const KEEPALIVE = bgpMessage(4, EMPTY);
/** Of this network namespace: least, usual and most octets. */
const LIMITS = {
  received: '/proc/sys/net/ipv4/tcp_rmem',
  sent: '/proc/sys/net/ipv4/tcp_wmem',
} as const;
const SUBNET = '192.0.2.0/24';
/** How many listen: with the last of them the subnet goes. */
let listening = 0;

/**
 * A peer of AS 64513 that does what a test says, down to the octet, in the test's own process. It listens on the port of BGP
 * at any address of 192.0.2.0/24, which become addresses of this machine.
 */
export class ScriptedPeer {
  readonly address: string;
  /** In the order in which they called. */
  readonly callers: Caller[] = [];
  readonly #server: Server;
  #restore = (): void => undefined;

  private constructor(address: string, server: Server, script: Script) {
    this.address = address;
    this.#server = server;
    server.on('connection', (socket) => {
      const caller = new Caller(socket);
      this.callers.push(caller);
      script(caller);
    });
  }

  /**
   * @param window - octets that it takes without being read, and that whoever calls from this machine may have under way, both
   *   about; what the system allows if absent
   */
  static async start(address: string, script: Script, window?: number): Promise<ScriptedPeer> {
    // All of the subnet is then of this machine, as it is with 127.0.0.0/8.
    execFileSync('ip', ['address', 'replace', SUBNET, 'dev', 'lo']);
    listening += 1;
    const usual = window === undefined ? undefined : allow(`${window} ${window} ${window}`);
    const server = createServer({ allowHalfOpen: true }).listen({ host: address, port: 179 });
    await once(server, 'listening');
    const peer = new ScriptedPeer(address, server, script);
    if (usual !== undefined) {
      // Callers have the window of the listener, but what is sent is allowed from one moment to the next.
      writeFileSync(LIMITS.received, usual.received);
      peer.#restore = () => writeFileSync(LIMITS.sent, usual.sent);
    }
    return peer;
  }

  /** Whoever called last. */
  get caller(): Caller | undefined {
    return this.callers.at(-1);
  }

  /** Once. */
  stop(): void {
    for (const caller of this.callers) caller.reset();
    this.#server.close();
    this.#restore();
    listening -= 1;
    if (listening === 0) execFileSync('ip', ['address', 'delete', SUBNET, 'dev', 'lo']);
  }
}

/** @returns what was allowed before */
function allow(octets: string): { readonly received: string; readonly sent: string } {
  const usual = {
    received: readFileSync(LIMITS.received, 'utf8'),
    sent: readFileSync(LIMITS.sent, 'utf8'),
  };
  for (const limit of Object.values(LIMITS)) writeFileSync(limit, octets);
  return usual;
}

/** One connection with the speaker under test. */
export class Caller {
  /** Milliseconds, of `performance.now()`. */
  readonly since: number = performance.now();
  readonly heard: Message[] = [];
  /** When the speaker hung up. */
  ended: number | undefined;
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();
  #alive: NodeJS.Timeout | undefined;
  #asnOctets: 2 | 4 = 4;

  constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new MessageReader();
    socket.on('data', (chunk) => {
      for (const frame of reader.read(chunk).frames) this.#hear(frame);
    });
    socket.on('end', () => this.#end());
    // Whoever hangs up hard is not the peer's trouble.
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  /** Resolves with the first message of the kind. */
  async hears<T extends Message['type']>(type: T): Promise<Extract<Message, { type: T }>> {
    for (;;) {
      const found = this.heard.find((message) => message.type === type);
      if (found !== undefined) return found as Extract<Message, { type: T }>;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  send(...octets: readonly Uint8Array[]): void {
    for (const each of octets) this.#socket.write(each);
  }

  /** In hexadecimal; the parameters from the octet that tells their length. */
  open(holdTime = '005a', parameters: string = PARAMETERS): void {
    this.#asnOctets = parameters.includes(FOUR_OCTETS) ? 4 : 2;
    this.send(openMessage({ asn: 'fc01', holdTime, identifier: 'c00002fe', parameters }));
  }

  /** Takes the OPEN of the speaker. */
  confirm(): void {
    this.send(KEEPALIVE);
  }

  /** Agrees with what the speaker says, and lives from then on; as for {@link open}. */
  async establish(holdTime?: string, parameters?: string): Promise<void> {
    await this.hears('open');
    this.open(holdTime, parameters);
    this.confirm();
    this.#alive = setInterval(() => this.send(KEEPALIVE), 1000);
    await this.hears('keepalive');
  }

  /** @param detail - the field Data */
  notify(code: number, subcode: number, detail: Uint8Array = EMPTY): void {
    this.send(bgpMessage(3, Uint8Array.of(code, subcode, ...detail)));
  }

  /** Reads no more, so that its window closes. */
  stopReading(): void {
    this.#socket.pause();
  }

  hangUp(): void {
    this.#socket.end();
  }

  /** Hangs up without a farewell. */
  reset(): void {
    clearInterval(this.#alive);
    this.#socket.resetAndDestroy();
  }

  #hear(frame: Uint8Array): void {
    const message = decodeMessage(frame, { asnOctets: this.#asnOctets, internal: false });
    if (message.type === 'malformed') throw new Error(message.error.reason);
    this.heard.push(message);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #end(): void {
    clearInterval(this.#alive);
    this.ended ??= performance.now();
    this.#socket.end();
  }
}
