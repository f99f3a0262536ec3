/**
 * The program of {@link Peers.ours}: members of this project, as many in one process as are named, on the same commands
 * as test/gossip/peers/peer.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import {
  type Endpoint,
  type LossReason,
  Keyring,
  Memberlist,
  SocketTransport,
  deriveKey,
} from '../../../src/runtime/gossip/index.ts';
import { Secret } from '../../../src/runtime/model/index.ts';
import { type IpAddress, parseIp } from '../../../src/runtime/net/index.ts';
import { SystemClock, SystemRandom } from '../../../src/runtime/platform/index.ts';
import type { LogFields, LogLevel, Logger } from '../../../src/runtime/platform/ports.ts';
import type { PeerLine } from './peers.ts';

const { values } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true, default: [] },
    secret: { type: 'string', default: '' },
    label: { type: 'string', default: '' },
    keyBytes: { type: 'string', default: '16' },
    fast: { type: 'string', default: 'false' },
  },
});
const keyBytes = values.keyBytes === '32' ? 32 : 16;
const clock = new SystemClock();
const random = new SystemRandom();

const tell = (line: PeerLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** As the original's library tags its lines, so that both sides are read alike. */
const TAGS: Readonly<Record<LogLevel, string>> = {
  debug: '[DEBUG]',
  info: '[INFO]',
  warn: '[WARN]',
  error: '[ERR]',
};

function loggerOf(peer: string): Logger {
  const line =
    (level: LogLevel) =>
    ({ msg, ...fields }: LogFields): void => {
      const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
      tell({ peer, log: `${TAGS[level]} ${String(msg)}${rest}` });
    };
  const logger: Logger = {
    enabled: () => true,
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: () => logger,
  };
  return logger;
}

function keyring(secrets: readonly string[]): Keyring | undefined {
  if (secrets.length === 0) return undefined;
  return new Keyring(secrets.map((secret) => deriveKey(new Secret(secret), keyBytes)));
}

/** An address, or one with a port; IPv6 with a port in brackets. */
function endpointOf(text: string): Endpoint {
  const [, bracketed, plain, port = '7946'] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const address = parseIp(bracketed ?? plain ?? text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return { address, port: Number(port) };
}

class Peer {
  readonly #name: string;
  readonly #endpoint: Endpoint;
  #member: Memberlist | undefined;
  #end = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #addresses: readonly string[] | undefined;
  #count: Record<string, number> = {};

  constructor(place: string) {
    const [name = '', where = ''] = place.split('@');
    this.#name = name;
    this.#endpoint = endpointOf(where);
  }

  get name(): string {
    return this.#name;
  }

  async obey(command: string, args: readonly string[]): Promise<void> {
    let answer = {};
    try {
      answer = await this.#obey(command, args);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      answer = { error: error.message };
    }
    tell({ peer: this.#name, done: command, ...answer });
  }

  async #obey(command: string, args: readonly string[]): Promise<object> {
    const act = this.#commands[command];
    if (act === undefined) throw new Error(`no such command: ${command}`);
    return act(args);
  }

  readonly #commands: Readonly<
    Record<string, (args: readonly string[]) => object | Promise<object>>
  > = {
    start: () => this.#start(),
    join: (args) => this.#join(args),
    expect: (args) => {
      this.#member?.expect(args.map((each) => ({ endpoint: endpointOf(each) })));
      return {};
    },
    leave: async () => {
      this.#end.abort();
      await this.#ended;
      return {};
    },
    members: () => ({ members: this.#members() }),
    keys: (secrets) => {
      const keys = keyring(secrets);
      if (keys !== undefined) this.#member?.useKeys(keys);
      return {};
    },
    count: () => ({ count: this.#count }),
    owners: ([file = '']) => {
      this.#addresses = readFileSync(file, 'utf8').split('\n');
      this.#tellOwned();
      return {};
    },
  };

  async #start(): Promise<object> {
    this.#end = new AbortController();
    const listening = new Promise<void>((resolve) => {
      this.#member = this.#make(resolve);
    });
    this.#ended = this.#member?.run(this.#end.signal) ?? Promise.resolve();
    await Promise.race([listening, this.#ended]);
    return {};
  }

  #make(listening: () => void): Memberlist {
    const { address, port } = this.#endpoint;
    return new Memberlist(
      {
        ...{ clock, random, transport: new SocketTransport(clock), logger: loggerOf(this.#name) },
        observer: {
          datagram: (direction) => this.#counted(`datagrams ${direction}`),
          stream: (direction) => this.#counted(`streams ${direction}`),
          dropped: (reason: LossReason) => this.#counted(reason),
          members: (count) => (this.#count['members'] = count),
          probeFailed: () => this.#counted('failed probes'),
          awareness: (score) => (this.#count['awareness'] = score),
        },
        changed: ({ type, node, endpoint }) => {
          if (node === this.#name) listening();
          const where = `${endpoint.address}:${endpoint.port}`;
          tell({ peer: this.#name, event: type, node, address: where });
          this.#tellOwned();
        },
      },
      {
        ...{ node: this.#name, bindAddress: address, bindPort: port, label: values.label },
        keys: keyring(values.secret === '' ? [] : [values.secret]),
        features: { fast: values.fast === 'true', macs: [] },
      },
    );
  }

  async #join(args: readonly string[]): Promise<object> {
    const report = await this.#member?.join(args.map((each) => ({ endpoint: endpointOf(each) })));
    return { joined: report?.joined, ...(report?.error !== undefined && { error: report.error }) };
  }

  #members(): readonly string[] {
    return (this.#member?.members() ?? []).map(({ node }) => node).toSorted();
  }

  #counted(what: string): void {
    this.#count[what] = (this.#count[what] ?? 0) + 1;
  }

  #tellOwned(): void {
    if (this.#addresses === undefined) return;
    const names = this.#members();
    const owns = this.#addresses.filter(
      (address) => ownerOf(names, address as IpAddress) === this.#name,
    );
    tell({ peer: this.#name, owns });
  }
}

/** legacy.md §4.3 */
function ownerOf(names: readonly string[], address: IpAddress): string | undefined {
  const hash = (name: string): string =>
    createHash('sha256').update(`${name}#${address}`).digest('hex');
  return names.toSorted((left, right) => (hash(left) < hash(right) ? -1 : 1))[0];
}

const peers = values.peer.map((place) => new Peer(place));
for (const peer of peers) void peer.obey('start', []);
createInterface(process.stdin).on('line', (line) => {
  const [whom, command = '', ...args] = line.split(/\s+/).filter((word) => word !== '');
  for (const peer of peers) {
    if (whom === '*' || whom === peer.name) void peer.obey(command, args);
  }
});
