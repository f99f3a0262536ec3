import { decodeBody, encodeMessage } from '../codec.ts';
import type { StreamMessage } from '../message.ts';
import { RecordCodec, text, u32 } from '../msgpack/record.ts';
import { MsgpackWriter } from '../msgpack/writer.ts';
import { Type } from '../type.ts';
import type { Inflow, Reading } from './inflow.ts';
import { encodePushPull, readPushPull } from './push-pull.ts';
import { MAP_LIMIT, StreamRefused } from './refusal.ts';

const userFields = new RecordCodec({ UserMsgLen: u32 });
const errorFields = new RecordCodec({ Error: text });

/** A message without containers: its type octet and its body. memberlist-wire.md §9 */
export function encodeBody(message: StreamMessage): Uint8Array {
  switch (message.type) {
    case 'pushPull':
      return encodePushPull(message);
    case 'err': {
      const writer = new MsgpackWriter().octet(Type.Err);
      errorFields.write(writer, { Error: message.error });
      return writer.finish();
    }
    case 'user': {
      const writer = new MsgpackWriter().octet(Type.User);
      userFields.write(writer, { UserMsgLen: 0 });
      return writer.finish();
    }
    case 'ping':
    case 'ack':
      return encodeMessage(message);
  }
}

/** What follows a type octet, containers taken off. memberlist-wire.md §3 */
export function* readBody(type: number, inflow: Inflow): Reading<StreamMessage> {
  switch (type) {
    case Type.PushPull:
      return yield* readPushPull(inflow);
    case Type.Err: {
      const { Error: error } = errorFields.read(yield* inflow.value(MAP_LIMIT));
      return { type: 'err', error };
    }
    case Type.User: {
      const { UserMsgLen } = userFields.read(yield* inflow.value(MAP_LIMIT));
      yield* inflow.skip(UserMsgLen);
      return { type: 'user' };
    }
    case Type.Ping:
    case Type.Ack: {
      const message = decodeBody(type, yield* inflow.value(MAP_LIMIT));
      if (message?.type === 'ping' || message?.type === 'ack') return message;
    }
  }
  throw new StreamRefused('unknownType');
}
