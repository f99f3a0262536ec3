import { ByteReader, MalformedError } from '../../../net/index.ts';
import { decodeCompressed } from '../container.ts';
import { LABEL_LIMIT, labelHeader } from '../label.ts';
import type { StreamMessage } from '../message.ts';
import { Type } from '../type.ts';
import { readBody } from './body.ts';
import type { StreamContext } from './context.ts';
import { FRAME_HEADER, authenticatedFrame } from './frame.ts';
import { Inflow, type Reading } from './inflow.ts';
import { ANSWERS, STREAM_LIMIT, StreamRefused, type StreamRefusal } from './refusal.ts';

/** Octets before a frame's envelope: the label's header, and the frame's. */
const FRAMING_LIMIT = 2 + LABEL_LIMIT + FRAME_HEADER;

/** How a stream ended for us. */
export type StreamOutcome =
  | { readonly kind: 'message'; readonly message: StreamMessage }
  /** `answer`: what the original says before it closes, to be sent as an `err`; without one it closes at once. */
  | { readonly kind: 'refused'; readonly reason: StreamRefusal; readonly answer?: string };

/**
 * Reads the one message that a side sends on a stream, from chunks cut anywhere. Nothing is kept, and no memory taken, for
 * more than any member sends, whatever lengths are claimed. memberlist-wire.md §5, §9
 */
export class StreamReader {
  readonly #inflow: Inflow;
  readonly #reading: Reading<StreamMessage>;
  #outcome: StreamOutcome | undefined;

  constructor(context: Omit<StreamContext, 'random'>) {
    this.#inflow = Inflow.bounded(FRAMING_LIMIT + STREAM_LIMIT);
    this.#reading = readStream(this.#inflow, context);
  }

  /** Takes the octets that came; `undefined` while more are to come. What follows a message is ignored. */
  feed(chunk: Uint8Array): StreamOutcome | undefined {
    if (this.#outcome !== undefined) return this.#outcome;
    try {
      this.#inflow.append(chunk);
      const step = this.#reading.next();
      if (step.done === true) this.#outcome = { kind: 'message', message: step.value };
    } catch (error) {
      this.#outcome = refused(reasonOf(error));
    }
    return this.#outcome;
  }

  /** The other side sends no more. */
  end(): StreamOutcome {
    this.#outcome ??= refused('truncated');
    return this.#outcome;
  }
}

function reasonOf(error: unknown): StreamRefusal {
  if (error instanceof StreamRefused) return error.reason;
  if (error instanceof MalformedError) return 'malformed';
  throw error;
}

function refused(reason: StreamRefusal): StreamOutcome {
  const answer = ANSWERS[reason];
  return { kind: 'refused', reason, ...(answer === undefined ? {} : { answer }) };
}

function* readStream(
  inflow: Inflow,
  context: Omit<StreamContext, 'random'>,
): Reading<StreamMessage> {
  if (context.side === 'accepting') yield* readLabel(inflow, context.label);
  const encrypted = (yield* inflow.peek()) === Type.Encrypt;
  if (encrypted && context.keys === undefined) throw new StreamRefused('encrypted');
  if (!encrypted && context.keys !== undefined) throw new StreamRefused('notEncrypted');
  const plain = encrypted ? Inflow.whole(yield* readFrame(inflow, context)) : inflow;
  const type = yield* readType(plain);
  if (type !== Type.Compress) return yield* readBody(type, plain);
  const content = decodeCompressed(yield* plain.value(STREAM_LIMIT), STREAM_LIMIT);
  if (typeof content === 'string') throw new StreamRefused(content);
  const inner = Inflow.whole(content);
  return yield* readBody(yield* readType(inner), inner);
}

function* readType(inflow: Inflow): Reading<number> {
  const [type] = yield* inflow.take(1);
  return type ?? NaN;
}

/** The side that opened a stream says the label first; the other says none. memberlist-wire.md §15 */
function* readLabel(inflow: Inflow, label: string): Reading<void> {
  const header = labelHeader(label);
  if ((yield* inflow.peek()) !== Type.Label) {
    if (header.length > 0) throw new StreamRefused('label');
    return;
  }
  if (header.length === 0) throw new StreamRefused('label');
  const said = yield* inflow.take(header.length);
  if (Buffer.compare(said, header) !== 0) throw new StreamRefused('label');
}

/** Takes off the encryption. */
function* readFrame(
  inflow: Inflow,
  { keys, label }: Omit<StreamContext, 'random'>,
): Reading<Uint8Array> {
  const header = Uint8Array.from(yield* inflow.take(FRAME_HEADER));
  const length = new ByteReader(header.subarray(1), 'stream').u32();
  if (length > STREAM_LIMIT) throw new StreamRefused('oversized');
  const envelope = yield* inflow.take(length);
  const plain = keys?.open(envelope, authenticatedFrame(header, label));
  if (plain === undefined) throw new StreamRefused('decryption');
  return plain;
}
