import type { Duration, Random } from '../../platform/ports.ts';
import type { Binding, Stream } from '../network.ts';
import type { Keyring } from '../protocol/keyring.ts';
import type { Endpoint, PushPull, StreamMessage } from '../protocol/message.ts';
import type { StreamContext } from '../protocol/stream/context.ts';
import { encodeStream } from '../protocol/stream/encode.ts';
import { type StreamOutcome, StreamReader } from '../protocol/stream/reader.ts';
import type { StreamRefusal } from '../protocol/stream/refusal.ts';

/** How everything of a ring is sealed now. */
export interface Sealing {
  readonly keys: Keyring | undefined;
  readonly label: string;
  readonly random: Random;
}

/** The other side of a stream said something else than was asked for, or nothing that can be read. */
export class ConversationError extends Error {
  override readonly name: string = 'ConversationError';
  /** `undefined`: it could be read. */
  readonly refusal: StreamRefusal | undefined;

  constructor(message: string, refusal?: StreamRefusal) {
    super(message);
    this.refusal = refusal;
  }
}

/**
 * Reads what the other side says.
 *
 * @param arrived - told the octets of each chunk; false: no more is wanted
 * @throws NetworkError
 */
export async function hear(
  stream: Stream,
  context: StreamContext,
  arrived: (octets: number) => boolean = () => true,
): Promise<StreamOutcome> {
  const reader = new StreamReader(context);
  for (;;) {
    const chunk = await stream.read();
    if (chunk === undefined) return reader.end();
    if (!arrived(chunk.length)) return { kind: 'refused', reason: 'oversized' };
    const outcome = reader.feed(chunk);
    if (outcome !== undefined) return outcome;
  }
}

/** Whom to ask, and how long it may take from the dial to the end of the answer. */
export interface Call {
  readonly to: Endpoint;
  readonly within: Duration;
  readonly sealing: Sealing;
}

/**
 * Asks and reads the answer, on a stream of its own.
 *
 * @throws NetworkError, ConversationError
 */
async function ask(binding: Binding, request: StreamMessage, call: Call): Promise<StreamMessage> {
  const context: StreamContext = { ...call.sealing, side: 'dialing' };
  const stream = await binding.dial(call.to, call.within);
  try {
    await stream.write(encodeStream(request, context));
    const outcome = await hear(stream, context);
    if (outcome.kind === 'refused') {
      throw new ConversationError(outcome.answer ?? outcome.reason, outcome.reason);
    }
    if (outcome.message.type === 'err') {
      throw new ConversationError(`Remote error: ${outcome.message.error}`);
    }
    return outcome.message;
  } finally {
    stream.destroy();
  }
}

/**
 * Tells all that is known and hears all that the other one knows. memberlist-wire.md §17
 *
 * @throws NetworkError, ConversationError
 */
export async function exchangeStates(
  binding: Binding,
  state: PushPull,
  call: Call,
): Promise<PushPull> {
  const answer = await ask(binding, state, call);
  if (answer.type !== 'pushPull') {
    throw new ConversationError(`received invalid msgType (${answer.type})`);
  }
  return answer;
}

/**
 * Whether the member answers with the same number. memberlist-wire.md §12 step 5
 *
 * @throws NetworkError, ConversationError
 */
export async function pingOverStream(
  binding: Binding,
  ping: { readonly node: string; readonly seqNo: number },
  call: Call,
): Promise<void> {
  const answer = await ask(binding, { type: 'ping', ...ping }, call);
  if (answer.type !== 'ack') throw new ConversationError(`Unexpected msgType (${answer.type})`);
  if (answer.seqNo !== ping.seqNo) {
    throw new ConversationError(
      `Sequence number from ack (${answer.seqNo}) doesn't match ping (${ping.seqNo})`,
    );
  }
}
