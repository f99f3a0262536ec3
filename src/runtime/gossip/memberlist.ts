import type { IpAddress } from '../net/index.ts';
import {
  type Clock,
  type Duration,
  type LogLevel,
  type Logger,
  type Random,
  type Task,
  seconds,
} from '../platform/ports.ts';
import type { Features } from './features.ts';
import type { Binding, Listener, Transport } from './network.ts';
import type { RingObserver } from './observer.ts';
import { Participant } from './participant.ts';
import { openDatagram } from './protocol/datagram.ts';
import type { DropReason } from './protocol/drop.ts';
import { ENCRYPTION_OVERHEAD, type Keyring } from './protocol/keyring.ts';
import type { Endpoint } from './protocol/message.ts';
import { createSwim } from './swim/create.ts';
import type { Member, MemberEvent } from './swim/effect.ts';
import { suspicionWindow } from './swim/membership/suspicion.ts';
import type { Swim } from './swim/swim.ts';
import { FAST, LAN } from './swim/timing.ts';
import { Complaints, sender } from './traffic/complaints.ts';
import type { Sealing } from './traffic/conversation.ts';
import { type Datagram, Intake } from './traffic/intake.ts';
import { Responder, type StreamOwner } from './traffic/responder.ts';

export interface MemberlistPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: RingObserver;
  /** Told of each change, the own join and leave included, once {@link Memberlist.members} says so too. */
  changed(event: MemberEvent): void;
}

export interface MemberlistOptions {
  /** The own name. */
  readonly node: string;
  readonly bindAddress: IpAddress;
  /** 0: any that is free. */
  readonly bindPort: number;
  /** `undefined`: nothing is encrypted. */
  readonly keys: Keyring | undefined;
  /** Empty: none, as in the original. */
  readonly label: string;
  readonly features: Features;
}

export interface JoinTarget {
  /** Where it is known. */
  readonly node?: string;
  readonly endpoint: Endpoint;
}

export interface JoinReport {
  readonly joined: number;
  readonly expected: number;
  /** If none was joined, why; as the original words it. */
  readonly error: string | undefined;
}

/** What each target of a join may take, so that a dead one delays nobody for long; the original waits ten seconds. */
const JOIN_LIMIT = seconds(2);
/** legacy.md §7.5 */
const LEAVE_LIMIT = seconds(1);
/** memberlist-wire.md §17 */
const MAX_STREAMS = 128;

/** One member of a ring on this machine's network, with sockets and a clock. memberlist-wire.md */
export class Memberlist implements Task {
  readonly name = 'memberlist';
  readonly #ports: MemberlistPorts;
  readonly #options: MemberlistOptions;
  readonly #logger: Logger;
  readonly #complaints: Complaints;
  readonly #intake: Intake;
  readonly #started: Promise<Participant | undefined>;
  #start: (participant: Participant | undefined) => void = () => undefined;
  #participant: Participant | undefined;
  #keys: Keyring | undefined;

