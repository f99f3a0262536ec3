import type { Logger } from '../../platform/ports.ts';
import { NetworkError, type Stream } from '../network.ts';
import type { LossReason } from '../observer.ts';
import type { MemberRecord, Ping, PushPull, StreamMessage } from '../protocol/message.ts';
import type { StreamContext } from '../protocol/stream/context.ts';
import { encodeStream } from '../protocol/stream/encode.ts';
import type { StreamOutcome } from '../protocol/stream/reader.ts';
import { type Complaints, sender } from './complaints.ts';
import { type Sealing, hear } from './conversation.ts';

/** Octets of all streams from outside that are read at one time. A ring of 200 members says 20 kB on one. */
const ALLOWANCE = 64 * 1024 * 1024;

/** The member for whom streams are answered. */
export interface StreamOwner {
  readonly node: string;
  sealing(): Sealing;
  records(): readonly MemberRecord[];
  /** What the other side knows, once it has been told what is known here. */
  merge(state: PushPull, stream: Stream): void;
  dropped(reason: LossReason): void;
}

/** Answers what others ask on streams: one request, one answer. memberlist-wire.md §2, §12, §17 */
export class Responder {
  readonly #owner: StreamOwner;
  readonly #logger: Logger;
  readonly #complaints: Complaints;
  #held = 0;

  constructor(owner: StreamOwner, logger: Logger, complaints: Complaints) {
    this.#owner = owner;
    this.#logger = logger;
    this.#complaints = complaints;
  }

  /** Never rejects for what the other side does. */
  async serve(stream: Stream): Promise<void> {
    const from = sender(stream.peer);
    this.#logger.debug({ msg: `memberlist: Stream connection ${from}` });
    try {
      const context: StreamContext = { ...this.#owner.sealing(), side: 'accepting' };
      const { outcome, octets } = await this.#hear(stream, context);
      if (outcome.kind === 'message') await this.#answer(stream, outcome.message, context);
      // Somebody looked whether the port is open, as probes of orchestrators do.
      else if (octets > 0) await this.#refuse(stream, outcome, context);
      stream.close();
    } catch (error) {
      stream.destroy();
      if (!(error instanceof NetworkError)) throw error;
      this.#owner.dropped('broken');
      this.#complaints.say('debug', 'broken', `failed to receive: ${error.message} ${from}`);
    }
  }

  async #hear(
    stream: Stream,
    context: StreamContext,
  ): Promise<{ readonly outcome: StreamOutcome; readonly octets: number }> {
    let octets = 0;
    try {
      const outcome = await hear(stream, context, (more) => {
        octets += more;
        this.#held += more;
        return this.#held <= ALLOWANCE;
      });
      return { outcome, octets };
    } finally {
      this.#held -= octets;
    }
  }

  async #answer(stream: Stream, message: StreamMessage, context: StreamContext): Promise<void> {
    switch (message.type) {
      case 'pushPull': {
        const records = this.#owner.records();
        const state: PushPull = { type: 'pushPull', join: message.join, records };
        await stream.write(encodeStream(state, context));
        this.#owner.merge(message, stream);
        return;
      }
      case 'ping':
        return this.#pong(stream, message, context);
      case 'user':
        return;
      case 'ack':
      case 'err':
        this.#owner.dropped('unknownType');
        {
          this.#complaints.say(
            'error',
            'unknownType',
            `Received invalid msgType (${message.type}) ${sender(stream.peer)}`,
          );
          return;
        }
      default:
        return message satisfies never;
    }
  }

  async #pong(stream: Stream, { node, seqNo }: Ping, context: StreamContext): Promise<void> {
    if (node === '' || node === this.#owner.node) {
      return stream.write(encodeStream({ type: 'ack', seqNo }, context));
    }
    const text = `Got ping for unexpected node '${node}' ${sender(stream.peer)}`;
    this.#complaints.say('warn', 'unexpected node', text);
  }

  async #refuse(
    stream: Stream,
    { reason, answer }: Extract<StreamOutcome, { kind: 'refused' }>,
    context: StreamContext,
  ): Promise<void> {
    this.#owner.dropped(reason);
    const text = `failed to receive: ${answer ?? reason} ${sender(stream.peer)}`;
    this.#complaints.say('error', `stream ${reason}`, text);
    if (answer !== undefined) {
      await stream.write(encodeStream({ type: 'err', error: answer }, context));
    }
  }
}