  constructor(ports: MemberlistPorts, options: MemberlistOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#keys = options.keys;
    this.#logger = ports.logger.with({ component: 'Memberlist' });
    this.#complaints = new Complaints(ports.clock, this.#logger);
    this.#started = new Promise((resolve) => (this.#start = resolve));
    this.#intake = new Intake(ports.clock, {
      handle: (datagram) => this.#receive(datagram),
      overflow: (from) => {
        ports.observer.dropped('overflow');
        const text = `handler queue full, dropping message ${sender(from)}`;
        this.#complaints.say('warn', 'overflow', text);
      },
    });
  }

  /**
   * Listens, and takes part until the signal aborts; then says that it leaves, for at most a second, and closes.
   *
   * @throws NetworkError if the address cannot be had
   */
  async run(signal: AbortSignal): Promise<void> {
    const { bindAddress: address, bindPort: port } = this.#options;
    try {
      const binding = await this.#ports.transport.bind({ address, port }, this.#listener(), {
        streamLimit: LAN.tcpTimeout,
        maxStreams: MAX_STREAMS,
      });
      const participant = this.#participate(binding);
      this.#start(participant);
      await aborted(signal);
      await this.#leave(participant);
    } finally {
      this.#start(undefined);
    }
  }

  /**
   * Exchanges states with each, side by side, once this member listens. Resolves when all have answered or failed.
   *
   * @param within - what each may take
   */
  async join(targets: readonly JoinTarget[], within: Duration = JOIN_LIMIT): Promise<JoinReport> {
    const participant = await this.#started;
    const outcomes = await Promise.all(
      targets.map(async ({ endpoint }) => {
        const failure =
          participant === undefined
            ? 'not running'
            : await participant.exchange(endpoint, { join: true, within });
        return failure === undefined ? [] : [`Failed to join ${endpoint.address}: ${failure}`];
      }),
    );
    const errors = outcomes.flat();
    for (const error of errors) this.#logger.debug({ msg: `memberlist: ${error}` });
    const joined = targets.length - errors.length;
    const error = joined === 0 && errors.length > 0 ? multiError(errors) : undefined;
    return { joined, expected: targets.length, error };
  }

  /** Says where members should be: they are looked for, and joined, until they are found. */
  expect(targets: readonly JoinTarget[]): void {
    void this.#started.then((participant) =>
      participant?.turn((swim, now) => swim.expect(targets, now)),
    );
  }

  /** Those that count, the own one included; none before it listens. */
  members(): readonly Member[] {
    return this.#participant?.swim.members() ?? [];
  }

  /** How long a member may stay silent before others declare it dead, at least. */
  get suspicionTime(): Duration {
    return this.#participant?.swim.suspicionTime ?? suspicionWindow(1, LAN).min;
  }

  /** When a message of another member was last heard, as the clock's `now` counts. */
  get lastHeard(): Duration | undefined {
    return this.#participant?.swim.lastHeard;
  }

  /** Where it listens, once it does. */
  get endpoint(): Endpoint | undefined {
    return this.#participant?.endpoint;
  }

  /** Seals with the first of these from now on, and opens with any. */
  useKeys(keys: Keyring): void {
    this.#keys = keys;
  }

  #participate(binding: Binding): Participant {
    const { clock, observer } = this.#ports;
    const participant = new Participant(this.#createSwim(binding.endpoint), {
      ...{ binding, clock, observer, logger: this.#logger, complaints: this.#complaints },
      sealing: () => this.#sealing(),
      changed: (event) => this.#ports.changed(event),
    });
    this.#participant = participant;
    participant.turn((swim, now) => swim.tick(now));
    return participant;
  }

  #createSwim(endpoint: Endpoint): Swim {
    const { random, clock } = this.#ports;
    const { node, features, keys } = this.#options;
    return createSwim({
      ...{ node, endpoint, features, random },
      ...{ timing: LAN, fastTiming: FAST },
      overhead: keys === undefined ? 0 : ENCRYPTION_OVERHEAD,
      now: clock.now(),
    });
  }

  async #leave(participant: Participant): Promise<void> {
    const say = (msg: string, error?: string | null): void =>
      this.#ports.logger.info({ op: 'shutdown', msg, ...(error !== undefined && { error }) });
    say('leaving memberlist cluster');
    const complete = await participant.leave(LEAVE_LIMIT);
    say('left memberlist cluster', complete ? null : 'timeout waiting for leave broadcast');
    await participant.close();
    this.#intake[Symbol.dispose]();
    say('memberlist shutdown', null);
  }

  #sealing(): Sealing {
    return { keys: this.#keys, label: this.#options.label, random: this.#ports.random };
  }

  #listener(): Listener {
    const { observer } = this.#ports;
    const responder = this.#responder();
    return {
      datagram: (octets, from) => {
        observer.datagram('in');
        this.#intake.put({ octets, from }, this.#isMember(from));
      },
      stream: (stream) => {
        observer.stream('in');
        void responder.serve(stream);
      },
      turnedAway: () => {
        observer.dropped('overflow');
        this.#complaints.say('error', 'streams', 'Too many pending push/pull requests');
      },
      trouble: ({ message }) => this.#complaints.say('error', 'trouble', message),
    };
  }

  #responder(): Responder {
    const owner = {
      node: this.#options.node,
      sealing: () => this.#sealing(),
      records: () => this.#participant?.swim.records() ?? [],
      merge: ({ records, join }, { peer }) =>
        this.#participant?.turn((swim, now) => swim.merge(records, peer, join, now)),
      dropped: (reason) => this.#ports.observer.dropped(reason),
    } satisfies StreamOwner;
    return new Responder(owner, this.#logger, this.#complaints);
  }

  #isMember({ address }: Endpoint): boolean {
    return this.members().some(({ endpoint }) => endpoint.address === address);
  }

  #receive({ octets, from }: Datagram): void {
    const { messages, dropped } = openDatagram(octets, this.#sealing());
    for (const reason of dropped) {
      this.#ports.observer.dropped(reason);
      const [level, text] = DROPS[reason];
      this.#complaints.say(level, reason, `${text} ${sender(from)}`);
    }
    for (const message of messages) {
      this.#participant?.turn((swim, now) => swim.receive(message, from, now));
    }
  }
}

/** What is said of a datagram that counts for nothing. memberlist-wire.md §22 */
const DROPS: Readonly<Record<DropReason, readonly [LogLevel, string]>> = {
  label: ['error', 'discarding packet with unacceptable label'],
  decryption: ['error', 'Decrypt packet failed: No installed keys could decrypt the message'],
  checksum: ['warn', 'Got invalid checksum for UDP packet'],
  compression: ['error', 'Failed to decompress payload'],
  oversized: ['error', 'Failed to decompress payload: too large'],
  truncatedCompound: ['warn', 'Compound request had truncated messages'],
  tooDeep: ['error', 'Failed to decode packet: containers in containers'],
  malformed: ['error', 'Failed to decode packet'],
  unknownType: ['error', 'msg type not supported'],
};

/** As the original's library words a list. */
function multiError(errors: readonly string[]): string {
  const head = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  return `${head} occurred:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
